"""What proves what became of a mail after the mail server had it, whoever brings the proof.

Everything here may be called from any scope, and again: the same proof counts once. The mailbox at
``PORTAL_INBOUND_DOMAIN`` gets, for each mail, bounces at ``b+<token>@`` and a copy at ``archive+<token>@``.
A copy was sent to the server together with the mail, so a copy that came proves that the server took it. It
holds the mail's links: whoever reads the mailbox keeps no copy once it is noted.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, select

from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.core.email_addresses import canonical
from portal.mail import canaries, delivery, sender, suppressions
from portal.mail.models import MailReport, OutboxMessage
from portal.mail.states import MOVES, Event, MailState, Reason

_LONGEST_KEY: Final = 64
_MOST_TIMES_NOT_TAKEN: Final = 3
_MOST_AT_ONCE: Final = 1000
_DAY: Final = timedelta(days=1)
_IN_DOUBT_WITH_COPY: Final = (
    OutboxMessage.state == MailState.IN_DOUBT,
    OutboxMessage.archive_to != "",
    OutboxMessage.doubted_at.is_not(None),  # else it may have gone out before a restore, and its copy come
)


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says about one mail.

    ``key`` names this piece of evidence, such as a hash of the bounce's Message-ID or a provider's event id.
    ``blames_address`` means that mail to the address will never arrive: a hard bounce. ``speaks_of`` is the
    address the report names, or empty; a report about another address than the mail's receiver is ignored.
    """

    event: Event
    key: str
    at: datetime
    words: str = ""
    blames_address: bool = False
    speaks_of: str = ""


def note_archived(own_id: str, message_id: str, seen_at: datetime) -> bool:
    """Note a mail that came to ``archive+...@``, from its ``X-Portal-Mail`` and ``Message-ID`` headers.

    Returns False when it is no copy and no canary of ours, and may be thrown away as spam.
    """
    if canaries.note_seen(message_id, seen_at):
        return True
    mail_id = sender.read_signed_id(own_id)
    with _mail_where(OutboxMessage.id == (mail_id or 0)) as mail:
        if mail is None or mail.message_id != message_id.strip():
            return False
        mail.copied_at = mail.copied_at or seen_at
        if mail.state is not MailState.ACCEPTED and MailState.ACCEPTED in MOVES[mail.state]:
            delivery.accept(mail, Reason.COPY_SEEN)
    return True


def note_bounce(address: str, report: Report) -> bool:
    """Note a bounce by the ``b+...@`` address it came to; False when no mail of ours has that address."""
    with _mail_where(OutboxMessage.envelope_from == address.strip().lower()) as mail:
        return mail is not None and _note(mail, report)


def note_event(message_id: str, report: Report) -> bool:
    """Note what a provider says about the mail with this Message-ID; False when it is none of ours."""
    with _mail_where(OutboxMessage.message_id == message_id.strip()) as mail:
        return mail is not None and _note(mail, report)


def lock_in_order(message_ids: Collection[str]) -> dict[str, int]:
    """Keep others from changing mails until all is noted, and return the order in which to take them up.

    Else two that tell of many at once could each wait for a mail, or for a trail, that the other has.
    """
    with scope.every_agency(reason="proof about a mail names no agency"):
        mails = select(OutboxMessage.message_id).where(OutboxMessage.message_id.in_(message_ids))
        in_order = mails.order_by(OutboxMessage.agency_id, OutboxMessage.id).with_for_update()
        return {message_id: place for place, message_id in enumerate(db.session.scalars(in_order))}


def settle_doubts() -> list[OutboxMessage]:
    """Queue mails again that the mail server provably never took, and return them; for a sweep.

    It is proved by a way to our mailbox that was open for long enough while no other copy is missing. Mails
    that vanish again and again are left to a person.
    """
    stretch = canaries.open_stretch()
    if stretch is None or stretch.length < canaries.COPY_WAIT or _copies_are_missing(stretch.until):
        return []
    not_taken = []
    for mail in _doubted_until(stretch.until - canaries.COPY_WAIT):
        times = sum(report.event is Event.NOT_TAKEN for report in mail.reports)
        if times >= _MOST_TIMES_NOT_TAKEN:
            continue
        _add(mail, Report(Event.NOT_TAKEN, f"not-taken:{times + 1}", clock.now()))
        delivery.requeue(mail)
        not_taken.append(mail)
    return not_taken


def find_awaited_copy() -> OutboxMessage | None:
    """Return a mail in doubt whose copy may still come, or None."""
    return db.session.scalars(select(OutboxMessage).where(*_IN_DOUBT_WITH_COPY).limit(1)).first()


def _doubted_until(moment: datetime) -> Sequence[OutboxMessage]:
    lost = select(OutboxMessage).where(*_IN_DOUBT_WITH_COPY, OutboxMessage.doubted_at <= moment)
    return db.session.scalars(lost.limit(_MOST_AT_ONCE).with_for_update(skip_locked=True)).all()


def _copies_are_missing(until: datetime) -> bool:
    """Whether a mail that was surely taken has no copy: then the lack of another proves nothing."""
    taken = OutboxMessage.state.in_((MailState.ACCEPTED, MailState.DELIVERED))
    lately = OutboxMessage.accepted_at.between(until - _DAY, until - canaries.LATE)
    without = and_(OutboxMessage.archive_to != "", OutboxMessage.copied_at.is_(None))
    missing = select(OutboxMessage.id).where(taken, lately, without).limit(1)
    return db.session.scalar(missing) is not None


@contextmanager
def _mail_where(condition: ColumnElement[bool]) -> Iterator[OutboxMessage | None]:
    """Find one mail of any agency, enter its agency, and keep others from changing it meanwhile."""
    with scope.every_agency(reason="proof about a mail names no agency"):
        found = db.session.execute(
            select(OutboxMessage.agency_id, OutboxMessage.id).where(condition)
        ).one_or_none()
    if found is None:
        yield None
        return
    with scope.agency(found.agency_id):
        yield delivery.find_locked(found.id)
        db.session.flush()


def _note(mail: OutboxMessage, report: Report) -> bool:
    if report.speaks_of and canonical(report.speaks_of) != canonical(mail.recipient):
        return True  # such as our own mailbox, which could not take its copy
    if _is_known(mail, report.key):
        return True
    _add(mail, report)
    _move(mail, report)
    if report.event is Event.COMPLAINED or (report.event is Event.BOUNCED and report.blames_address):
        suppressions.suppress(mail, report.event, report.words)
    return True


def _move(mail: OutboxMessage, report: Report) -> None:
    """Take the step that the report proves; what was decided since, such as cancelling, stays."""
    state = {Event.DELIVERED: MailState.DELIVERED, Event.BOUNCED: MailState.BOUNCED}.get(report.event)
    if state is None or state not in MOVES[mail.state]:
        return
    if state is MailState.BOUNCED:
        delivery.fail(mail, state, report.words)
    else:
        mail.move_to(state)
    mail.accepted_at = mail.accepted_at or report.at


def _is_known(mail: OutboxMessage, key: str) -> bool:
    known = select(MailReport.id).where(MailReport.message_id == mail.id, MailReport.key == key)
    return db.session.scalar(known) is not None


def _add(mail: OutboxMessage, report: Report) -> None:
    db.session.add(
        MailReport(
            agency_id=mail.agency_id,
            message_id=mail.id,
            key=report.key[:_LONGEST_KEY],
            at=report.at,
            event=report.event,
            words=report.words[:500],
        )
    )
