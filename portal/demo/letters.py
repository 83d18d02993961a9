"""What clients of the demo wrote by mail, handed in as their mail server would."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Final

from flask import current_app
from sqlalchemy import select

from portal.access_requests.models import AccessRequest
from portal.core.db import db
from portal.demo.emulator.names import Person
from portal.demo.mailbox.replying import MAILBOX, Reply, write_mail, write_reply
from portal.inbox.arrivals import Delivery, receive
from portal.mail.models import OutboxMessage

LIST: Final = "Neue Kollegen.csv"
_HEADINGS: Final = ("Vorname", "Nachname", "E-Mail", "Funktion")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail from the contact who was asked, or from a ``colleague`` who answers none of ours.

    ``text`` may name the first person of the request: ``{person}``. ``listed`` are the job roles of further
    people, in a list that comes along.
    """

    text: str
    hours_ago: float
    is_proved: bool = True
    colleague: str = ""
    listed: tuple[str, ...] = ()


def hand_in(letter: Letter, access_request: AccessRequest, further: Iterable[Person]) -> None:
    """Let a letter about a request arrive; ``further`` people are in its list."""
    question = _question(access_request)
    text = letter.text.format(person=access_request.people[0].name)
    if letter.colleague:
        written = _by_colleague(letter, question, text)
    else:
        files = {LIST: _list(further, letter.listed)} if letter.listed else {}
        written = write_reply(question.raw, question.recipient, text, is_proved=letter.is_proved, files=files)
    receive(Delivery(f"demo:{question.message_id}", MAILBOX, written.raw, (written.recipient,)))


def _by_colleague(letter: Letter, question: OutboxMessage, text: str) -> Reply:
    local, domain = letter.colleague.lower().replace(" ", "."), question.recipient.rpartition("@")[2]
    sender = Address(letter.colleague, username=local, domain=domain)
    inbound = current_app.extensions["settings"].inbound_domain
    return write_mail(sender, f"portal@{inbound}", "CRM", text)


def _question(access_request: AccessRequest) -> OutboxMessage:
    """The mail by which the contact was asked first."""
    topic = (
        OutboxMessage.topic_kind == AccessRequest.__tablename__,
        OutboxMessage.topic_id == access_request.id,
        OutboxMessage.recipient == access_request.contact.email,
    )
    return db.session.scalars(select(OutboxMessage).where(*topic).order_by(OutboxMessage.id).limit(1)).one()


def _list(people: Iterable[Person], roles: Iterable[str]) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow(_HEADINGS)
    for person, role in zip(people, roles, strict=False):
        rows.writerow((person.first_name, person.last_name, person.email, role))
    return out.getvalue().encode()
