"""Mails of ours that are answered, and what the portal makes of the answers."""

import re
from itertools import count

from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.core.db import db
from portal.inbox import arrivals
from portal.inbox.arrivals import Delivery
from portal.inbox.models import InboundMail
from portal.mail.models import OutboxMessage
from tests.factories.mails import post

_numbers = count(1)


def asked(**given: object) -> OutboxMessage:
    """Post a mail that can be answered."""
    mail = post(reply_to="tom@agency.example", **given)
    db.session.commit()
    return mail


def reply_address(mail: OutboxMessage) -> str:
    """Return where a mail is answered, as its receiver reads it."""
    found = re.search(rb"^Reply-To: (\S+)", mail.raw, re.MULTILINE)
    assert found
    return found[1].decode()


def take_in(app: Flask, *raws: bytes, recipients: tuple[str, ...] = (), mailbox: str = "main") -> None:
    """Let mails arrive, and have them judged."""
    with scope.every_agency(reason="a delivery is nobody's"):
        for raw in raws:
            arrivals.receive(Delivery(f"test:{next(_numbers)}", mailbox, raw, recipients))
        db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def mails() -> list[InboundMail]:
    """Return the mails of the agency in scope, as they came."""
    return list(db.session.scalars(select(InboundMail).order_by(InboundMail.id)))


def the_mail() -> InboundMail:
    """Return the only mail."""
    (mail,) = mails()
    return mail
