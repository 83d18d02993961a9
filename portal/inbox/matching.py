"""Which mail of ours a mail answers: by the address it went to, else by the Message-ID it names.

Never by its subject. An address that was given out says more than what a mail program writes; but where the
two disagree, nobody guesses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from portal.accounts.models import Contact
from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.inbox.models import InboundMailbox
from portal.inbox.states import Why
from portal.mail import reply_addresses
from portal.mail.models import OutboxMessage, ReplyAddress

_MOST_REFERENCES: Final = 50
_SENDER = re.compile(r"(?<![\w.+-])b\+[0-9a-f]{32}@[a-z0-9.-]+")
_ENVELOPE: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")


@dataclass(frozen=True, slots=True)
class Trace:
    """What a mail says of where it belongs: tokens of reply addresses, by where they stand, and Message-IDs.

    ``senders`` are envelope senders of ours: the addresses to which machines answer.
    """

    envelope: Sequence[str]
    header: Sequence[str]
    message_ids: Sequence[str]
    senders: Sequence[str]


@dataclass(frozen=True, slots=True)
class Match:
    """The mail of ours that is answered; without ``is_sure`` it is only a suggestion, and ``why`` says why.

    With ``for_machines`` it went to an address that only machines answer to; that tells nothing of a person.
    """

    mail: OutboxMessage | None
    is_sure: bool
    why: Why | None = None
    for_machines: bool = False


def trace_of(
    headers: Sequence[tuple[str, str]], recipients: Sequence[str], message_ids: Sequence[str]
) -> Trace:
    """Collect what says where a mail belongs; ``recipients`` are those of the envelope, where it was told."""
    envelope = [*recipients, *(value for name, value in headers if name in _ENVELOPE)]
    header = [value for name, value in headers if name in {"to", "cc"}]
    return Trace(
        reply_addresses.tokens_in(envelope),
        reply_addresses.tokens_in(header),
        list(dict.fromkeys(message_ids))[:_MOST_REFERENCES],
        [found for text in (*envelope, *header) for found in _SENDER.findall(text.lower())],
    )


def match(trace: Trace) -> Match:
    """Find the mail of ours that is answered, in any agency."""
    referenced = _referenced(trace.message_ids)
    tokens = trace.envelope or trace.header
    if tokens:
        return _by_tokens(tokens, referenced)
    bounced = _sent_from(trace.senders)
    if bounced is not None:
        return Match(bounced, is_sure=True, why=Why.NO_TRACE, for_machines=True)
    if len({_subject_of(mail) for mail in referenced}) > 1:
        return Match(referenced[0], is_sure=False, why=Why.DISAGREE)
    if referenced:
        return Match(referenced[0], is_sure=True)
    return Match(None, is_sure=False, why=Why.NO_TRACE)


def find_owner(found: Match, mailbox: str) -> int | None:
    """Return whose it is: that of the mail it answers, else of the mailbox, else the only agency there is."""
    if found.mail is not None:
        return found.mail.agency_id
    serves = db.session.scalar(select(InboundMailbox.serves_agency_id).where(InboundMailbox.name == mailbox))
    if serves is not None:
        return serves
    agencies = db.session.scalars(select(Agency.id).limit(2)).all()
    return agencies[0] if len(agencies) == 1 else None


def find_contact(mail: OutboxMessage, address: str) -> Contact | None:
    """Return the contact of the mail's account who has this address, or None."""
    statement = select(Contact).where(
        Contact.agency_id == mail.agency_id,
        Contact.account_id == mail.account_id,
        Contact.email == address,
        Contact.ended_at.is_(None),
    )
    return db.session.scalars(statement).one_or_none()


def _by_tokens(tokens: Sequence[str], referenced: Sequence[OutboxMessage]) -> Match:
    given = [found for token in tokens if (found := reply_addresses.find(token))]
    if not given:
        return Match(referenced[0] if referenced else None, is_sure=False, why=Why.UNKNOWN_ADDRESS)
    mail = given[0].mail
    if len({_subject_of(each.mail) for each in given}) > 1:
        return Match(mail, is_sure=False, why=Why.DISAGREE)
    if referenced and _subject_of(mail) not in {_subject_of(each) for each in referenced}:
        return Match(mail, is_sure=False, why=Why.DISAGREE)
    ended = {_end_of(each) for each in given}
    if None not in ended:
        return Match(mail, is_sure=False, why=ended.pop())
    return Match(mail, is_sure=True)


def _end_of(address: ReplyAddress) -> Why | None:
    if address.closed_at is not None:
        return Why.CLOSED_ADDRESS
    return Why.EXPIRED_ADDRESS if address.expires_at <= clock.now() else None


def _sent_from(senders: Sequence[str]) -> OutboxMessage | None:
    statement = select(OutboxMessage).where(OutboxMessage.envelope_from.in_(senders))
    return db.session.scalars(statement.order_by(OutboxMessage.id)).first() if senders else None


def _referenced(message_ids: Sequence[str]) -> list[OutboxMessage]:
    """The mails of ours that are named, in the order in which they are."""
    statement = select(OutboxMessage).where(OutboxMessage.message_id.in_(message_ids))
    known = {mail.message_id: mail for mail in db.session.scalars(statement)}
    return [known[named] for named in message_ids if named in known]


def _subject_of(mail: OutboxMessage) -> tuple[object, ...]:
    """What a mail is about: two mails about one record do not disagree."""
    if mail.topic_id is None:
        return ("mail", mail.id)
    return (mail.agency_id, mail.account_id, mail.topic_kind, mail.topic_id)
