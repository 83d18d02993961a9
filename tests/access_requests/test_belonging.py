"""Where a mail that nobody could match may belong: open questions of its sender, and people it names."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import actions, chasing
from portal.access_requests.models import AccessRequest
from portal.accounts.models import Contact
from portal.agencies.models import Agency, Member
from portal.core import clock
from portal.core.db import db
from portal.inbox.models import InboundMailbox
from portal.inbox.states import Fate, Why
from portal.inbox.suggestions import suggestions
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage
from portal.reminders.models import Chase
from tests.factories.access_requests import AccessRequestFactory
from tests.inbox.judged import reply_address, take_in, the_mail
from tests.inbox.letters import letter, proved


@pytest.fixture(autouse=True)
def _mailbox(agency: Agency) -> None:
    db.session.add(InboundMailbox(name="main", serves_agency_id=agency.id))


@pytest.fixture
def second(asked_about_ana: OutboxMessage, contact: Contact, consultant: Member) -> AccessRequest:
    """Another question to the same contact."""
    made = AccessRequestFactory(contact_to_ask=contact, consultant=consultant, number=2)
    db.session.flush()
    actions.send_request(made, consultant)
    db.session.commit()
    return made


def suggested() -> list[tuple[str, str]]:
    """Return the requests that are suggested for the only mail, each by its title, and why."""
    requests = {mail.id: mail.topic_id for mail in db.session.scalars(select(OutboxMessage))}
    numbers = {each.id: str(each.number) for each in db.session.scalars(select(AccessRequest))}
    return [(numbers[requests[each.mail_id] or 0], str(each.why)) for each in suggestions(the_mail())]


@pytest.fixture
def digest(second: AccessRequest, contact: Contact) -> OutboxMessage:
    """The mail that reminded of both questions."""
    chases = db.session.scalars(select(Chase)).all()
    due = max(chase.next_at for chase in chases if chase.next_at) + timedelta(minutes=1)
    with clock.at(due):
        chasing.follow_up(contact.id)
        db.session.commit()
    kind = OutboxMessage.kind == MailKind.REMINDER_DIGEST
    return db.session.scalars(select(OutboxMessage).where(kind)).one()


def test_a_reply_to_a_reminder_of_several_questions_stands_at_its_contact_with_them(
    app: Flask, digest: OutboxMessage, contact: Contact
) -> None:
    take_in(app, letter("Ana Silva: sales", to=reply_address(digest), top=proved()))

    mail = the_mail()
    assert (mail.fate, mail.why, mail.account_id) == (Fate.UNMATCHED, Why.SEVERAL, contact.account_id)
    assert (mail.contact_id, mail.topic_id) == (contact.id, None)
    asked = "An open question to Anna Smith"
    assert suggested() == [("2", asked), ("1", asked)]


def test_one_click_lets_it_answer_one_of_them(
    app: Flask, browser: FlaskClient, digest: OutboxMessage, draft: AccessRequest
) -> None:
    take_in(app, letter("Ana Silva: sales", to=reply_address(digest), top=proved()))
    page = f"/mails/inbox/{the_mail().id}"
    assert 'href="/accounts/maple/contacts"' in browser.get(page).text
    chosen = next(each for each in suggestions(the_mail()) if each.mail_id < digest.id and each.why)

    browser.submit(f"{page}/attach/{chosen.mail_id}", at=page)
    app.extensions["jobs"].drain()

    mail = the_mail()
    assert (mail.fate, mail.topic_kind, bool(mail.reading["people"])) == (
        Fate.ATTACHED,
        "access_requests",
        True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "What about Ana Silva?",
        "what about ana silva?",
        "Please add ANA@maple.example.",
        "Ana Silva, Ben",
    ],
)
def test_a_mail_that_names_somebody_suggests_their_open_request(
    app: Flask, asked_about_ana: OutboxMessage, text: str
) -> None:
    take_in(app, letter(text, sender="eve@stranger.example", subject="Hello"))

    assert suggested() == [("1", "It names Ana Silva")]


@pytest.mark.parametrize("text", ["What about Ana?", "Silva Ana", "Ben Ode", ""])
def test_a_mail_that_names_nobody_in_a_request_suggests_none(
    app: Flask, asked_about_ana: OutboxMessage, text: str
) -> None:
    take_in(app, letter(text, sender="eve@stranger.example", subject="Hello"))

    assert suggested() == []


def test_a_request_that_is_over_is_not_suggested(
    app: Flask, asked_about_ana: OutboxMessage, draft: AccessRequest, consultant: Member
) -> None:
    actions.withdraw_request(draft, consultant, "")
    db.session.commit()
    take_in(app, letter("What about Ana Silva?", sender="eve@stranger.example", subject="Hello"))

    assert suggested() == []
