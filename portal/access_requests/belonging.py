"""Which open requests a mail may be about that nobody could match: suggestions for whoever looks at it."""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select

from portal.access_requests.models import AccessRequest, AnswerLink, RequestPerson
from portal.access_requests.states import ASKING, OPEN
from portal.accounts.models import Contact
from portal.core.db import db
from portal.core.email_addresses import find_addresses
from portal.core.texts import Text, _
from portal.inbox import suggestions
from portal.inbox.models import InboundMail
from portal.mail.models import OutboxMessage

_MOST_WORDS: Final = 400  # of a mail in which names are looked for
_NAME_WORDS: Final = (2, 3, 4)  # a first name alone is too many people's
_WORD: Final = re.compile(r"[^\W\d_][\w'\u2019-]*")


def by_open_questions(mail: InboundMail) -> Iterator[tuple[Select[OutboxMessage], Text]]:
    """Yield what this sender was asked and has not answered, such as all that a reminder spoke of."""
    if not mail.sender:
        return
    asked = (
        select(AccessRequest.id, Contact.name)
        .join(AnswerLink, AnswerLink.request_id == AccessRequest.id)
        .join(Contact, Contact.id == AnswerLink.contact_id)
        .where(Contact.email == mail.sender, AccessRequest.state.in_(ASKING))
        .distinct()
        .order_by(AccessRequest.id.desc())
    )
    for request_id, name in db.session.execute(asked.limit(suggestions.MOST)):
        to_them = _mails_of(request_id).where(OutboxMessage.recipient == mail.sender)
        yield to_them, _("An open question to %(name)s", name=name)


def by_people(mail: InboundMail) -> Iterator[tuple[Select[OutboxMessage], Text]]:
    """Yield the open requests about somebody whom the mail names, by name or address."""
    named = (
        select(RequestPerson)
        .join(AccessRequest, AccessRequest.id == RequestPerson.request_id)
        .where(AccessRequest.state.in_(OPEN), _is_named(f"{mail.subject}\n{mail.text or mail.rest}"))
        .order_by(RequestPerson.id.desc())
    )
    for person in db.session.scalars(named.limit(suggestions.MOST)):
        yield _mails_of(person.request_id), _("It names %(name)s", name=person.name)


def _mails_of(request_id: int) -> Select[OutboxMessage]:
    topic = OutboxMessage.topic_kind == AccessRequest.__tablename__, OutboxMessage.topic_id == request_id
    return select(OutboxMessage).where(*topic)


def _is_named(text: str) -> ColumnElement[bool]:
    words = _WORD.findall(text)[:_MOST_WORDS]
    names = {" ".join(words[at : at + count]) for count in _NAME_WORDS for at in range(len(words))}
    addresses = {found.address for found in find_addresses(text)[:_MOST_WORDS]}
    whole = RequestPerson.first_name + " " + RequestPerson.last_name
    return or_(
        RequestPerson.email.in_(addresses),
        whole.in_(names),
        func.lower(whole).in_({name.lower() for name in names}),
    )


suggestions.SOURCES.extend((by_open_questions, by_people))
