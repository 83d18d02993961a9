from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import actions
from portal.access_requests.models import AccessRequest
from portal.access_requests.reply_jobs import find_replies
from portal.access_requests.states import RequestState
from portal.access_requests.timeline import sentence
from portal.accounts.models import Contact
from portal.agencies import scope
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.inbox.states import Fate
from portal.jobs import work
from portal.jobs.work import Nudge
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage
from portal.reminders.queries import chases_of, open_chases_of
from portal.reminders.states import Question
from tests.access_requests.answering import job_role
from tests.inbox.conftest import DOMAIN
from tests.inbox.judged import reply_address, take_in, the_mail
from tests.inbox.letters import RECEIVER, letter, proved


@pytest.fixture(autouse=True)
def _inbound(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", DOMAIN)
    monkeypatch.setattr(app.extensions["settings"], "inbound_authserv_id", RECEIVER)


@pytest.fixture
def question(draft: AccessRequest) -> OutboxMessage:
    """A request that was sent, and its mail."""
    actions.send_request(draft, draft.started_by)
    db.session.commit()
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == MailKind.ACCESS_REQUEST)
    ).one()


def reply(question: OutboxMessage, text: str = "Sales, please.", **more: object) -> bytes:
    return letter(text, **{"to": reply_address(question), "top": proved(), **more})


def told() -> list[OutboxMessage]:
    news = OutboxMessage.kind == MailKind.REQUEST_NEWS
    return list(db.session.scalars(select(OutboxMessage).where(news).order_by(OutboxMessage.id)))


def said() -> list[tuple[str, str]]:
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "access_request.replied"))
    return [(entry.actor_name, sentence(entry)) for entry in entries]


def test_a_reply_stands_at_its_request_and_its_consultant_hears_of_it(
    app: Flask, browser: FlaskClient, question: OutboxMessage, contact: Contact
) -> None:
    take_in(app, reply(question, subject="Re: Ana"))

    page = browser.get("/accounts/maple/access-requests/1").text
    assert "Anna Smith\N{RIGHT SINGLE QUOTATION MARK}s reply" in page
    assert "Sales, please.</div>" in page
    assert said() == [("Anna Smith", "replied by email: Re: Ana")]
    (news,) = told()
    assert "Anna Smith replied by mail." in news.raw.decode()
    assert the_mail().untaken_since is None


def test_a_reply_is_no_answer_and_waits_for_us(
    app: Flask, browser: FlaskClient, draft: AccessRequest, question: OutboxMessage
) -> None:
    take_in(app, reply(question))

    assert (draft.state, draft.answered_at) == (RequestState.REPLIED, None)
    assert (draft.account.waiting_for_client, draft.account.waiting_for_us) == (0, 1)
    assert "Waiting for you: read the reply" in browser.get("/accounts/maple/access-requests/1").text
    assert "a reply by email to read" in browser.get("/").text


def test_a_reply_that_is_no_answer_is_followed_up(
    app: Flask, browser: FlaskClient, draft: AccessRequest, question: OutboxMessage, contact: Contact
) -> None:
    take_in(app, reply(question, "I ask around and tell you tomorrow."))

    page = "/accounts/maple/access-requests/1"
    browser.submit(f"{page}/start-reminders", at=page)

    db.session.expire_all()
    assert draft.state is RequestState.WAITING
    assert open_chases_of(contact.id, Question.ACCESS_REQUEST, clock.now() + timedelta(days=60))


def test_the_question_is_asked_again_after_a_reply(
    app: Flask, browser: FlaskClient, draft: AccessRequest, question: OutboxMessage
) -> None:
    take_in(app, reply(question, "What do you mean?"))

    page = "/accounts/maple/access-requests/1"
    browser.submit(f"{page}/send", at=f"{page}/preview")

    db.session.expire_all()
    assert draft.state is RequestState.WAITING


def test_a_reply_ends_the_reminders(app: Flask, question: OutboxMessage, contact: Contact) -> None:
    later = clock.now() + timedelta(days=60)
    before = len(open_chases_of(contact.id, Question.ACCESS_REQUEST, later))

    take_in(app, reply(question))

    assert (before, len(open_chases_of(contact.id, Question.ACCESS_REQUEST, later))) == (1, 0)


def test_a_reply_is_read_against_the_job_roles(app: Flask, question: OutboxMessage) -> None:
    job_role("Sales")
    db.session.commit()

    take_in(app, reply(question))

    assert the_mail().reading["verdict"] == "answer"


def test_what_nobody_proved_is_shown_and_has_no_effect(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, reply(question, top=()))

    page = browser.get("/accounts/maple/access-requests/1").text
    assert "we can&#39;t confirm that the email came from there" in page
    assert (said(), told()) == ([], [])


def test_somebody_can_vouch_for_the_sender(app: Flask, browser: FlaskClient, question: OutboxMessage) -> None:
    take_in(app, reply(question, top=(), sender="Bob <bob@maple.example>"))
    page = "/accounts/maple/access-requests/1"

    browser.submit(f"/mails/inbox/{the_mail().id}/attach/{question.id}", at=page)
    app.extensions["jobs"].drain()
    db.session.expire_all()

    assert the_mail().fate is Fate.ATTACHED
    assert said() == [("Bob", "replied by email: Re: Access")]


def test_a_reply_that_belongs_elsewhere_gives_the_request_back_to_the_client(
    app: Flask, browser: FlaskClient, draft: AccessRequest, question: OutboxMessage
) -> None:
    take_in(app, reply(question, top=()))
    mail_id = the_mail().id
    page = f"/mails/inbox/{mail_id}"
    browser.submit(f"{page}/attach/{question.id}", at=page)
    app.extensions["jobs"].drain()
    db.session.expire_all()
    was = draft.state

    browser.submit(f"{page}/put-back", at=page)

    db.session.expire_all()
    assert (was, draft.state) == (RequestState.REPLIED, RequestState.WAITING)


def test_an_automatic_reply_is_shown_and_is_no_answer(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, reply(question, "I am away.", Auto_Submitted="auto-replied"))

    assert "Automatic reply from Anna Smith" in browser.get("/accounts/maple/access-requests/1").text
    assert (said(), told()) == ([], [])


def test_of_many_replies_the_consultant_hears_once_in_a_while(app: Flask, question: OutboxMessage) -> None:
    with clock.at(clock.now().replace(minute=1)):
        take_in(app, *(reply(question, f"Reply {number}") for number in range(5)))

    assert (len(said()), len(told())) == (5, 1)


def test_after_a_withdrawal_a_reply_waits_for_somebody_to_say_where_it_belongs(
    app: Flask, draft: AccessRequest, question: OutboxMessage
) -> None:
    actions.withdraw_request(draft, draft.started_by, "mistake")
    db.session.commit()

    take_in(app, reply(question))

    assert (the_mail().fate, the_mail().why) == (Fate.UNMATCHED, "closed_address")


def test_the_sweep_finds_replies_that_were_not_taken_in(app: Flask, question: OutboxMessage) -> None:
    take_in(app, reply(question))
    the_mail().untaken_since = clock.now() - timedelta(minutes=2)
    db.session.commit()

    with scope.every_agency(reason="as a sweep does"):
        nudges = list(find_replies())

    assert [(nudge.name, nudge.arguments) for nudge in nudges] == [
        ("access_requests.take_reply", (the_mail().id,))
    ]


def test_a_reply_is_taken_in_once(app: Flask, question: OutboxMessage) -> None:
    take_in(app, reply(question))
    nudge = Nudge("access_requests.take_reply", the_mail().agency_id, (the_mail().id,))
    db.session.rollback()

    work.run(app, nudge)

    assert len(said()) == 1


@pytest.mark.parametrize(
    ("came", "shown", "line", "letters"),
    [
        (
            ("\N{THUMBS UP SIGN}", "Re: Access"),
            "Reacted with \N{THUMBS UP SIGN}",
            "reacted with \N{THUMBS UP SIGN}",
            0,
        ),
        (("", "Accepted: Access"), "Calendar answer: accepted", "answered an invitation: accepted", 0),
        (("Sent from my iPhone", "Re: Access"), "No text", "sent an email without text", 1),
        (("-----BEGIN PGP MESSAGE-----", "Re: Access"), "Encrypted", "sent an encrypted email", 1),
    ],
)
def test_a_mail_without_words_is_shown_as_what_it_is_and_ends_no_reminder(
    app: Flask,
    browser: FlaskClient,
    question: OutboxMessage,
    came: tuple[str, str],
    shown: str,
    line: str,
    letters: int,
) -> None:
    take_in(app, reply(question, came[0], subject=came[1]))

    page = browser.get("/accounts/maple/access-requests/1").text
    assert (shown in page, line in page, "Use it as the answer" in page) == (True, True, False)
    assert shown in browser.get("/mails/inbox?tray=no-answer").text
    (access_request,) = db.session.scalars(select(AccessRequest))
    assert (access_request.state, said(), len(told())) == (RequestState.WAITING, [], letters)
    (chase,) = chases_of(Question.ACCESS_REQUEST, access_request.id)
    assert (chase.ended, chase.next_at is None) == (None, False)


def test_a_member_can_count_a_mail_without_words_as_a_reply(
    app: Flask, browser: FlaskClient, draft: AccessRequest, question: OutboxMessage
) -> None:
    take_in(app, reply(question, "\N{THUMBS UP SIGN}"))
    page = "/accounts/maple/access-requests/1"

    browser.submit(f"/mails/inbox/{the_mail().id}/attach/{question.id}", at=page)
    app.extensions["jobs"].drain()
    db.session.expire_all()

    assert (the_mail().fate, draft.state) == (Fate.ATTACHED, RequestState.REPLIED)


def test_a_mail_without_words_from_nobody_known_changes_nothing(app: Flask, question: OutboxMessage) -> None:
    take_in(app, reply(question, "-----BEGIN PGP MESSAGE-----\r\nhQEMA", top=()))

    actions_taken = set(db.session.scalars(select(AuditEntry.action)))
    assert ("access_request.replied_encrypted" in actions_taken, told()) == (False, [])
