from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.config import MailSending
from portal.core.db import db
from portal.mail import actions, queries
from portal.mail.models import MailStop, OutboxMessage, ServerPause
from portal.mail.states import MailState, Reason
from tests.factories.mails import post
from tests.fixtures.smtp import ScriptedServer

SignIn = Callable[[Member], FlaskClient]
PAGE = "/mails/sending"
WHY = "A wrong text went out"


@pytest.fixture
def browser(owner: Member, signed_in: SignIn) -> FlaskClient:
    """A browser of an owner."""
    return signed_in(owner)


def recorded() -> list[str]:
    wanted = AuditEntry.action.startswith("mail.")
    return list(db.session.scalars(select(AuditEntry.action).where(wanted).order_by(AuditEntry.sequence)))


def deliver_all(app: Flask) -> None:
    db.session.commit()
    app.extensions["jobs"].drain()
    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def test_an_owner_stops_all_mail_and_everybody_sees_who_and_why(
    app: Flask, mail_server: ScriptedServer, browser: FlaskClient, viewer: Member, signed_in: SignIn
) -> None:
    mail = post()

    answer = browser.submit(f"{PAGE}/stop", at=PAGE, because=WHY)
    deliver_all(app)

    assert (answer.status_code, answer.location) == (303, PAGE)
    assert (mail.state, mail.reason, mail_server.mails) == (MailState.HELD, Reason.STOPPED, [])
    page = signed_in(viewer).get(PAGE).text
    assert "Olga Owner stopped all mail of your agency" in page
    assert WHY in page
    assert "One mail is held." in page
    assert WHY in browser.get("/mails").text
    assert recorded() == ["mail.stopped"]


def test_let_go_again_held_mails_are_sent_once_each(
    app: Flask, mail_server: ScriptedServer, browser: FlaskClient, owner: Member
) -> None:
    actions.stop_all(owner, WHY)
    mails = [post(), post()]
    deliver_all(app)

    answer = browser.submit(f"{PAGE}/let-go", at=PAGE)
    app.extensions["jobs"].sweep()
    db.session.expire_all()
    for mail in mails:
        assert mail.state is MailState.QUEUED
        actions.work.HANDLERS["mail.deliver"](mail.id)

    assert answer.status_code == 303
    assert sorted(mail_server.mails) == sorted(mail.raw for mail in mails)
    assert recorded() == ["mail.stopped", "mail.let_go"]


def test_without_a_reason_nothing_is_stopped(browser: FlaskClient) -> None:
    answer = browser.submit(f"{PAGE}/stop", at=PAGE, htmx=True)

    assert answer.status_code == 422
    assert "Say why, so that others know." in answer.text
    assert queries.find_stop() is None


def test_the_progress_of_a_check_opened_as_a_page_leads_to_the_whole_page(browser: FlaskClient) -> None:
    browser.submit(f"{PAGE}/look", at=PAGE)

    answer = browser.get(f"{PAGE}/news")

    assert (answer.status_code, answer.location) == (303, PAGE)


@pytest.mark.parametrize("verb", ["stop", "let-go"])
def test_what_is_so_already_is_refused(verb: str, browser: FlaskClient, owner: Member) -> None:
    if verb == "stop":
        actions.stop_all(owner, WHY)

    assert browser.submit(f"{PAGE}/{verb}", at="/mails/sending", because="again").status_code == 409


@pytest.mark.parametrize("verb", ["stop", "let-go"])
def test_only_owners_hold_the_switch(
    verb: str, partner_admin: Member, owner: Member, signed_in: SignIn
) -> None:
    if verb == "let-go":
        actions.stop_all(owner, WHY)
    browser = signed_in(partner_admin)

    assert f'action="{PAGE}/{verb}"' not in browser.get(PAGE).text
    assert browser.submit(f"{PAGE}/{verb}", at="/profile", because="x").status_code == 403
    assert (queries.find_stop() is None) is (verb == "stop")


def test_one_agency_stops_no_mail_of_another(
    app: Flask, mail_server: ScriptedServer, owner: Member, other_agency: Agency
) -> None:
    actions.stop_all(owner, WHY)
    db.session.commit()
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        post()
        deliver_all(app)
        assert db.session.scalars(select(OutboxMessage)).one().state is MailState.ACCEPTED
        assert db.session.scalars(select(MailStop)).all() == []


def test_the_page_says_that_mail_goes_out_and_what_waits(browser: FlaskClient) -> None:
    assert "Nothing waits." in browser.get(PAGE).text
    post()
    assert "One mail is on its way to the mail server." in browser.get(PAGE).text


def test_the_page_says_why_no_mail_goes_out(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.session.add(ServerPause(server="mail.example:587", until=None))
    assert "refuses our sign-in" in browser.get(PAGE).text

    monkeypatch.setattr(app.extensions["settings"], "mail_sending", MailSending.HELD)
    assert "Whoever runs the portal holds all mail" in browser.get(PAGE).text
