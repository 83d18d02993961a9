import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.mail.models import OutboxMessage
from portal.sign_in import links
from portal.sign_in.models import MemberLink
from portal.sign_in.states import LinkPurpose
from tests.fixtures.portal import PASSWORD

SignIn = Callable[[Member], FlaskClient]
Later = Callable[..., None]
NEW = "violet kettle under seven bridges"


@pytest.fixture
def link(owner: Member) -> str:
    return f"/reset/{links.issue(owner, LinkPurpose.PASSWORD_RESET)[1]}"


def ask(client: FlaskClient, email: str) -> tuple[int, str, str]:
    answer = client.submit("/forgotten-password", at="/forgotten-password", email=email)
    client.application.extensions["jobs"].drain()
    return answer.status_code, answer.location, client.get(answer.location).text


def mails() -> int:
    return db.session.scalars(select(func.count()).select_from(OutboxMessage)).one()


def last_link() -> str:
    raw = db.session.scalars(select(OutboxMessage.raw).order_by(OutboxMessage.id.desc())).first()
    return re.search(r"http://localhost(/reset/[\w-]+)", raw.decode().replace("=\r\n", ""))[1]


def test_known_and_unknown_addresses_get_the_same_answer(owner: Member, client: FlaskClient) -> None:
    assert ask(client, owner.email) == ask(client, "nobody@nowhere.example")
    assert mails() == 1


def test_known_and_unknown_addresses_are_the_same_work(
    owner: Member, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[int] = []
    queue = client.application.extensions["jobs"]
    monkeypatch.setattr(queue, "push", lambda nudge, _delay: pushed.append(len(nudge.arguments)))

    for email in (owner.email, "nobody@nowhere.example"):
        client.submit("/forgotten-password", at="/forgotten-password", email=email)

    assert (pushed, mails()) == ([3, 3], 0)


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de", "es"])
def test_a_member_is_told_that_the_password_was_changed(
    owner: Member, client: FlaskClient, link: str, language: str
) -> None:
    owner.language = language
    client.submit(link, at=link, new_password=NEW)

    found = db.session.execute(select(OutboxMessage.kind, OutboxMessage.recipient, OutboxMessage.language))
    assert [tuple(row) for row in found] == [("password_changed", owner.email, language)]


def test_the_mail_holds_a_link_that_works(owner: Member, client: FlaskClient) -> None:
    ask(client, owner.email.upper())

    assert client.get(last_link()).status_code == 200


def test_a_foreign_host_name_does_not_get_into_the_mail(owner: Member, client: FlaskClient) -> None:
    token = client.csrf_token("/forgotten-password")
    data = {"csrf_token": token, "email": owner.email}
    client.post("/forgotten-password", data=data, headers={"X-Forwarded-Host": "evil.example"})
    client.application.extensions["jobs"].drain()

    raw = db.session.scalars(select(OutboxMessage.raw)).one().decode()
    assert "evil.example" not in raw


def test_an_ended_member_gets_no_link(owner: Member, client: FlaskClient) -> None:
    owner.ended_at = clock.now()

    assert ask(client, owner.email)[0] == 303
    assert mails() == 0


def test_asking_often_for_one_address_sends_no_more_emails_and_shuts_nothing(
    later: Later, owner: Member, client: FlaskClient
) -> None:
    answers = {ask(client, owner.email) for _ in range(6)}

    assert ([status for status, *_ in answers], mails()) == ([303], 3)
    assert set(db.session.scalars(select(OutboxMessage.is_automatic))) == {False}  # no limit holds them
    assert client.get(last_link()).status_code == 200
    later(minutes=15)
    ask(client, owner.email)
    assert mails() == 4


def test_a_network_that_asks_too_often_has_to_wait_whoever_it_is_for(
    owner: Member, client: FlaskClient
) -> None:
    for number in range(20):
        assert ask(client, f"member{number}@nowhere.example")[0] == 303

    for email in (owner.email, "nobody@nowhere.example"):
        answer = client.submit("/forgotten-password", at="/forgotten-password", email=email)
        assert answer.status_code == 429


def test_the_new_password_signs_in_and_the_old_one_is_gone(
    app: Flask, owner: Member, client: FlaskClient, link: str
) -> None:
    assert client.submit(link, at=link, new_password=NEW).status_code == 303
    assert client.get("/").status_code == 200

    other = app.test_client()
    assert other.submit("/sign-in", email=owner.email, password=PASSWORD).status_code == 422
    assert other.submit("/sign-in", email=owner.email, password=NEW).status_code == 303


def test_every_other_session_ends(owner: Member, client: FlaskClient, link: str, signed_in: SignIn) -> None:
    other = signed_in(owner)
    client.submit(link, at=link, new_password=NEW)

    assert other.get("/").status_code == 302


def test_opening_the_link_changes_nothing(owner: Member, client: FlaskClient, link: str) -> None:
    before = owner.password_hash
    client.get(link)
    client.get(link)

    assert db.session.get_one(Member, owner.id).password_hash == before
    assert db.session.scalars(select(MemberLink.ended_at)).one() is None


def test_a_used_an_expired_and_a_forged_link_look_the_same(
    later: Later, owner: Member, client: FlaskClient, link: str, app: Flask
) -> None:
    client.submit(link, at=link, new_password=NEW)
    expired = f"/reset/{links.issue(owner, LinkPurpose.PASSWORD_RESET)[1]}"
    later(hours=1)
    stranger = app.test_client()

    pages = {path: stranger.get(path) for path in (link, expired, "/reset/forged", f"{link}x")}

    assert {page.status_code for page in pages.values()} == {404}
    assert len({page.text for page in pages.values()}) == 1
    assert "This link does not work" in pages[link].text


def test_a_newer_link_replaces_the_one_before(owner: Member, client: FlaskClient, link: str) -> None:
    links.issue(owner, LinkPurpose.PASSWORD_RESET)

    assert client.get(link).status_code == 404


def test_a_link_for_something_else_does_not_reset(owner: Member, client: FlaskClient) -> None:
    token = links.issue(owner, LinkPurpose.INVITATION)[1]

    assert client.get(f"/reset/{token}").status_code == 404


def test_the_second_of_two_who_use_a_link_at_once_is_refused(owner: Member) -> None:
    link, _ = links.issue(owner, LinkPurpose.PASSWORD_RESET)
    links.use(link)

    with pytest.raises(links.LinkIsOver):
        links.use(link)


def test_a_weak_password_is_refused_at_its_place_and_the_link_stays_good(
    owner: Member, client: FlaskClient, link: str
) -> None:
    answer = client.submit(link, at=link, htmx=True, new_password="olga-owner-2027")

    assert (answer.status_code, "easy to guess" in answer.text) == (422, True)
    assert client.get(link).status_code == 200


def test_the_page_of_the_link_tells_nobody_its_address(client: FlaskClient, link: str) -> None:
    headers = client.get(link).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_a_reset_is_in_the_trail(owner: Member, client: FlaskClient, link: str) -> None:
    client.submit(link, at=link, new_password=NEW)

    with scope.agency(owner.agency_id):
        actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)).all()
    assert actions == ["member.password_reset", "member.signed_in"]
