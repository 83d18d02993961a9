"""Links in old emails are cut from the stored bytes once they are dead, so that no backup keeps them.

The log keeps everything else: to whom, when, what was written, and what became of it.
"""

from collections.abc import Iterable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import undefer

from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import _l
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage
from portal.mail.reading import without_secrets
from portal.mail.states import MailState

# How long links live, by the kind of email; answer links, and whatever else there is, for 14 days.
LIVES: Final = {MailKind.PASSWORD_RESET: timedelta(hours=1), MailKind.INVITATION: timedelta(days=7)}
LONGEST_LIFE: Final = timedelta(days=14)
AT_ONCE: Final = 200
# What may still be sent without a person keeps its links.
_AT_REST: Final = (
    MailState.ACCEPTED,
    MailState.DELIVERED,
    MailState.REFUSED,
    MailState.BOUNCED,
    MailState.SUPPRESSED,
    MailState.CANCELLED,
)
_HEADERS: Final = ("List-Unsubscribe",)


class LinksAreGone(NotNow):
    """The email cannot be sent any more, since its links were removed."""

    message = _l(
        "This email is so old that its links no longer work, and they were removed from it. Nothing was "
        "sent. Ask anew from the access request, or send a new invitation."
    )


def refuse_without_links(mail: OutboxMessage) -> None:
    """Raise ``LinksAreGone`` for an email whose links were cut."""
    if mail.links_cut_at is not None:
        raise LinksAreGone


def cut_dead_links() -> int:
    """Cut the links of some emails whose links are dead, and return of how many."""
    mails = db.session.scalars(_dead()).all()
    for mail in mails:
        mail.raw, mail.links_cut_at = cut(mail.raw), clock.now()
    return len(mails)


def cut(raw: bytes) -> bytes:
    """Return a message with the secret part of each link cut from its texts and headers."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=SMTP)
    for name in _HEADERS:
        if name in message:
            message.replace_header(name, without_secrets(str(message[name])))
    for part in _texts(message):
        kept = {name: part[name] for name in ("Content-ID", "Content-Disposition") if name in part}
        part.set_content(
            without_secrets(part.get_content()), part.get_content_subtype(), cte="quoted-printable"
        )
        for name, value in kept.items():
            part[name] = value
    return message.as_bytes()


def _texts(message: EmailMessage) -> Iterable[EmailMessage]:
    return [
        part
        for part in message.walk()
        if isinstance(part, EmailMessage) and part.get_content_maintype() == "text"
    ]


def _dead() -> Select[OutboxMessage]:
    now = clock.now()
    is_dead = or_(
        OutboxMessage.created_at < now - LONGEST_LIFE,
        *(
            and_(OutboxMessage.kind == kind, OutboxMessage.created_at < now - life)
            for kind, life in LIVES.items()
        ),
    )
    return (
        select(OutboxMessage)
        .where(OutboxMessage.links_cut_at.is_(None), is_dead, OutboxMessage.state.in_(_AT_REST))
        .order_by(OutboxMessage.created_at)
        .limit(AT_ONCE)
        .options(undefer(OutboxMessage.raw))
        .with_for_update(skip_locked=True)
    )
