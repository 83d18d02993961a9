from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage, ReplyAddress
from portal.mail.reading import read_mail
from portal.mail.states import MailState, Reason
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.mails import post
from tests.fixtures.smtp import ScriptedServer

SignIn = Callable[[Member], FlaskClient]
RIGHT = "claire.dubois@maple.example"


@pytest.fixture
def browser(consultant: Member, signed_in: SignIn) -> FlaskClient:
    """A browser of a consultant."""
    return signed_in(consultant)


@pytest.fixture
def account(browser: FlaskClient) -> Account:
    """An account with a contact whose address is wrong."""
    account: Account = AccountFactory()
    ContactFactory(account_id=account.id, name="Claire Dubois", email="claire@maple.example", language="fr")
    return account


def came_back(account: Account | None, **given: object) -> OutboxMessage:
    mail = post(account=account, **given)
    mail.state, mail.reason = MailState.BOUNCED, "550 5.1.1 nobody here"
    db.session.commit()
    return mail


def correct(browser: FlaskClient, mail: OutboxMessage, address: str = RIGHT, **given: str) -> OutboxMessage:
    page = f"/mails/{mail.id}/other-address"
    answer = browser.submit(f"/mails/{mail.id}/send-elsewhere", at=page, email=address, **given)
    assert answer.status_code == 303
    latest = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert latest is not None
    assert answer.location == f"/mails/{latest.id}"
    return latest


def parsed(mail: OutboxMessage) -> EmailMessage:
    return message_from_bytes(mail.raw, _class=EmailMessage, policy=default)


def test_the_same_text_goes_to_the_corrected_address(
    app: Flask, mail_server: ScriptedServer, browser: FlaskClient, account: Account
) -> None:
    old = came_back(account)
    app.extensions["jobs"].huey.storage.flush_all()

    new = correct(browser, old)
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()

    assert mail_server.mails == [new.raw]
    assert f"rcpt TO:<{RIGHT}>" in mail_server.commands
    assert (read_mail(new.raw).text, read_mail(new.raw).html) == (
        read_mail(old.raw).text,
        read_mail(old.raw).html,
    )
    assert (old.state, old.reason) == (MailState.CANCELLED, Reason.SENT_ELSEWHERE)
    assert (new.state, new.instead_of_id) == (MailState.ACCEPTED, old.id)


def test_it_has_an_identity_of_its_own(browser: FlaskClient, account: Account) -> None:
    old = came_back(account)

    new = correct(browser, old)

    message, before = parsed(new), parsed(old)
    assert message["To"] == f"Claire Dubois <{RIGHT}>"
    assert message["Message-ID"] == new.message_id != before["Message-ID"]
    assert message["X-Portal-Mail"].startswith(f"{new.id}.")
    assert new.envelope_from != old.envelope_from
    own = {"To", "Message-ID", "X-Portal-Mail", "Date"}
    assert [pair for pair in message.items() if pair[0] not in own] == [
        pair for pair in before.items() if pair[0] not in own
    ]


def test_an_answer_to_it_comes_to_an_address_of_its_own(
    app: Flask, browser: FlaskClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", "mail.portal.example")
    old = came_back(account, reply_to="cora@agency.example")

    new = correct(browser, old)

    assert parsed(new)["Reply-To"] != parsed(old)["Reply-To"]
    assert [given.mail_id for given in db.session.scalars(select(ReplyAddress))] == [old.id, new.id]


def test_the_contact_gets_the_corrected_address_too(browser: FlaskClient, account: Account) -> None:
    correct(browser, came_back(account), correct_contact="y")

    contact = db.session.scalars(select(Contact)).one()
    assert (contact.email, contact.language) == (RIGHT, "fr")
    assert list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)))[-2:] == [
        "contact.changed",
        "mail.sent_elsewhere",
    ]


def test_the_contact_keeps_the_address_if_wanted(browser: FlaskClient, account: Account) -> None:
    correct(browser, came_back(account))

    assert db.session.scalars(select(Contact)).one().email == "claire@maple.example"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Say where it should go."),
        ("claire", "This is not an email address."),
        ("CLAIRE@maple.example", "It went to this address already."),
        ("paul@maple.example", "Paul Martin already has this address."),
    ],
)
def test_an_address_that_will_not_do_is_refused_at_its_place(
    address: str, words: str, browser: FlaskClient, account: Account
) -> None:
    ContactFactory(account_id=account.id, name="Paul Martin", email="paul@maple.example")
    mail = came_back(account)
    page = f"/mails/{mail.id}/other-address"

    answer = browser.submit(
        f"/mails/{mail.id}/send-elsewhere", at=page, htmx=True, email=address, correct_contact="y"
    )

    assert (answer.status_code, mail.state) == (422, MailState.BOUNCED)
    assert words in answer.text


def test_a_second_click_sends_nothing_more(browser: FlaskClient, account: Account) -> None:
    mail = came_back(account)
    correct(browser, mail)

    answer = browser.submit(f"/mails/{mail.id}/send-elsewhere", at="/mails/sending", email=RIGHT)

    assert answer.status_code == 409
    assert len(db.session.scalars(select(OutboxMessage)).all()) == 2


@pytest.mark.parametrize("kind", [MailKind.INVITATION, MailKind.PASSWORD_RESET])
def test_a_link_that_signs_somebody_in_goes_nowhere_else(kind: MailKind, browser: FlaskClient) -> None:
    mail = came_back(AccountFactory(), kind=kind)

    assert browser.get(f"/mails/{mail.id}/other-address").status_code == 409
    assert "corrected address" not in browser.get(f"/mails/{mail.id}").text
    answer = browser.submit(f"/mails/{mail.id}/send-elsewhere", at="/mails/sending", email=RIGHT)
    assert (answer.status_code, mail.state) == (409, MailState.BOUNCED)


@pytest.mark.parametrize("state", [MailState.ACCEPTED, MailState.IN_DOUBT, MailState.QUEUED])
def test_a_mail_that_may_have_arrived_is_not_sent_elsewhere(
    state: MailState, browser: FlaskClient, account: Account
) -> None:
    mail = came_back(account)
    mail.state, mail.accepted_at = state, mail.created_at

    answer = browser.submit(f"/mails/{mail.id}/send-elsewhere", at="/mails/sending", email=RIGHT)

    assert (answer.status_code, mail.state) == (409, state)


def test_a_viewer_sends_nothing_elsewhere(viewer: Member, signed_in: SignIn, account: Account) -> None:
    mail = came_back(account)
    browser = signed_in(viewer)

    assert "corrected address" not in browser.get(f"/mails/{mail.id}").text
    assert browser.get(f"/mails/{mail.id}/other-address").status_code == 403
    answer = browser.submit(f"/mails/{mail.id}/send-elsewhere", at="/profile", email=RIGHT)
    assert (answer.status_code, mail.state) == (403, MailState.BOUNCED)


def test_both_mails_lead_to_each_other(browser: FlaskClient, account: Account) -> None:
    old = came_back(account)
    new = correct(browser, old)

    assert f'href="/mails/{new.id}"' in browser.get(f"/mails/{old.id}").text
    assert f'href="/mails/{old.id}"' in browser.get(f"/mails/{new.id}").text
