"""Who the portal is as a sender of mail: its address, its domain, and the key it signs with."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from flask import current_app
from sqlalchemy import select

from portal.accounts.models import Account
from portal.agencies.models import Agency
from portal.config import Settings
from portal.core.db import db
from portal.mail.composing import MailLook
from portal.mail.headers import Mailbox
from portal.mail.kinds import SIGNS_SOMEBODY_IN
from portal.mail.message import Postmark, new_message_id, read_own_id, sign_own_id
from portal.mail.models import OutboxMessage, SenderAddress

# Tabler's colours, as a mail needs them.
_COLOURS = {
    "blue": "#066fd1",
    "azure": "#4299e1",
    "indigo": "#4263eb",
    "purple": "#ae3ec9",
    "pink": "#d6336c",
    "red": "#d63939",
    "orange": "#f76707",
    "yellow": "#f59f00",
    "lime": "#74b816",
    "green": "#2fb344",
    "teal": "#0ca678",
    "cyan": "#17a2b8",
}


def look_of(agency: Agency, account: Account | None) -> MailLook:
    """Whose mail it is, at a glance."""
    look = MailLook(agency.name, agency.colour, logo=agency.logo or b"", footers=agency.footers)
    if account is None:
        return look
    colour = _COLOURS.get(account.colour, _COLOURS["blue"])
    return replace(look, account_name=account.name, account_colour=colour)


def envelope(kind: str) -> dict[str, str]:
    """Where one mail's bounces go, and its copy; no copy is made without a mailbox of our own to send it to.

    Each address is that mail's alone, so that a bounce is known by where it comes back to. Links that sign
    somebody in are not left lying in a mailbox.
    """
    settings = _settings()
    token = secrets.token_hex(16)
    has_copy = has_mailbox() and kind not in SIGNS_SOMEBODY_IN
    copy = f"archive+{token}@{settings.inbound_domain.lower()}" if has_copy else ""
    return {"envelope_from": f"b+{token}@{envelope_domain()}", "archive_to": copy}


def message_id() -> str:
    """A Message-ID at the portal's domain."""
    return new_message_id(_settings().mail_domain)


def postmark(
    mail: OutboxMessage, agency: Agency, reply_to: str, headers: Mapping[str, str] | None = None
) -> Postmark:
    """All that surrounds the text of a mail which has its row."""
    settings = _settings()
    return Postmark(
        sender=Mailbox(agency.name, _proven_address() or settings.mail_from),
        recipient=Mailbox(mail.recipient_name, mail.recipient),
        reply_to=reply_to or settings.mail_from,
        bounce_to=mail.envelope_from,
        message_id=mail.message_id,
        own_id=sign_own_id(mail.id, _key()),
        sent_at=mail.created_at,
        headers=headers or {},
    )


def read_signed_id(value: str) -> int | None:
    """The id of the mail whose ``X-Portal-Mail`` header this is, or None when we did not sign it."""
    return read_own_id(value, _key())


def envelope_domain() -> str:
    """The domain that bounces go to, which SPF is asked about."""
    settings = _settings()
    return (settings.inbound_domain or settings.mail_domain).lower()


def mail_server() -> str:
    """The name of the server that takes our mail."""
    return _settings().smtp_host


def own_address() -> str:
    """The portal's own address, which mails come from unless the agency's is proved."""
    return _settings().mail_from


def has_mailbox() -> bool:
    """Whether mail reaches a mailbox of our own."""
    return bool(_settings().inbound_domain)


def canary() -> tuple[str, str]:
    """A new Message-ID, and the address at our own mailbox that a canary comes from and goes to."""
    return message_id(), f"archive+canary@{_settings().inbound_domain}"


def _proven_address() -> str | None:
    proven = select(SenderAddress.address).where(SenderAddress.proven_at.is_not(None))
    return db.session.scalar(proven)


def _key() -> bytes:
    return _settings().secret_key.get_secret_value().encode()


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
