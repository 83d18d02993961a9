"""The chain of hashes, and proving that nobody touched the trail since it was written."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import current_app
from sqlalchemy import Result, RowMapping, func, select

from portal.agencies import scope
from portal.audit.models import AuditEntry, AuditHead
from portal.core.db import db

_AT_ONCE: Final = 500
FOUNDING: Final = "agency.founded"  # what every trail begins with
_COLUMNS: Final = tuple(
    column.key for column in AuditEntry.__table__.columns if column.key not in {"id", "hash"}
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of checking a chain: how many entries fit, and the number of the first that does not."""

    entries: int
    broken_at: int | None
    last_hash: str


@dataclass(frozen=True, slots=True)
class _Head:
    sequence: int = 0
    hash: str = ""
    seal: str = ""


def prove() -> Proof:
    """Check each entry of the agency in scope against the one before, the last against the sealed head.

    Every trail begins when its agency is founded, so one that is missing, or begins with anything else, was
    taken away and is broken at its first entry.
    """
    head, keys = _head(), _keys()
    previous, checked = "", 0
    with _entries(head.sequence) as entries:
        for entry in entries.mappings():
            begins = checked > 0 or entry["action"] == FOUNDING
            fits = entry["sequence"] == checked + 1 and entry["previous_hash"] == previous
            keys = _fitting(keys, _canonical(entry), entry["hash"]) if begins and fits else []
            if not keys:
                return Proof(checked, checked + 1, previous)
            previous, checked = entry["hash"], checked + 1
    if (checked, previous) != (head.sequence, head.hash) or not _is_sealed(head, keys):
        return Proof(checked, checked + 1, previous)
    beyond = _beyond_the_head()
    return Proof(checked, beyond, previous)


def hash_of(entry: Mapping[str, Any]) -> str:
    """Return the keyed hash over all of an entry, which includes the hash of the entry before."""
    return _sign(_canonical(entry))


def seal_of(agency_id: int, sequence: int, last_hash: str) -> str:
    """Return what marks a head as written by the portal: without the key, no earlier end can be made up."""
    return _sign(_end(agency_id, sequence, last_hash))


def _end(agency_id: int, sequence: int, last_hash: str) -> bytes:
    return f"head:{agency_id}:{sequence}:{last_hash}".encode()


def plain(value: object) -> str:
    """Return a moment in the form the trail keeps; refuse what it cannot keep."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    raise TypeError(f"cannot put {type(value).__name__} into the trail")


def _entries(up_to: int) -> Result[Any]:
    table = AuditEntry.__table__
    statement = select(table).where(table.c.sequence <= up_to).order_by(table.c.sequence)
    return db.session.execute(statement.execution_options(yield_per=_AT_ONCE))


def _head() -> _Head:
    row = db.session.execute(select(AuditHead.sequence, AuditHead.hash, AuditHead.seal)).one_or_none()
    return _Head(*row) if row else _Head()


def _is_sealed(head: _Head, keys: list[str]) -> bool:
    body = _end(scope.current_agency_id(), head.sequence, head.hash)
    return bool(_fitting(keys, body, head.seal))


def _beyond_the_head() -> int | None:
    """Return the first entry after the end of the chain; whoever appends meanwhile moves both."""
    last = db.session.scalars(select(func.max(AuditEntry.sequence))).one()
    head = _head()
    return head.sequence + 1 if last is not None and last > head.sequence else None


def _keys() -> list[str]:
    """Return the keys from the oldest to the one in use."""
    settings = current_app.extensions["settings"]
    newest_first = (settings.audit_key, *settings.audit_old_keys)
    return [key.get_secret_value() for key in reversed(newest_first)]


def _fitting(keys: list[str], body: bytes, signature: str) -> list[str]:
    """Return the key that signed something, and the newer ones; none if no key did.

    A key that was replaced signs nothing any more, so what comes later is tried with the rest alone.
    """
    for at, key in enumerate(keys):
        if hmac.compare_digest(signature, _sign(body, key)):
            return keys[at:]
    return []


def _sign(body: bytes, key: str = "") -> str:
    key = key or _keys()[-1]
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def _canonical(entry: Mapping[str, Any] | RowMapping) -> bytes:
    """Return the same bytes for the same entry on every database: sorted JSON, times to the microsecond."""
    values = {name: entry[name] for name in _COLUMNS}
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=plain).encode()
