from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies.models import Member, Position
from portal.core.db import db
from tests.factories.accounts import AccountFactory
from tests.fixtures.portal import PASSWORD

SignIn = Callable[[Member], FlaskClient]
Later = Callable[..., None]
ASKED = "Your password, please"
NORA = {"name": "Nora Lind", "email": "nora@agency.example", "language": "en", "sees": "all"}
GOING = {"going_to": "/team/invite"}
OWNER = {**NORA, "position": "owner"}
ADDED = select(Member.position).where(Member.email == "nora@agency.example")


@pytest.fixture
def browser(owner: Member, signed_in: SignIn, later: Later) -> FlaskClient:
    """A browser in which nobody typed the password for a quarter of an hour."""
    browser = signed_in(owner)
    later(minutes=15)
    return browser


def test_inviting_an_owner_asks_for_the_password_and_keeps_what_was_typed(browser: FlaskClient) -> None:
    asked = browser.submit("/team/invite", at="/team/invite", **OWNER)
    assert (asked.status_code, ASKED in asked.text) == (422, True)
    assert 'value="nora@agency.example"' in asked.text
    assert db.session.scalars(ADDED).all() == []

    typed = {**OWNER, "csrf_token": browser.csrf_token("/team/invite"), **GOING, "current_password": PASSWORD}
    sent_on = browser.post("/confirm-password", data=typed)
    assert (sent_on.status_code, sent_on.location) == (307, "/team/invite")
    answer = browser.post(sent_on.location, data=typed)  # as browsers do by themselves at a 307

    assert (answer.status_code, db.session.scalars(ADDED).all()) == (303, [Position.OWNER])
    second = browser.submit("/team/invite", at="/team/invite", **{**OWNER, "email": "ben@agency.example"})
    assert second.status_code == 303


def test_others_are_invited_without(browser: FlaskClient) -> None:
    form = {**NORA, "position": "viewer"}

    assert browser.submit("/team/invite", at="/team/invite", **form).status_code == 303


def test_making_an_owner_connecting_a_crm_and_changing_the_sender_ask_too(
    browser: FlaskClient, consultant: Member
) -> None:
    account = AccountFactory()
    db.session.commit()
    token = browser.csrf_token("/team/invite")
    paths = (
        f"/team/{consultant.id}/position",
        f"/accounts/{account.slug}/connection/save",
        "/mails/sending/from",
    )

    data = {"csrf_token": token, "position": "owner", "address": "a@agency.example"}
    for path in paths:
        assert ASKED in browser.post(path, data=data).text
        assert ASKED in browser.post(path, data=data, headers={"HX-Request": "true"}).text


def test_a_wrong_password_leads_on_to_nothing_and_gets_slow(browser: FlaskClient) -> None:
    wrong = {**OWNER, "csrf_token": browser.csrf_token("/team/invite"), **GOING, "current_password": "wrong"}
    answers = [browser.post("/confirm-password", data=wrong) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 422, 429]
    assert 'value="nora@agency.example"' in answers[0].text
    assert 'value="wrong"' not in answers[0].text


def test_it_leads_nowhere_else(browser: FlaskClient) -> None:
    data = {"csrf_token": browser.csrf_token("/profile"), "current_password": PASSWORD}
    data["going_to"] = "//evil.example"

    assert browser.post("/confirm-password", data=data).status_code == 404
