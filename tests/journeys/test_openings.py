"""Scanners that open every link of a mail, half of them with a browser that runs scripts: nothing changes."""

from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select
from werkzeug.serving import make_server

from portal.access_requests.models import AnswerLink
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import db
from portal.web.limits import limiter
from tests.access_requests.answering import job_role, sent
from tests.factories.access_requests import AccessRequestFactory
from tests.strangers.conftest import Rows, rows_of

pytestmark = pytest.mark.journey

OPENINGS = 100
AT_ONCE = 10  # between two of which the limit on tries, which has its own tests, begins anew


@pytest.fixture
def token(app: Flask, agency: Agency) -> str:
    """The token of a request that waits for its answer."""
    job_role("Sales")
    made = AccessRequestFactory()
    db.session.refresh(made)
    token = sent(made)
    db.session.remove()
    return token


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """Serve the portal on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def open_with_scripts(chromium: Browser, address: str) -> list[str]:
    """Open a link in a fresh browser, let its scripts run out, and return what it told of addresses."""
    told: list[str] = []
    with chromium.new_context() as context:
        page = context.new_page()
        page.on("request", lambda asked: told.append(asked.headers.get("referer", "")))
        page.goto(address)  # until scripts have run
        assert page.get_by_role("radio").first.is_visible()
        told.append(page.url)
    return told


def open_without(server: str, path: str) -> None:
    """Fetch a link and what it leads to, as a program without cookies does."""
    for method in ("HEAD", "GET"):
        connection = HTTPConnection(server.removeprefix("http://"), timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 303
        connection.request(method, answer.headers["Location"])
        assert connection.getresponse().status == 200
        connection.close()


def changed(before: Rows, after: Rows) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def the_link() -> tuple[int, int]:
    """Return whose the link is that was made last, and how often it was opened."""
    with scope.every_agency(reason="test"):
        link = db.session.scalars(select(AnswerLink).order_by(AnswerLink.id.desc())).first()
        found = link.agency_id, link.opened
    db.session.rollback()
    return found


def test_a_hundred_openings_change_nothing_but_their_count(
    token: str, server: str, chromium: Browser
) -> None:
    (agency_id, _opened), told = the_link(), []
    before = rows_of(agency_id)
    for opening in range(OPENINGS):
        if opening % AT_ONCE == 0:
            limiter.reset()
        if opening % 2:
            told += open_with_scripts(chromium, f"{server}/r/{token}")
        else:
            open_without(server, f"/r/{token}")

    assert changed(before, rows_of(agency_id)) == {"answer_links"}
    assert the_link() == (agency_id, 1)
    assert [address for address in told if token.partition(".")[2] in address] == []
