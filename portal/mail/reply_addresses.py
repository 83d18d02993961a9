"""The address a mail of ours can be answered at: it says which mail is meant, and gives no right to anything.

``reply+<26 letters>@`` the domain of the settings, random, one for each mail and receiver. Stored as a hash.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from flask import current_app
from sqlalchemy import select, update

from portal.core import clock
from portal.core.db import db
from portal.core.ids import fingerprint
from portal.mail.models import OutboxMessage, ReplyAddress

LIVES: Final = timedelta(days=90)
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"  # of base32: 5 bits each, 130 in all
LENGTH: Final = 26
_ADDRESS = re.compile(r"(?<![\w.+-])reply\+([a-z2-7]{26})@([a-z0-9.-]+)")


def give(mail: OutboxMessage) -> str:
    """Return a fresh address for a mail, or nothing where the settings name no domain for answers."""
    domain = _domain()
    if not domain:
        return ""
    token = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    db.session.add(
        ReplyAddress(mail_id=mail.id, token_hash=fingerprint(token), expires_at=clock.now() + LIVES)
    )
    return f"reply+{token}@{domain}"


def tokens_in(headers: Iterable[str]) -> list[str]:
    """Return the tokens in header values or addresses, each once; upper case is as good as lower."""
    found: dict[str, None] = {}
    for header in headers:
        for token, domain in _ADDRESS.findall(header.lower()):
            if domain == _domain():
                found[token] = None
    return list(found)


def find(token: str) -> ReplyAddress | None:
    """Return what a token was given out for, in whatever state; ask outside of every agency."""
    statement = select(ReplyAddress).where(ReplyAddress.token_hash == fingerprint(token))
    return db.session.scalars(statement).one_or_none()


def close_about(topic: object) -> None:
    """End the addresses of all mails that speak of a record; what goes there is not attached any more."""
    about = select(OutboxMessage.id).where(
        OutboxMessage.topic_kind == getattr(topic, "__tablename__", ""),
        OutboxMessage.topic_id == getattr(topic, "id", None),
    )
    db.session.execute(
        update(ReplyAddress)
        .where(ReplyAddress.mail_id.in_(about), ReplyAddress.closed_at.is_(None))
        .values(closed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _domain() -> str:
    return str(current_app.extensions["settings"].inbound_domain).lower()
