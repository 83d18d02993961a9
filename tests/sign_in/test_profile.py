import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies.models import Member, Theme
from portal.core.db import db
from portal.mail.models import OutboxMessage
from portal.sign_in.models import MemberSession
from tests.fixtures.portal import PASSWORD

SignIn = Callable[[Member], FlaskClient]
NEW = "violet kettle under seven bridges"
DETAILS = {"name": "Olga", "language": "nl", "time_zone": "Europe/Madrid", "theme": "dark"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def test_name_language_zone_and_look_are_saved(owner: Member, signed_in: SignIn) -> None:
    assert signed_in(owner).submit("/profile", at="/profile", **DETAILS).status_code == 303

    member = db.session.get_one(Member, owner.id)
    saved = (member.name, member.language, member.time_zone, member.theme)
    assert saved == ("Olga", "nl", "Europe/Madrid", Theme.DARK)


def test_what_is_not_on_offer_is_refused_at_its_place(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    for wrong in (
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\x00b"},
        {"language": "tlh"},
        {"time_zone": "Mars/Olympus"},
        {"theme": "neon"},
    ):
        answer = browser.submit("/profile", at="/profile", htmx=True, **{**DETAILS, **wrong})
        assert (answer.status_code, answer.text.count("needs your attention")) == (422, 1)

    assert db.session.get_one(Member, owner.id).name == "Olga Owner"


def test_a_new_password_needs_the_current_one(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)

    answer = browser.submit(
        "/profile/password", at="/profile", htmx=True, current_password="wrong", new_password=NEW
    )

    assert (answer.status_code, "This is not your current password." in answer.text) == (422, True)


def test_changing_the_password_signs_out_everywhere_else(owner: Member, signed_in: SignIn) -> None:
    here, elsewhere = signed_in(owner), signed_in(owner)

    here.submit("/profile/password", at="/profile", current_password=PASSWORD, new_password=NEW)

    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_guessing_the_current_password_gets_slow_too(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    token = browser.csrf_token("/profile")
    guess = {"csrf_token": token, "current_password": "wrong", "new_password": NEW}

    assert [browser.post("/profile/password", data=guess).status_code for _ in range(6)][-2:] == [422, 429]


def test_sessions_are_told_apart_in_words(app: Flask, owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    other = app.test_client()
    data = {"csrf_token": other.csrf_token(), "email": owner.email, "password": PASSWORD}
    other.post("/sign-in", data=data, headers={"User-Agent": FIREFOX})

    page = browser.get("/profile").text
    assert page.count("Firefox on Linux") == 1
    assert page.count("This one") == 1


def test_one_other_session_can_be_ended(owner: Member, signed_in: SignIn) -> None:
    other, browser = signed_in(owner), signed_in(owner)
    first = db.session.scalars(select(MemberSession.id).order_by(MemberSession.id)).first()

    browser.submit(f"/profile/sessions/{first}/end", at="/profile")

    assert (other.get("/").status_code, browser.get("/").status_code) == (302, 200)


def test_all_others_can_be_ended_at_once(owner: Member, signed_in: SignIn) -> None:
    others, browser = [signed_in(owner) for _ in range(2)], signed_in(owner)

    browser.submit("/profile/sessions/end-others", at="/profile")

    assert [each.get("/").status_code for each in (*others, browser)] == [302, 302, 200]


def test_the_session_that_asks_is_ended_by_signing_out_only(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    own = db.session.scalars(select(MemberSession.id)).one()

    assert browser.submit(f"/profile/sessions/{own}/end", at="/profile").status_code == 409


def test_nobody_ends_the_session_of_somebody_else(owner: Member, viewer: Member, signed_in: SignIn) -> None:
    signed_in(owner)
    session = db.session.scalars(select(MemberSession.id)).one()

    browser = signed_in(viewer)

    assert browser.submit(f"/profile/sessions/{session}/end", at="/profile").status_code == 404


def test_a_changed_password_is_told_by_email(owner: Member, signed_in: SignIn) -> None:
    signed_in(owner).submit("/profile/password", at="/profile", current_password=PASSWORD, new_password=NEW)

    found = db.session.execute(select(OutboxMessage.kind, OutboxMessage.recipient))
    assert [tuple(row) for row in found] == [("password_changed", owner.email)]


def test_a_profile_that_was_saved_elsewhere_meanwhile_is_told(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    base = re.search(r'name="base"[^>]* value="([^"]*)"', browser.get("/profile").text)[1]
    owner.name = "Saved elsewhere"
    words = {"name": "Typed", "language": "en", "time_zone": owner.time_zone, "theme": "auto", "base": base}
    answer = browser.submit("/profile", at="/profile", **words)

    assert (answer.status_code, owner.name) == (409, "Saved elsewhere")
    assert "Saved elsewhere" in answer.text
    assert 'value="Typed"' in answer.text
