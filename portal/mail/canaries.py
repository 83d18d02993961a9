"""Mails to ourselves that prove the way to our own mailbox open, while mails in doubt wait for their copy.

A copy that does not come proves nothing while copies may be late. So one canary after the other goes the same
way. Once they came back for ``COPY_WAIT`` without a break, a copy from before would be here: the mail server
never took that mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from sqlalchemy import delete, func, select

from portal.core import clock
from portal.core.db import db
from portal.mail import sender
from portal.mail.headers import Mailbox, header_bytes
from portal.mail.models import MailCanary
from portal.mail.smtp import Letter

# Longer than common mail servers leave a mail lying that they could not pass on (Postfix: 67 minutes).
COPY_WAIT: Final = timedelta(hours=2)
LATE: Final = timedelta(minutes=10)  # a way that takes longer than this is not open
_KEPT: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Canaries sent from ``since`` to ``until`` all came back in time."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long the way was open."""
        return self.until - self.since


def is_due() -> bool:
    """Whether it is time for another canary."""
    latest = db.session.scalar(select(func.max(MailCanary.sent_at)))
    return latest is None or clock.now() - latest >= COPY_WAIT / 12


def prepare() -> tuple[str, Letter]:
    """Write a canary down before it is sent; return its Message-ID and itself."""
    message_id, address = sender.canary()
    now = clock.now()
    db.session.add(MailCanary(message_id=message_id, sent_at=now))
    db.session.execute(delete(MailCanary).where(MailCanary.sent_at < now - _KEPT))
    headers: dict[str, str | Mailbox] = {
        "From": Mailbox("", address),
        "To": Mailbox("", address),
        "Subject": "Canary",
        "Date": format_datetime(now),
        "Message-ID": message_id,
        "Auto-Submitted": "auto-generated",
    }
    return message_id, Letter(address, address, header_bytes(headers) + b"\r\nThe way is open.\r\n")


def note_taken(message_id: str) -> None:
    """The mail server took it."""
    db.session.get_one(MailCanary, message_id).is_taken = True


def note_seen(message_id: str, seen_at: datetime) -> bool:
    """The canary came back; False when this is none."""
    canary = db.session.get(MailCanary, message_id.strip())
    if canary is None:
        return False
    canary.is_taken = True
    canary.seen_at = canary.seen_at or seen_at
    return True


def open_stretch() -> Stretch | None:
    """Return since when, without a break, and until when the way was open; None while it is not."""
    taken = select(MailCanary.sent_at, MailCanary.seen_at).where(MailCanary.is_taken)
    stretch = None
    for sent_at, seen_at in db.session.execute(taken.order_by(MailCanary.sent_at)):
        if (seen_at or clock.now()) - sent_at > LATE:
            stretch = None
        elif seen_at:
            stretch = Stretch(stretch.since if stretch else sent_at, sent_at)
    return stretch
