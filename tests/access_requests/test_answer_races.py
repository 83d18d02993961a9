"""Many at once, through real HTTP: what one press of a button, or twenty, leaves behind."""

import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server

from portal.access_requests.models import AccessRequest, Answer, RequestPerson
from portal.core.db import db
from portal.job_roles.models import JobRole
from portal.mail.models import OutboxMessage
from tests.access_requests.answering import Client, filled, job_role, sent, the_person_id

AT_ONCE = 20
Post = Callable[[str, dict[str, str]], int]


@pytest.fixture
def post(app: Flask) -> Iterator[Post]:
    """Serve the portal on a free port, and return a function that posts a form to it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()

    def send(path: str, fields: dict[str, str]) -> int:
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        body = urllib.parse.urlencode(fields)
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        status = connection.getresponse().status
        connection.close()
        return status

    yield send
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def roles(agency: object) -> list[JobRole]:
    return [job_role("Sales"), job_role("Marketing")]


def all_at_once(post: Post, path: str, forms: list[dict[str, str]]) -> list[int]:
    db.session.commit()
    db.session.remove()
    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(lambda fields: post(path, fields), forms))


def test_twenty_answers_at_once_make_one(
    client: FlaskClient, draft: AccessRequest, roles: list[JobRole], post: Post
) -> None:
    anna = Client(client, sent(draft))
    person, keys = the_person_id(), [role.id for role in roles]
    token = {"csrf_token": anna.token()}
    forms = [
        token | filled(person, roles[0]) | {f"person-{person}-job_role": str(keys[number % 2])}
        for number in range(AT_ONCE)
    ]

    told = all_at_once(post, f"{anna.url}/confirm", forms)
    # The ten that say what stands are thanked; the other ten are told that they were too late.
    assert sorted(told) == [303] * (AT_ONCE // 2) + [409] * (AT_ONCE // 2)
    [answer] = db.session.scalars(select(Answer)).all()
    chosen = db.session.scalars(select(RequestPerson.answered_job_role_id)).one()
    assert answer.people[0]["job_role_id"] == chosen
    kinds = db.session.scalars(select(OutboxMessage.kind).where(OutboxMessage.kind != "access_request")).all()
    assert kinds == ["answer_arrived"]


def test_an_answer_and_a_refusal_at_once_leave_one_of_the_two(
    client: FlaskClient, draft: AccessRequest, roles: list[JobRole], post: Post
) -> None:
    anna = Client(client, sent(draft))
    fields = {"csrf_token": anna.token()}
    answer = fields | filled(the_person_id(), roles[0])
    no = fields | {"turn": "0", "given_name": "Anna", "remark": ""}
    db.session.commit()
    db.session.remove()
    with ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(post, f"{anna.url}{path}", form)
            for path, form in (("/confirm", answer), ("/not-for-me", no))
        ]
        assert sorted(one.result() for one in both) == [303, 409]

    assert len(db.session.scalars(select(Answer)).all()) == 1
