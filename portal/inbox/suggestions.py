"""Which mails of ours a mail may answer, for a person to choose from: never more than a suggestion."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, or_, select

from portal.accounts.models import Account, Contact
from portal.core.db import db
from portal.core.texts import Text, _l
from portal.inbox.models import InboundMail
from portal.mail.models import OutboxMessage

MOST: Final = 6
_EACH: Final = 3
_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|antw|tr|rv|réf)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mail of ours that may be meant, its account, and why."""

    mail_id: int
    subject: str
    recipient: str
    account: Account
    why: Text


Source = Callable[[InboundMail], Iterable[tuple[Select[OutboxMessage], Text]]]

# Where to look, the likeliest first; a room that knows more of its records adds its own.
SOURCES: Final[list[Source]] = []


def suggestions(mail: InboundMail) -> list[Suggestion]:
    """Return the records a mail may belong to, each once, the likeliest first."""
    found: dict[tuple[object, ...], Suggestion] = {}
    for source in (_by_trace, *SOURCES, _by_sender, _by_domain, _by_subject):
        for statement, why in source(mail):
            for answered in db.session.scalars(_latest(statement)):
                if answered.account is not None:
                    found.setdefault(_record(answered), _suggestion(answered, answered.account, why))
    return list(found.values())[:MOST]


def search(words: str) -> list[Suggestion]:
    """Return records by what a person types: part of an account's name, a receiver or a subject."""
    places = (Account.name, OutboxMessage.recipient, OutboxMessage.recipient_name, OutboxMessage.subject)
    statement = (
        select(OutboxMessage)
        .join(Account, Account.id == OutboxMessage.account_id)
        .where(or_(*(place.icontains(words, autoescape=True) for place in places)))
    )
    found: dict[tuple[object, ...], Suggestion] = {}
    for answered in db.session.scalars(_latest(statement, MOST * _EACH)):
        if answered.account is not None:
            found.setdefault(_record(answered), _suggestion(answered, answered.account, ""))
    return list(found.values())[:MOST]


def _latest(statement: Select[OutboxMessage], most: int = _EACH) -> Select[OutboxMessage]:
    answerable = statement.where(OutboxMessage.account_id.is_not(None), OutboxMessage.topic_id.is_not(None))
    return answerable.order_by(OutboxMessage.id.desc()).limit(most)


def _record(answered: OutboxMessage) -> tuple[object, ...]:
    return answered.topic_kind, answered.topic_id


def _suggestion(answered: OutboxMessage, account: Account, why: Text) -> Suggestion:
    return Suggestion(answered.id, answered.subject, answered.recipient_name, account, why)


def _by_trace(mail: InboundMail) -> Iterator[tuple[Select[OutboxMessage], Text]]:
    if mail.answers_id is not None:
        named = select(OutboxMessage).where(OutboxMessage.id == mail.answers_id)
        yield named, _l("It names this mail, or went to its address")


def _by_sender(mail: InboundMail) -> Iterator[tuple[Select[OutboxMessage], Text]]:
    if mail.sender:
        yield (
            select(OutboxMessage).where(OutboxMessage.recipient == mail.sender),
            _l("We wrote to this sender"),
        )
        accounts = select(Contact.account_id).where(Contact.email == mail.sender)
        yield (
            select(OutboxMessage).where(OutboxMessage.account_id.in_(accounts)),
            _l("The sender is a contact of this account"),
        )


def _by_domain(mail: InboundMail) -> Iterator[tuple[Select[OutboxMessage], Text]]:
    _local, at, domain = mail.sender.rpartition("@")
    if at and domain:
        accounts = select(Contact.account_id).where(Contact.email.endswith(f"@{domain}", autoescape=True))
        yield (
            select(OutboxMessage).where(OutboxMessage.account_id.in_(accounts)),
            _l("A contact of this account writes from the same domain"),
        )


def _by_subject(mail: InboundMail) -> Iterator[tuple[Select[OutboxMessage], Text]]:
    subject = _PREFIX.sub("", mail.subject).strip()
    if subject:
        yield (
            select(OutboxMessage).where(OutboxMessage.subject == subject),
            _l("It has the same subject, which proves nothing"),
        )
