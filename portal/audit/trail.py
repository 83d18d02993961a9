"""Writing the trail, and proving that nobody touched it since."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit.models import AuditEntry, AuditHead
from portal.core import clock
from portal.core.db import db


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
    entry = AuditEntry(
        agency_id=scope.current_agency_id(),
        sequence=head.sequence + 1,
        at=clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        subject_kind=getattr(subject, "__tablename__", type(subject).__name__),
        subject_id=getattr(subject, "id", None),
        subject_name=str(getattr(subject, "name", "") or getattr(subject, "title", ""))[:254],
        account_id=_account_of(subject),
        details=details,
        previous_hash=head.hash,
    )
    entry.hash = _hash_of(entry)
    head.sequence, head.hash = entry.sequence, entry.hash
    db.session.add(entry)
    return entry


def first_broken(agency_id: int) -> int | None:
    """Return the sequence number of the first entry that does not fit the chain, or None if all do."""
    previous, expected = "", 1
    with scope.agency(agency_id):
        for entry in _entries():
            fits = entry.sequence == expected and entry.previous_hash == previous
            if not (fits and hmac.compare_digest(entry.hash, _hash_of(entry))):
                return expected
            previous, expected = entry.hash, expected + 1
        head = db.session.scalars(select(AuditHead)).one_or_none()
    ends_here = head is None or (head.sequence, head.hash) == (expected - 1, previous)
    return None if ends_here else expected


def _entries() -> Iterator[AuditEntry]:
    statement = select(AuditEntry).order_by(AuditEntry.sequence)
    return iter(db.session.scalars(statement.execution_options(yield_per=500)))


def _locked_head() -> AuditHead:
    head = db.session.scalars(select(AuditHead).with_for_update()).one_or_none()
    if head is None:
        head = AuditHead(agency_id=scope.current_agency_id(), sequence=0, hash="")
        db.session.add(head)
        db.session.flush()
    return head


def _account_of(subject: object) -> int | None:
    if getattr(subject, "__tablename__", "") == "accounts":
        return getattr(subject, "id", None)
    return getattr(subject, "account_id", None)


def _hash_of(entry: AuditEntry) -> str:
    key: str = current_app.extensions["settings"].audit_key.get_secret_value()
    return hmac.new(key.encode(), _canonical(entry), hashlib.sha256).hexdigest()


def _canonical(entry: AuditEntry) -> bytes:
    """Return the same bytes for the same entry on every database: sorted JSON, times to the microsecond."""
    values = {
        column.key: getattr(entry, column.key)
        for column in AuditEntry.__table__.columns
        if column.key not in {"id", "hash"}
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    raise TypeError(f"cannot put {type(value).__name__} into the trail")
