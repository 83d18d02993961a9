from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies.models import Member
from portal.app import create_app
from portal.core import clock
from portal.core.db import db
from portal.sign_in import sessions
from portal.sign_in.models import MemberSession
from tests.fixtures.portal import PASSWORD, make_settings

SignIn = Callable[[Member], FlaskClient]
Later = Callable[..., None]


def test_the_cookie_from_before_signing_in_is_worthless_after(owner: Member, client: FlaskClient) -> None:
    client.submit("/sign-in", email=owner.email, password=PASSWORD)
    first = client.get_cookie("session").value
    client.post(
        "/sign-in", data={"csrf_token": client.csrf_token(), "email": owner.email, "password": PASSWORD}
    )
    assert client.get("/").status_code == 200

    client.set_cookie("session", first)

    assert client.get("/").status_code == 302


def test_a_form_from_before_signing_in_is_worthless_after(owner: Member, client: FlaskClient) -> None:
    before = client.csrf_token()
    client.post("/sign-in", data={"csrf_token": before, "email": owner.email, "password": PASSWORD})
    answers = [
        client.post("/profile/sessions/end-others", data={"csrf_token": token}).status_code
        for token in (before, client.csrf_token())
    ]

    assert answers == [400, 303]


def test_a_session_nobody_uses_ends_after_eight_hours(later: Later, owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    later(hours=7, minutes=59)
    assert browser.get("/").status_code == 200
    later(hours=8, minutes=1)

    assert browser.get("/").status_code == 302


def test_a_session_ends_after_a_week_however_much_it_is_used(
    later: Later, owner: Member, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    for _ in range(27):
        later(hours=6)
        assert browser.get("/").status_code == 200
    later(hours=6)

    assert browser.get("/").status_code == 302


def test_signing_in_counts_as_being_seen(later: Later, owner: Member, signed_in: SignIn) -> None:
    signed_in(owner)

    assert db.session.get_one(Member, owner.id).last_seen_at == clock.now()


def test_being_seen_is_noted_at_most_once_a_minute(later: Later, owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    started = clock.now()
    later(seconds=59)
    browser.get("/")
    assert db.session.scalars(select(MemberSession.seen_at)).one() == started
    later(seconds=2)
    browser.get("/")

    assert db.session.scalars(select(MemberSession.seen_at)).one() == clock.now()


def test_an_ended_member_is_out_at_the_next_request(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    owner.ended_at = clock.now()

    assert browser.get("/").status_code == 302


def test_the_token_itself_is_not_stored(
    owner: Member, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "random_token", lambda: "the token itself")
    signed_in(owner)

    row = db.session.scalars(select(MemberSession)).one()
    assert "the token itself" not in {getattr(row, column.key) for column in MemberSession.__table__.columns}


def test_without_tls_the_cookie_is_plain(app: Flask, owner: Member, client: FlaskClient) -> None:
    answer = client.submit("/sign-in", email=owner.email, password=PASSWORD)

    cookies = dict(cookie.split("=", 1) for cookie in answer.headers.getlist("Set-Cookie"))
    assert set(cookies) == {"session", "known"}
    assert cookies["session"].partition("; ")[2] == "HttpOnly; Path=/; SameSite=Lax"


def test_with_tls_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    app = create_app(make_settings(tmp_path, base_url="https://portal.example"))
    app.add_url_rule("/remember", "remember", _remember)

    cookie = app.test_client().get("/remember", base_url="https://portal.example").headers["Set-Cookie"]

    assert cookie.partition("=")[0] == "__Host-session"
    assert cookie.partition("; ")[2] == "Secure; HttpOnly; Path=/; SameSite=Lax"


def _remember() -> str:
    from flask import session

    session["something"] = "worth a cookie"
    return "ok"


_remember.guard = "anyone"
