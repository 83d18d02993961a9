"""The finished message: the very bytes and envelope that every attempt to send hands to the server."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from portal.core.texts import _l
from portal.mail.composing import LOGO_ID, ComposedMail
from portal.mail.headers import Mailbox, MessageRefused, ascii_address, ascii_domain, header_bytes

OWN_HEADER: Final = "X-Portal-Mail"

_BEGINNING_OF_BODY = re.compile(rb"(?<=\r\n)(?=MIME-Version:|Content-Type:)")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]{1,100}@[A-Za-z0-9.-]{1,253}>")


@dataclass(frozen=True, slots=True)
class Postmark:
    """All that surrounds the text: who, to whom, when and under which identity.

    Bounces go to ``bounce_to``, answers to ``reply_to``; ``archive_to`` is an extra envelope recipient at our
    own mailbox, or empty. ``own_id`` comes from ``sign_own_id``; ``sent_at`` carries its zone.
    """

    sender: Mailbox
    recipient: Mailbox
    reply_to: str
    bounce_to: str
    message_id: str
    own_id: str
    sent_at: datetime
    archive_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuiltMessage:
    """A message ready for SMTP: ASCII only, and no line longer than 998 bytes."""

    raw: bytes
    envelope_sender: str
    envelope_recipients: tuple[str, ...]


def build_message(composed: ComposedMail, postmark: Postmark) -> BuiltMessage:
    """Build the message; the same arguments give the same bytes. Raises ``MessageRefused``."""
    recipients = [postmark.recipient.address, *filter(None, [postmark.archive_to])]
    return BuiltMessage(
        raw=header_bytes(_headers(composed.subject, composed.language, postmark))
        + _body(composed, postmark.message_id),
        envelope_sender=ascii_address(postmark.bounce_to),
        envelope_recipients=tuple(map(ascii_address, recipients)),
    )


def readdressed(raw: bytes, subject: str, language: str, postmark: Postmark) -> bytes:
    """The same text in another envelope, from the bytes of a message that ``build_message`` made."""
    body = _BEGINNING_OF_BODY.split(raw, maxsplit=1)[1]
    return header_bytes(_headers(subject, language, postmark)) + body


def new_message_id(domain: str) -> str:
    """A Message-ID nobody can guess, at our own domain."""
    return f"<{secrets.token_hex(16)}@{ascii_domain(domain)}>"


def sign_own_id(mail_id: int, key: bytes) -> str:
    """The value of ``X-Portal-Mail``: proof that a mail coming back was ours."""
    return f"{mail_id}.{_signature(str(mail_id), key)}"


def read_own_id(value: str, key: bytes) -> int | None:
    """The id in an ``X-Portal-Mail`` header, or None when we did not sign it."""
    mail_id, _dot, signature = value.strip().partition(".")
    if not re.fullmatch(r"[0-9]{1,18}", mail_id):
        return None
    signed = hmac.compare_digest(signature.encode(errors="replace"), _signature(mail_id, key).encode())
    return int(mail_id) if signed else None


def _headers(subject: str, language: str, postmark: Postmark) -> dict[str, str | Mailbox]:
    if postmark.sent_at.tzinfo is None:
        raise MessageRefused(_l("The date of a mail needs its time zone."))
    if not _MESSAGE_ID.fullmatch(postmark.message_id):
        raise MessageRefused(_l("%(value)s is not a Message-ID.", value=repr(postmark.message_id)))
    headers: dict[str, str | Mailbox] = {
        "From": postmark.sender,
        "To": postmark.recipient,
        "Reply-To": Mailbox("", postmark.reply_to),
        "Subject": subject,
        "Date": format_datetime(postmark.sent_at),
        "Message-ID": postmark.message_id,
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
        OWN_HEADER: postmark.own_id,
    }
    _refuse_doubles(headers, postmark.headers)
    return {**headers, **postmark.headers}


def _refuse_doubles(ours: Mapping[str, object], further: Mapping[str, str]) -> None:
    """The headers that make the message what it is cannot be set a second time."""
    taken = {name.lower() for name in ours} | {"mime-version", "sender", "cc", "bcc"}
    for name in further:
        if name.lower() in taken or name.lower().startswith("content-"):
            raise MessageRefused(_l("%(name)s cannot be added to this mail.", name=repr(name)))
        taken.add(name.lower())


def _body(composed: ComposedMail, message_id: str) -> bytes:
    """Both parts as quoted-printable, which breaks long lines whatever the text holds."""
    message = EmailMessage(policy=SMTP)
    message.set_content(composed.text, cte="quoted-printable")
    message.make_alternative(boundary=_boundary(message_id))
    message.add_alternative(composed.html, subtype="html", cte="quoted-printable")
    if composed.logo:
        _attach_logo(message, composed.logo, message_id)
    return message.as_bytes()


def _attach_logo(message: EmailMessage, logo: bytes, message_id: str) -> None:
    """Put the picture beside the page: few mail programs show ``data:``, and none asks the web by itself."""
    page = message.get_body(("html",))
    if page is None:
        raise MessageRefused
    page.make_related(boundary=_boundary(f"{message_id} related"))
    page.add_related(logo, "image", "png", cid=f"<{LOGO_ID}>", disposition="inline", filename="logo.png")


def _signature(mail_id: str, key: bytes) -> str:
    return hmac.new(key, b"portal-mail:" + mail_id.encode(), hashlib.sha256).hexdigest()[:32]


def _boundary(message_id: str) -> str:
    """Not random, so that building twice gives the same bytes; ``=_`` cannot occur in quoted-printable."""
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32]
