"""What each attempt does to a mail's row: claimed before the server hears of it, settled right after."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import undefer

from portal.core import clock
from portal.core.db import db
from portal.jobs import work, workers
from portal.mail import queries, suppressions
from portal.mail.headers import ascii_address
from portal.mail.models import MailStop, MailTry, OutboxMessage, ServerPause
from portal.mail.smtp import Letter, Outcome, Verdict
from portal.mail.states import DELIVER, LISTENERS, MailState, Reason

# Longer than the most patient conversation, so that a lease only ends when its holder is gone.
LEASE: Final = timedelta(minutes=30)
LADDER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, *[120] * 35))  # 72 h
PAUSE: Final = timedelta(minutes=5)
_NUDGE_AGAIN: Final = timedelta(minutes=1)
MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to hand over one mail, once; ``lease_until`` tells this attempt from any other."""

    mail_id: int
    lease_until: datetime
    letter: Letter


def claim(mail_id: int, server: str, *, is_on: bool) -> Claim | None:
    """Take a mail that is due, or None; while all mail is held, this one becomes held as well."""
    mail = find_locked(mail_id)
    is_waiting = mail is not None and mail.state in {MailState.QUEUED, MailState.DEFERRED}
    if mail is None or not is_waiting or mail.next_try_at > clock.now():
        return None
    pause = _pause_of(server)
    if not is_on:
        mail.move_to(MailState.HELD, Reason.SENDING_IS_OFF)
    elif queries.find_stop():
        mail.move_to(MailState.HELD, Reason.STOPPED)
    elif suppressions.find_active(mail):
        fail(mail, MailState.SUPPRESSED)
    elif pause and pause.until is None:
        mail.move_to(MailState.HELD, Reason.LOGIN_REFUSED)
    elif pause and pause.until:
        mail.next_try_at = _with_jitter(pause.until - clock.now())
    else:
        return _taken(mail)
    return None


def settle(claimed: Claim, server: str, verdict: Verdict) -> None:
    """Write down what became of an attempt; one whose lease was lost changes no more than it can prove."""
    mail = find_locked(claimed.mail_id)
    if mail is None:
        return
    _note(mail, verdict.outcome, verdict.answer)
    if mail.lease_until != claimed.lease_until:
        return
    if mail.state is MailState.SENDING:
        _conclude(mail, verdict)
    elif mail.state is MailState.IN_DOUBT and verdict.outcome is Outcome.ACCEPTED:
        accept(mail)
    if verdict.outcome is Outcome.LOGIN_REFUSED:
        _pause(server, None, verdict.answer)
    elif verdict.wants_a_pause:
        _pause(server, clock.now() + PAUSE, verdict.answer)


def accept(mail: OutboxMessage, reason: str = "") -> None:
    """Say that the server has it."""
    mail.move_to(MailState.ACCEPTED, reason)
    mail.accepted_at = clock.now()


def doubt(mail: OutboxMessage, reason: Reason) -> None:
    """Say that the server may have it, and that nobody knows."""
    mail.move_to(MailState.IN_DOUBT, reason)
    mail.doubted_at = clock.now()


def fail(mail: OutboxMessage, state: MailState, reason: str = "") -> None:
    """Say that it did not arrive, and let those hear of it who care."""
    mail.move_to(state, reason)
    tell(mail)


def tell(mail: OutboxMessage) -> None:
    """Let those hear of a mail who care: it did not arrive, or is sent anew after that."""
    if mail.topic_kind in LISTENERS:
        work.enqueue(LISTENERS[mail.topic_kind], mail.id)


def doubt_since_restore(mail: OutboxMessage) -> None:
    """Say that it may have gone out before a restore; a copy that is missing now may have come then."""
    mail.move_to(MailState.IN_DOUBT, Reason.RESTORED)
    mail.doubted_at = None


def doubt_what_waited(until: datetime) -> None:
    """Put everything in doubt that had not left by then, as far as the database knows."""
    waiting = (MailState.QUEUED, MailState.SENDING, MailState.DEFERRED, MailState.HELD)
    found = select(OutboxMessage).where(OutboxMessage.state.in_(waiting), OutboxMessage.created_at <= until)
    for mail in db.session.scalars(found.with_for_update()):
        doubt_since_restore(mail)


def requeue(mail: OutboxMessage) -> None:
    """Begin anew, with the same bytes under the same Message-ID."""
    mail.move_to(MailState.QUEUED)
    mail.attempts, mail.next_try_at, mail.lease_until = 0, clock.now(), None


def end_pauses() -> None:
    """Let mail go to every server again."""
    for pause in db.session.scalars(select(ServerPause)):
        db.session.delete(pause)


def expire_leases() -> None:
    """Put mails in doubt whose attempt never came back: the server may have them."""
    lost = select(OutboxMessage).where(
        OutboxMessage.state == MailState.SENDING,
        or_(OutboxMessage.lease_until < clock.now(), workers.is_gone(OutboxMessage.held_by)),
    )
    for mail in db.session.scalars(lost.limit(MOST_AT_ONCE).with_for_update(skip_locked=True)):
        doubt(mail, Reason.INTERRUPTED)
        _note(mail, Outcome.IN_DOUBT, "")


def release(reason: Reason, *further: ColumnElement[bool]) -> None:
    """Queue what was held for a reason that is no more."""
    held = select(OutboxMessage).where(
        OutboxMessage.state == MailState.HELD, OutboxMessage.reason == reason, *further
    )
    for mail in db.session.scalars(held.limit(MOST_AT_ONCE).with_for_update(skip_locked=True)):
        requeue(mail)


def release_unstopped() -> None:
    """Queue what was held while its agency had stopped all mail; in the scope of every agency."""
    release(Reason.STOPPED, OutboxMessage.agency_id.not_in(select(MailStop.agency_id)))


def is_locked_out(server: str) -> bool:
    """Whether the server refuses our sign-in."""
    pause = _pause_of(server)
    return pause is not None and pause.until is None


def left_behind() -> Sequence[Row[int, int]]:
    """Agency and id of mails that are due and that nobody seems to be working on."""
    now = clock.now()
    statement = (
        select(OutboxMessage.agency_id, OutboxMessage.id)
        .where(
            or_(
                and_(OutboxMessage.state == MailState.DEFERRED, OutboxMessage.next_try_at <= now),
                and_(
                    OutboxMessage.state == MailState.QUEUED, OutboxMessage.next_try_at <= now - _NUDGE_AGAIN
                ),
            )
        )
        .order_by(OutboxMessage.next_try_at)
        .limit(MOST_AT_ONCE)
    )
    return db.session.execute(statement).all()


def find_locked(mail_id: int) -> OutboxMessage | None:
    """Return a mail as it is now, and keep others from changing it; None if there is none."""
    statement = select(OutboxMessage).where(OutboxMessage.id == mail_id).options(undefer(OutboxMessage.raw))
    fresh = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(fresh).one_or_none()


def _taken(mail: OutboxMessage) -> Claim:
    mail.move_to(MailState.SENDING)
    mail.attempts += 1
    mail.lease_until = lease_until = clock.now() + LEASE
    mail.held_by = workers.me()
    letter = Letter(mail.envelope_from, ascii_address(mail.recipient), mail.raw, mail.archive_to)
    return Claim(mail.id, lease_until, letter)


def _conclude(mail: OutboxMessage, verdict: Verdict) -> None:
    if verdict.outcome is Outcome.ACCEPTED:
        accept(mail)
    elif verdict.outcome is Outcome.IN_DOUBT:
        doubt(mail, Reason.NO_ANSWER)
    elif verdict.outcome is Outcome.LOGIN_REFUSED:
        mail.move_to(MailState.HELD, Reason.LOGIN_REFUSED)
    elif verdict.outcome is Outcome.COPY_REFUSED:
        mail.archive_to = ""
        mail.move_to(MailState.DEFERRED, verdict.answer)
        mail.next_try_at = clock.now()
        work.enqueue(DELIVER, mail.id)
    elif verdict.outcome is Outcome.REFUSED:
        fail(mail, MailState.REFUSED, verdict.answer)
    elif mail.attempts > len(LADDER):
        fail(mail, MailState.REFUSED, Reason.GAVE_UP)
    else:
        mail.move_to(MailState.DEFERRED, verdict.answer)
        mail.next_try_at = _with_jitter(LADDER[mail.attempts - 1])


def _note(mail: OutboxMessage, outcome: Outcome, answer: str) -> None:
    tried = MailTry(agency_id=mail.agency_id, message_id=mail.id, outcome=outcome, answer=answer[:500])
    db.session.add(tried)


def _pause_of(server: str) -> ServerPause | None:
    pause = db.session.get(ServerPause, server)
    is_over = pause is not None and pause.until is not None and pause.until <= clock.now()
    return None if is_over else pause


def _pause(server: str, until: datetime | None, answer: str) -> None:
    db.session.merge(ServerPause(server=server, until=until, answer=answer[:500]))


def _with_jitter(delay: timedelta) -> datetime:
    """When that long has passed, and up to a fifth more, so that mails put off together come back apart."""
    return clock.now() + delay * random.uniform(1, 1.2)  # noqa: S311 - no secret
