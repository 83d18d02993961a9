"""Addresses that get no more mail, since it came back from there or was unwanted."""

from typing import Final

from sqlalchemy import select

from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.email_addresses import canonical
from portal.core.errors import NotNow
from portal.mail.models import OutboxMessage, SuppressedAddress
from portal.mail.states import Event

LONGEST_REASON: Final = 300


def find_active(mail: OutboxMessage) -> SuppressedAddress | None:
    """Return what keeps a mail from its receiver, if anything does."""
    statement = select(SuppressedAddress).where(
        SuppressedAddress.address == mail.recipient,
        SuppressedAddress.account_id.is_not_distinct_from(mail.account_id),
        SuppressedAddress.lifted_at.is_(None),
    )
    return db.session.scalars(statement).first()


def suppress(mail: OutboxMessage, event: Event, words: str) -> None:
    """Send nothing more to the mail's receiver about the mail's account; saying so twice changes nothing."""
    if find_active(mail):
        return
    suppressed = SuppressedAddress(
        agency_id=mail.agency_id,
        account_id=mail.account_id,
        address=canonical(mail.recipient),
        event=event,
        words=words[:500],
    )
    db.session.add(suppressed)
    trail.record(trail.PORTAL, "address.suppressed", suppressed)


def lift(suppressed: SuppressedAddress, by: Member, because: str) -> None:
    """Let mail go there again; what was not sent meanwhile still waits for a decision."""
    if suppressed.lifted_at is not None:
        raise NotNow
    suppressed.lifted_at = clock.now()
    suppressed.lifted_by = by.name
    suppressed.lifted_because = because[:LONGEST_REASON]
    trail.record(by, "address.allowed", suppressed, because=suppressed.lifted_because)
