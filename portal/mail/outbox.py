"""Putting mails into the outbox: written and frozen in the transaction of what causes them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Account
from portal.agencies.models import Agency, Member
from portal.agencies.queries import current_agency
from portal.core import clock
from portal.core.db import db
from portal.core.ids import random_token
from portal.jobs import restoring, work
from portal.mail import delivery, reply_addresses, sender, suppressions
from portal.mail.composing import ComposedMail
from portal.mail.kinds import MailKind, rules_of
from portal.mail.message import build_message
from portal.mail.models import OutboxMessage
from portal.mail.states import DELIVER, MailState, Reason
from portal.mail.values import Value
from portal.mail.writing import write

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
MOST_TO_ADDRESS: Final = ((_HOUR, 3), (_DAY, 10))
MOST_ABOUT_TOPIC: Final = (_DAY, 5)
_NOT_SENT: Final = (MailState.HELD, MailState.CANCELLED, MailState.SUPPRESSED)


def post(  # noqa: PLR0913 - each is a fact of the mail, and callers name them all
    kind: MailKind,
    *,
    key: str,
    recipient_name: str,
    recipient: str,
    language: str,
    values: Mapping[str, Value],
    topic: object | None = None,
    account: Account | None = None,
    reply_to: str = "",
    automatic: bool = True,
    headers: Mapping[str, str] | None = None,
    caused_at: datetime | None = None,
) -> OutboxMessage:
    """Write one mail and queue it once the transaction is safe; a key posted before returns that mail.

    ``topic`` is the record the mail speaks of. The names of agency and account are filled in where the kind
    asks for them. What has a ``reply_to`` can be answered: at an address of the portal's own where the
    settings have a domain for that, else at this one. Pass ``automatic=False`` for what a member asked for
    with a click: automatic mails are limited in number, and held above that. ``headers`` are further ones.
    Pass ``caused_at``, the moment of the event behind it, where a job posts it: if the database was restored
    since, it may have been sent before, and is in doubt. Raises ``ValueRefused`` or ``MessageRefused``.
    """
    known = _find(key)
    if known is not None:
        return known
    agency = current_agency()
    composed = write(kind, language, values, agency, account)
    return post_written(
        OutboxMessage(
            account_id=account.id if account else None,
            idempotency_key=key,
            kind=kind,
            language=composed.language,
            topic_kind=getattr(topic, "__tablename__", ""),
            topic_id=getattr(topic, "id", None),
            recipient_name=recipient_name[:120],
            recipient=recipient,
            subject=composed.subject,
            message_id=sender.message_id(),
            **sender.envelope(kind),
            raw=b"",
            is_automatic=automatic and not _is_news_for_a_member(kind),
            created_at=clock.now(),
        ),
        lambda mail: _bytes_of(mail, composed, agency, reply_to, headers),
        caused_at,
    )


def post_test(composed: ComposedMail, to: Member) -> OutboxMessage:
    """Queue a mail to a member that is of no kind."""
    agency = current_agency()
    return post_written(
        OutboxMessage(
            idempotency_key=f"test:{random_token()}",
            kind="test",
            language=composed.language,
            recipient_name=to.name,
            recipient=to.email,
            subject=composed.subject,
            message_id=sender.message_id(),
            **sender.envelope("test"),
            raw=b"",
            is_automatic=False,
            created_at=clock.now(),
        ),
        lambda mail: _bytes_of(mail, composed, agency, "", None),
    )


def post_written(
    mail: OutboxMessage, freeze: Callable[[OutboxMessage], bytes], caused_at: datetime | None = None
) -> OutboxMessage:
    """Queue a mail whose text is known; ``freeze`` gives its bytes. A key posted before returns that mail."""
    stored = _insert(mail)
    if not stored.raw:  # the message carries the row's own id, so the row comes first
        stored.raw = freeze(stored)
        _queue(stored, caused_at)
    return stored


def _bytes_of(
    mail: OutboxMessage,
    composed: ComposedMail,
    agency: Agency,
    reply_to: str,
    headers: Mapping[str, str] | None,
) -> bytes:
    answers_to = (reply_addresses.give(mail) or reply_to) if reply_to else ""
    return build_message(composed, sender.postmark(mail, agency, answers_to, headers)).raw


def _is_news_for_a_member(kind: MailKind) -> bool:
    """Only members can open a request, and only what clients and consultants do makes news: no loop here."""
    return "request_link" in rules_of(kind)


def _find(key: str) -> OutboxMessage | None:
    statement = select(OutboxMessage).where(OutboxMessage.idempotency_key == key)
    return db.session.scalars(statement).one_or_none()


def _insert(mail: OutboxMessage) -> OutboxMessage:
    """Write the row, or return the one that was quicker under the same key."""
    key = mail.idempotency_key
    try:
        with db.session.begin_nested():
            db.session.add(mail)
    except IntegrityError:
        first = _find(key)
        if first is None:
            raise
        return first
    return mail


def _queue(mail: OutboxMessage, caused_at: datetime | None) -> None:
    reason = _reason_to_hold(mail) if mail.is_automatic else None
    if suppressions.find_active(mail):
        delivery.fail(mail, MailState.SUPPRESSED)
    elif caused_at and restoring.may_be_forgotten(caused_at):
        delivery.doubt_since_restore(mail)
    elif reason:
        mail.move_to(MailState.HELD, reason)
    else:
        work.enqueue(DELIVER, mail.id)


def _reason_to_hold(mail: OutboxMessage) -> Reason | None:
    """Limits that end any loop of automatic mails; what a member asks for by hand ends by itself."""
    to_address = OutboxMessage.recipient == mail.recipient
    for period, most in MOST_TO_ADDRESS:
        if _automatic_mails(period, to_address) > most:
            return Reason.ADDRESS_LIMIT
    period, most = MOST_ABOUT_TOPIC
    about_topic = and_(OutboxMessage.topic_kind == mail.topic_kind, OutboxMessage.topic_id == mail.topic_id)
    if mail.topic_id is not None and _automatic_mails(period, about_topic) > most:
        return Reason.TOPIC_LIMIT
    return None


def _automatic_mails(period: timedelta, which: ColumnElement[bool]) -> int:
    """How many there were lately, this one included; those that were not sent do not count."""
    statement = select(func.count()).where(
        which,
        OutboxMessage.is_automatic,
        OutboxMessage.created_at > clock.now() - period,
        OutboxMessage.state.not_in(_NOT_SENT),
    )
    return db.session.scalar(statement) or 0
