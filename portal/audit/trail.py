"""Writing the trail: each entry in the transaction of what it records, chained to the one before."""

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit import proof
from portal.audit.models import AuditEntry, AuditHead
from portal.core import clock
from portal.core.db import db

# Written without the ORM, which takes as long to write an entry as the rest of a small change.
_HEAD: Final = select(AuditHead.sequence, AuditHead.hash).with_for_update()
_BEGIN: Final = insert(AuditHead.__table__)  # type: ignore[arg-type]
_APPEND: Final = insert(AuditEntry.__table__)  # type: ignore[arg-type]
_MOVE: Final = update(AuditHead.__table__).values(  # type: ignore[arg-type]
    sequence=bindparam("sequence"), hash=bindparam("hash"), seal=bindparam("seal")
)
_LONGEST_NAME = 254
_LONGEST_ACCOUNT = 120


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, where it was no member: a contact who answered, or the portal by itself."""

    kind: str
    name: str
    id: int | None = None


PORTAL = Actor("portal", "Portal")


def record(by: Member | Actor, action: str, subject: object, **details: Any) -> None:
    """Append one entry in the current transaction; ``details`` must be JSON and hold no secret."""
    db.session.flush()  # the subject needs its id
    agency_id = scope.current_agency_id()
    sequence, previous_hash = _locked_head(agency_id)
    actor = by if isinstance(by, Actor) else Actor("member", by.name, by.id)
    account_id, account_name = _account_of(subject)
    entry: dict[str, Any] = {
        "agency_id": agency_id,
        "sequence": sequence + 1,
        "at": clock.now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name[:_LONGEST_NAME],
        "action": action,
        "subject_kind": getattr(subject, "__tablename__", type(subject).__name__),
        "subject_id": getattr(subject, "id", None),
        "subject_name": _name_of(subject)[:_LONGEST_NAME],
        "account_id": account_id,
        "account_name": account_name[:_LONGEST_ACCOUNT],
        "details": _as_stored(details),
        "previous_hash": previous_hash,
    }
    entry["hash"] = proof.hash_of(entry)
    seal = proof.seal_of(agency_id, sequence + 1, entry["hash"])
    db.session.execute(_APPEND, entry)
    db.session.execute(_MOVE, {"sequence": sequence + 1, "hash": entry["hash"], "seal": seal})


def _locked_head(agency_id: int) -> tuple[int, str]:
    """Return the number and the hash of the last entry; whoever appends next waits until we are done."""
    head = db.session.execute(_HEAD).one_or_none()
    if head is None:
        db.session.execute(_BEGIN, {"agency_id": agency_id})
        return 0, ""
    sequence, last_hash = head
    return sequence, last_hash


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
