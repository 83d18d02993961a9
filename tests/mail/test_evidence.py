from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.jobs import work
from portal.mail import canaries, delivery, evidence
from portal.mail.evidence import Report
from portal.mail.kinds import MailKind
from portal.mail.message import sign_own_id
from portal.mail.models import MailCanary, OutboxMessage, SuppressedAddress
from portal.mail.states import MOVES, Event, MailState, Reason
from tests.factories.accounts import AccountFactory
from tests.factories.mails import post
from tests.fixtures.smtp import HANG_UP, ScriptedServer

pytestmark = pytest.mark.usefixtures("agency", "mailbox_of_our_own")
NOON = datetime.fromisoformat("2027-03-01T12:00:00+00:00")
HARD = "550 5.1.1 nobody here"


@pytest.fixture
def mailbox_of_our_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail reaches us at mail.portal.example."""
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", "mail.portal.example")


def own_id(mail: OutboxMessage) -> str:
    return sign_own_id(mail.id, b"s" * 32)


def in_state(state: MailState) -> OutboxMessage:
    mail = post()
    mail.state = state
    mail.doubted_at = clock.now() if state is MailState.IN_DOUBT else None
    db.session.commit()
    return mail


def copy_arrives(mail: OutboxMessage) -> bool:
    return evidence.note_archived(own_id(mail), mail.message_id, clock.now())


def canary_comes_back(after: timedelta = timedelta(seconds=5)) -> None:
    message_id, _letter = canaries.prepare()
    canaries.note_taken(message_id)
    evidence.note_archived("", message_id, clock.now() + after)


def sweep_at(app: Flask, moment: datetime) -> None:
    with clock.at(moment):
        db.session.commit()
        app.extensions["jobs"].sweep()
    db.session.expire_all()


def bounce(event: Event = Event.BOUNCED, key: str = "dsn-1", **facts: object) -> Report:
    return Report(event, key, NOON, **{"words": HARD, **facts})


def test_the_envelope_has_addresses_of_its_own_for_bounces_and_for_the_copy() -> None:
    mail = post()

    token = mail.envelope_from.removeprefix("b+").removesuffix("@mail.portal.example")
    assert len(token) == 32
    assert mail.archive_to == f"archive+{token}@mail.portal.example"
    assert token.encode() not in mail.raw


@pytest.mark.parametrize("kind", [MailKind.INVITATION, MailKind.PASSWORD_RESET])
def test_no_link_that_signs_somebody_in_is_left_lying_in_a_mailbox(kind: MailKind) -> None:
    assert post(kind).archive_to == ""


def test_without_a_mailbox_of_our_own_no_copy_is_sent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", "")
    mail = post()

    assert (mail.archive_to, mail.envelope_from.partition("@")[2]) == ("", "portal.example")


def test_the_copy_goes_along_with_the_mail(app: Flask, mail_server: ScriptedServer) -> None:
    mail = post()
    db.session.commit()

    app.extensions["jobs"].drain()

    told = [said for said in mail_server.commands if said.startswith("rcpt")]
    assert told == ["rcpt TO:<claire@maple.example>", f"rcpt TO:<{mail.archive_to}>"]
    assert mail_server.mails == [mail.raw]


@pytest.mark.parametrize("answer", ["550 no such mailbox", "451 grey list"])
def test_a_copy_that_is_refused_lets_the_mail_go_without(
    answer: str, app: Flask, mail_server: ScriptedServer
) -> None:
    mail = post()
    mail_server.answers[f"rcpt TO:<{mail.archive_to}>"] = answer
    db.session.commit()

    app.extensions["jobs"].drain()
    db.session.expire_all()

    assert (mail.state, mail.archive_to, mail_server.mails) == (MailState.ACCEPTED, "", [mail.raw])
    assert [tried.outcome for tried in mail.tries] == ["copy_refused", "accepted"]


@pytest.mark.parametrize("state", [state for state in MailState if MailState.ACCEPTED in MOVES[state]])
def test_a_copy_proves_that_the_mail_was_taken(state: MailState) -> None:
    mail = in_state(state)

    assert copy_arrives(mail)
    assert (mail.state, mail.reason) == (MailState.ACCEPTED, Reason.COPY_SEEN)
    assert mail.copied_at is not None


def test_a_copy_of_a_mail_whose_end_is_known_changes_nothing() -> None:
    mail = in_state(MailState.CANCELLED)

    assert copy_arrives(mail)
    assert mail.state is MailState.CANCELLED


def test_a_copy_is_believed_by_its_signature_and_its_own_number() -> None:
    mail, other = in_state(MailState.IN_DOUBT), in_state(MailState.IN_DOUBT)
    forged = f"{mail.id}.{'0' * 32}"

    assert not evidence.note_archived(forged, mail.message_id, NOON)
    assert not evidence.note_archived(own_id(other), mail.message_id, NOON)
    assert mail.state is MailState.IN_DOUBT


def test_an_answer_that_comes_after_the_copy_changes_nothing(mail_server: ScriptedServer) -> None:
    mail = post()
    with work.step():
        claimed = delivery.claim(mail.id, "test", is_on=True)
    assert claimed is not None
    copy_arrives(mail)

    with work.step():
        delivery.settle(claimed, "test", delivery.Verdict(delivery.Outcome.IN_DOUBT, "no answer"))

    assert mail.state is MailState.ACCEPTED


def test_proof_finds_its_mail_whatever_the_scope(other_agency: Agency) -> None:
    mail = in_state(MailState.IN_DOUBT)
    mail_id, copy = mail.id, (own_id(mail), mail.message_id, NOON)
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
        agency_id = mail.agency_id

    with scope.agency(other_id):
        assert evidence.note_archived(*copy)

    with scope.agency(agency_id):
        assert db.session.get_one(OutboxMessage, mail_id).state is MailState.ACCEPTED


def test_a_mail_without_its_copy_is_sent_again_once_canaries_came_back_for_two_hours(
    app: Flask, mail_server: ScriptedServer
) -> None:
    with clock.at(NOON):
        mail = in_state(MailState.IN_DOUBT)
    for minutes in (1, 60, 121):
        with clock.at(NOON + timedelta(minutes=minutes)):
            canary_comes_back()

    sweep_at(app, NOON + timedelta(minutes=122))
    with clock.at(NOON + timedelta(minutes=122)):
        app.extensions["jobs"].drain()
    db.session.expire_all()

    assert (mail.state, mail_server.mails) == (MailState.ACCEPTED, [mail.raw])
    assert [report.event for report in mail.reports] == [Event.NOT_TAKEN]


@pytest.mark.parametrize(
    ("minutes", "late"),
    [
        pytest.param((1, 60, 119), 0, id="not long enough"),
        pytest.param((30, 149), 0, id="too long without a canary first"),
        pytest.param((1, 60, 121), 20, id="canaries that came late"),
        pytest.param((), 0, id="no canary"),
    ],
)
def test_without_proof_a_mail_stays_in_doubt(minutes: tuple[int, ...], late: int, app: Flask) -> None:
    with clock.at(NOON):
        mail = in_state(MailState.IN_DOUBT)
    for minute in minutes:
        with clock.at(NOON + timedelta(minutes=minute)):
            canary_comes_back(timedelta(minutes=late, seconds=5))

    sweep_at(app, NOON + timedelta(minutes=150))

    assert mail.state is MailState.IN_DOUBT


def test_a_lost_canary_begins_the_wait_anew(app: Flask) -> None:
    with clock.at(NOON):
        mail = in_state(MailState.IN_DOUBT)
    for minutes in (1, 30, 121):
        with clock.at(NOON + timedelta(minutes=minutes)):
            canary_comes_back()
    with clock.at(NOON + timedelta(minutes=60)):
        canaries.note_taken(canaries.prepare()[0])

    sweep_at(app, NOON + timedelta(minutes=122))

    assert mail.state is MailState.IN_DOUBT


def test_while_a_copy_of_another_mail_is_missing_nothing_is_proved(app: Flask) -> None:
    with clock.at(NOON):
        mail = in_state(MailState.IN_DOUBT)
        other = post()
        delivery.find_locked(other.id)
        other.move_to(MailState.SENDING)
        delivery.accept(other)
    for minutes in (1, 121):
        with clock.at(NOON + timedelta(minutes=minutes)):
            canary_comes_back()

    sweep_at(app, NOON + timedelta(minutes=122))
    assert mail.state is MailState.IN_DOUBT
    copy_arrives(other)
    sweep_at(app, NOON + timedelta(minutes=122))
    assert mail.state is MailState.QUEUED


def test_a_mail_that_vanishes_again_and_again_is_left_to_a_person(app: Flask) -> None:
    with clock.at(NOON):
        mail = in_state(MailState.IN_DOUBT)
    for minutes in (1, 121):
        with clock.at(NOON + timedelta(minutes=minutes)):
            canary_comes_back()
    for _ in range(4):
        sweep_at(app, NOON + timedelta(minutes=122))
        mail.state = MailState.IN_DOUBT

    assert [report.key for report in mail.reports] == ["not-taken:1", "not-taken:2", "not-taken:3"]


def test_canaries_are_sent_only_while_a_copy_is_awaited(app: Flask, mail_server: ScriptedServer) -> None:
    mail = post()
    mail_server.answers["dot"] = HANG_UP
    db.session.commit()
    app.extensions["jobs"].drain()
    assert mail.state is MailState.IN_DOUBT
    del mail_server.answers["dot"]

    for _ in range(2):
        sweep_at(app, clock.now())
        app.extensions["jobs"].drain()

    canary = db.session.scalars(select(MailCanary)).one()
    assert (canary.is_taken, canary.message_id.encode() in mail_server.mails[1]) == (True, True)
    assert len(mail_server.mails) == 2
    assert evidence.note_archived("", canary.message_id, clock.now())
    assert canary.seen_at is not None


def test_a_bounce_says_that_the_mail_came_back_and_stops_mail_to_that_address() -> None:
    account = AccountFactory()
    mail = post(account=account)
    mail.state = MailState.ACCEPTED

    assert evidence.note_bounce(mail.envelope_from.upper(), bounce(blames_address=True))

    suppressed = db.session.scalars(select(SuppressedAddress)).one()
    assert (mail.state, mail.reason) == (MailState.BOUNCED, HARD)
    assert (suppressed.address, suppressed.account_id) == ("claire@maple.example", account.id)
    assert [entry.action for entry in db.session.scalars(select(AuditEntry))] == ["address.suppressed"]


def test_to_a_suppressed_address_nothing_more_is_sent_for_that_account(mail_server: ScriptedServer) -> None:
    account = AccountFactory()
    first, waiting = post(account=account), post(account=account)
    first.state = MailState.ACCEPTED
    evidence.note_bounce(first.envelope_from, bounce(blames_address=True))
    db.session.commit()
    work.HANDLERS["mail.deliver"](waiting.id)

    assert waiting.state is MailState.SUPPRESSED
    assert post(account=account).state is MailState.SUPPRESSED
    assert post(account=AccountFactory()).state is MailState.QUEUED
    assert mail_server.mails == []


@pytest.mark.parametrize(
    ("report", "state", "suppressed"),
    [
        (bounce(), MailState.BOUNCED, 0),
        (bounce(Event.DELAYED), MailState.ACCEPTED, 0),
        (bounce(Event.DELIVERED), MailState.DELIVERED, 0),
        (bounce(Event.COMPLAINED), MailState.ACCEPTED, 1),
        (bounce(blames_address=True, speaks_of="archive+1@mail.portal.example"), MailState.ACCEPTED, 0),
        (bounce(blames_address=True, speaks_of="Claire@Maple.example"), MailState.BOUNCED, 1),
    ],
)
def test_a_report_changes_what_it_proves(report: Report, state: MailState, suppressed: int) -> None:
    mail = in_state(MailState.ACCEPTED)

    assert evidence.note_event(mail.message_id, report)
    assert mail.state is state
    assert len(db.session.scalars(select(SuppressedAddress)).all()) == suppressed


def test_the_same_report_counts_once() -> None:
    mail = in_state(MailState.ACCEPTED)

    for _ in range(2):
        assert evidence.note_event(mail.message_id, bounce(blames_address=True))

    assert len(mail.reports) == 1
    assert len(db.session.scalars(select(SuppressedAddress)).all()) == 1


def test_a_report_about_no_mail_of_ours_is_told_apart() -> None:
    assert not evidence.note_bounce("b+unknown@mail.portal.example", bounce())
    assert not evidence.note_event("<unknown@portal.example>", bounce())
    assert not evidence.note_archived("", "<unknown@portal.example>", NOON)
