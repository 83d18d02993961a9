"""Writing the trail: each entry in the transaction of what it records, chained to the one before."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit import proof
from portal.audit.models import AuditEntry, AuditHead
from portal.core import clock
from portal.core.db import db

_LONGEST_NAME = 254
_LONGEST_ACCOUNT = 120


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, where it was no member: a contact who answered, or the portal by itself."""

    kind: str
    name: str
    id: int | None = None


PORTAL = Actor("portal", "Portal")


def record(by: Member | Actor, action: str, subject: object, **details: Any) -> AuditEntry:
    """Append one entry in the current transaction; ``details`` must be JSON and hold no secret."""
    head = _locked_head()
    actor = by if isinstance(by, Actor) else Actor("member", by.name, by.id)
    db.session.flush()  # the subject needs its id
    account_id, account_name = _account_of(subject)
    entry = AuditEntry(
        agency_id=scope.current_agency_id(),
        sequence=head.sequence + 1,
        at=clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:_LONGEST_NAME],
        action=action,
        subject_kind=getattr(subject, "__tablename__", type(subject).__name__),
        subject_id=getattr(subject, "id", None),
        subject_name=_name_of(subject)[:_LONGEST_NAME],
        account_id=account_id,
        account_name=account_name[:_LONGEST_ACCOUNT],
        details=_as_stored(details),
        previous_hash=head.hash,
    )
    entry.hash = proof.hash_of(entry)
    head.sequence, head.hash = entry.sequence, entry.hash
    head.seal = proof.seal_of(head.agency_id, head.sequence, head.hash)
    db.session.add(entry)
    return entry


def _locked_head() -> AuditHead:
    head = db.session.scalars(select(AuditHead).with_for_update()).one_or_none()
    if head is None:
        head = AuditHead(agency_id=scope.current_agency_id(), sequence=0, hash="")
        db.session.add(head)
        db.session.flush()
    return head


def _name_of(subject: object) -> str:
    return str(getattr(subject, "name", "") or getattr(subject, "title", ""))


def _account_of(subject: object) -> tuple[int | None, str]:
    is_account = getattr(subject, "__tablename__", "") == "accounts"
    account = subject if is_account else getattr(subject, "account", None)
    account_id = getattr(subject, "id" if is_account else "account_id", None)
    return account_id, _name_of(account)


def _as_stored(details: dict[str, Any]) -> dict[str, Any]:
    """Return details as they will be read again, so that their hash stays the same."""
    stored: dict[str, Any] = json.loads(json.dumps(details, default=proof.plain))
    return stored
