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

ANY_OF = "requiredGranularScopes"  # where HubSpot names scopes of which one is enough

_SECONDS = re.compile(r"[0-9]{1,9}")
_SCOPE = re.compile(r"[a-z0-9][\w.-]{1,80}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not 2xx, with its secrets cut; ``body`` is empty where it was not an object.

    ``scopes`` are those of which one opens the call, for answers that name none.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, object]
    writes: bool = False
    is_json: bool = True
    meaning: Mapping[int, type[CrmError]] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()

    @property
    def detail(self) -> dict[str, object]:
        """What may be kept, logged and shown."""
        return {"status": self.status, "body": self.body}

    def names(self) -> frozenset[str]:
        """Return all codes, each without the family before its dot: HubSpot puts them in many places."""
        parts = (self.body, *_errors(self.body))
        entries = [part.get(name) for part in parts for name in ("category", "subCategory", "code")]
        entries += [value for _name, value in _contexts(self.body)]
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
        return _missing_scope(refusal)
    if "USER_NOT_ON_ANY_HUBS" in names:
        return NotSignedInYet(detail=refusal.detail)
    if any(name.startswith("NO_SEAT_AVAILABLE") for name in names):
        return NoSeat(detail=refusal.detail)
    if refusal.status == HTTPStatus.CONFLICT:
        return AlreadyExists(detail=refusal.detail)
    if refusal.status == HTTPStatus.FORBIDDEN:
        return _missing_scope(refusal)
    return refusal.meaning.get(refusal.status, Refused)(detail=refusal.detail)


def _missing_scope(refusal: Refusal) -> MissingScope:
    """Return the error that names what HubSpot names, or else what opens the call as far as is known."""
    named = dict(_scopes(refusal.body))
    scopes = tuple(sorted(named)) or refusal.scopes
    return MissingScope(*scopes, any_of=len(scopes) > 1 and all(named.values()), detail=refusal.detail)


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


def _scopes(body: Mapping[str, object]) -> Iterator[tuple[str, bool]]:
    """Yield the scopes that contexts name, each with whether one of its list is enough."""
    for name, value in _contexts(body):
        if "scope" in name.lower() and isinstance(value, str) and _SCOPE.fullmatch(value):
            yield value, name == ANY_OF


def _contexts(body: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield name and value of all that stands in a context, HubSpot's own or that of one of its errors."""
    for part in (body, *_errors(body)):
        context = part.get("context")
        for name, values in context.items() if isinstance(context, dict) else ():
            for value in values if isinstance(values, list) else [values]:
                yield name, value
