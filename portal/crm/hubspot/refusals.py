"""Turns HubSpot's refusals into the portal's errors, by status, category and code, never by message."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from http import HTTPStatus

from portal.core.texts import Text, _l
from portal.crm.errors import (
    AlreadyExists,
    CrmError,
    MissingScope,
    NoSeat,
    NotConnected,
    NotSignedInYet,
    RateLimited,
    Refused,
    Unreachable,
    Unreadable,
)

OUTCOME_UNKNOWN: Text = _l(
    "No clear answer came, so it is not known whether this was done. Look in the CRM before doing it again."
)

SERVER_ERRORS = range(500, 600)
REDIRECTS = range(300, 400)
WAITS: Mapping[str, float] = {"TEN_SECONDLY_ROLLING": 10, "SECONDLY": 1, "LOCKED": 2, "MIGRATION": 60}
LONGEST_WAIT = 24 * 3600.0

_SECONDS = re.compile(r"[0-9]{1,9}")
_SCOPE = re.compile(r"[a-z0-9][\w.-]{1,80}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not 2xx, with its secrets cut; ``body`` is empty where it was not an object."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, object]
    writes: bool = False
    is_json: bool = True
    meaning: Mapping[int, type[CrmError]] = field(default_factory=dict)

    @property
    def detail(self) -> dict[str, object]:
        """What may be kept, logged and shown."""
        return {"status": self.status, "body": self.body}

    def names(self) -> frozenset[str]:
        """Return category, subCategory and the codes, each without the family before its dot."""
        entries = [self.body.get("category"), self.body.get("subCategory")]
        entries += [error.get("code") for error in _errors(self.body)]
        return frozenset(entry.rpartition(".")[2] for entry in entries if isinstance(entry, str))


def error_for(refusal: Refusal, now: datetime, zone: tzinfo) -> CrmError:
    """Return the error to raise; ``zone`` is the account's, where its day and its daily limit end."""
    if refusal.status in {423, 429, 477}:
        return _slow_down(refusal, now, zone)
    if refusal.status in SERVER_ERRORS or refusal.status == HTTPStatus.REQUEST_TIMEOUT:
        message = OUTCOME_UNKNOWN if refusal.writes else None
        return Unreachable(message, outcome_known=not refusal.writes, detail=refusal.detail)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return NotConnected(detail=refusal.detail)
    if refusal.status in REDIRECTS or not refusal.is_json:
        return Unreadable(outcome_known=not refusal.writes, detail=refusal.detail)
    return _refused(refusal)


def _refused(refusal: Refusal) -> CrmError:
    """Return the error for a clear no; nothing was done."""
    names = refusal.names()
    if "MISSING_SCOPES" in names:
        return MissingScope(*sorted(set(_scopes(refusal.body))), detail=refusal.detail)
    if "USER_NOT_ON_ANY_HUBS" in names:
        return NotSignedInYet(detail=refusal.detail)
    if any(name.startswith("NO_SEAT_AVAILABLE") for name in names):
        return NoSeat(detail=refusal.detail)
    if refusal.status == HTTPStatus.CONFLICT:
        return AlreadyExists(detail=refusal.detail)
    return refusal.meaning.get(refusal.status, Refused)(detail=refusal.detail)


def _slow_down(refusal: Refusal, now: datetime, zone: tzinfo) -> RateLimited:
    """Return when to come back; HubSpot counts its day in the account's own time zone."""
    policy = {423: "LOCKED", 477: "MIGRATION"}.get(refusal.status) or _policy(refusal.body)
    if policy == "DAILY":
        until = _next_midnight(now, zone)
    else:
        wait = max(WAITS.get(policy, 10), _retry_after(refusal.headers))
        until = now + timedelta(seconds=wait)
    return RateLimited(until, policy=policy, detail=refusal.detail)


def _policy(body: Mapping[str, object]) -> str:
    policy = body.get("policyName")
    return policy if isinstance(policy, str) else ""


def _next_midnight(now: datetime, zone: tzinfo) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(now.tzinfo)


def _retry_after(headers: Mapping[str, str]) -> float:
    found = _SECONDS.fullmatch(headers.get("retry-after", ""))
    return min(float(found.group()), LONGEST_WAIT) if found else 0.0


def _errors(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    errors = body.get("errors")
    return (error for error in (errors if isinstance(errors, list) else []) if isinstance(error, dict))


def _scopes(body: Mapping[str, object]) -> Iterator[str]:
    """Yield the scopes named in a context, HubSpot's own or that of one of its errors."""
    for part in (body, *_errors(body)):
        context = part.get("context")
        if not isinstance(context, dict):
            continue
        for name, values in context.items():
            if "scope" in name.lower() and isinstance(values, list):
                yield from (value for value in values if isinstance(value, str) and _SCOPE.fullmatch(value))
