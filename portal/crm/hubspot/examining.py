"""Finds out what a token may do, with calls that change nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from portal.crm.errors import (
    CrmError,
    MissingScope,
    NotConnected,
    RateLimited,
    Unreachable,
    Unreadable,
)
from portal.crm.hubspot import addresses, scopes
from portal.crm.hubspot.transport import Call, Transport
from portal.crm.protocol import Capability, Finding, Reason

_LIMIT = {"limit": "1"}
UNDERSTOOD = frozenset({*range(200, 300), *range(400, 500)} - {HTTPStatus.FORBIDDEN})
WRITES = (Capability.CREATE_USERS, Capability.UPDATE_USERS, Capability.REMOVE_USERS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a probe was told: allowed, or the reason why not."""

    reason: Reason = Reason.NONE
    scopes: tuple[str, ...] = ()
    any_scope: bool = False

    def on(self, capability: Capability) -> Finding:
        """Return it as a finding about a capability."""
        return Finding(
            capability, self.reason is Reason.NONE, self.scopes, self.reason, any_scope=self.any_scope
        )


PROBES = (
    (Capability.PERMISSION_SETS, addresses.PERMISSION_SETS, scopes.READ_USERS),
    (Capability.TEAMS, addresses.TEAMS, scopes.READ_TEAMS),
    (Capability.SEATS, addresses.SEATS, scopes.SEATS),
    (Capability.ACTIVITY, addresses.SIGN_INS, scopes.SIGN_INS),
    (Capability.OWNERS, addresses.OWNERS, scopes.OWNERS),
)
SEARCH = Call("POST", addresses.USER_SEARCH, body={"limit": 1}, searches=True, scopes=scopes.USER_RECORDS)

# There is no user 0, so that nothing can be changed whatever the token may do.
WRITE = Call("PUT", addresses.user_path("0"), {"idProperty": "USER_ID"}, body={}, scopes=scopes.WRITE_USERS)


def findings(line: Transport) -> Iterator[Finding]:
    """Yield a finding per capability; a token that dies on the way raises ``NotConnected``."""
    yield _try(line, Call("GET", addresses.USERS, _LIMIT, scopes=scopes.READ_USERS)).on(Capability.LIST_USERS)
    writing = _told_to_write(line) or _try_to_write(line)
    yield from (writing.on(capability) for capability in WRITES)
    verdicts = {
        capability: _try(line, Call("GET", path, _LIMIT, scopes=opened_by))
        for capability, path, opened_by in PROBES
    }
    yield from (verdict.on(capability) for capability, verdict in verdicts.items())
    yield _who_is_deactivated(_try(line, SEARCH), verdicts[Capability.OWNERS]).on(Capability.DEACTIVATED)


def _told_to_write(line: Transport) -> Verdict | None:
    """Ask about the token itself, or return None where HubSpot does not say what it may do.

    That call is documented for the keys of private apps; other kinds of token may be refused there
    although they are good.
    """
    try:
        granted = line.token_info().texts("scopes")
    except CrmError:
        return None
    if not granted:
        return None
    may = not set(granted).isdisjoint(scopes.WRITE_USERS)
    return Verdict() if may else Verdict(Reason.SCOPE, scopes.WRITE_USERS, any_scope=True)


def _try_to_write(line: Transport) -> Verdict:
    """Write to nobody: what HubSpot says about that nobody is said to those only who may write."""
    try:
        line.read(WRITE)
    except CrmError as error:
        return _verdict(error) if _stands_in_the_way(error) else Verdict()
    return Verdict()


def _stands_in_the_way(error: CrmError) -> bool:
    """Tell whether an answer is about the token or the line, and not about what was written."""
    if isinstance(error, Unreadable):
        return error.detail.get("status") not in UNDERSTOOD
    return isinstance(error, NotConnected | MissingScope | RateLimited | Unreachable)


def _try(line: Transport, call: Call) -> Verdict:
    try:
        line.read(call)
    except CrmError as error:
        return _verdict(error)
    return Verdict()


def _verdict(error: CrmError) -> Verdict:
    """Return why something is not allowed; a dead token allows nothing at all."""
    if isinstance(error, NotConnected):
        raise error
    if isinstance(error, MissingScope):
        return Verdict(Reason.SCOPE, error.scopes, any_scope=error.any_of)
    if isinstance(error, RateLimited):
        return Verdict(Reason.RATE_LIMITED)
    if isinstance(error, Unreachable):
        return Verdict(Reason.UNREACHABLE)
    return Verdict(Reason.TIER)


def _who_is_deactivated(records: Verdict, owners: Verdict) -> Verdict:
    """Return what holds for the deactivated, whom either of two lists tells."""
    if Reason.NONE in {records.reason, owners.reason}:
        return Verdict()
    if {records.reason, owners.reason} == {Reason.SCOPE}:
        return Verdict(Reason.SCOPE, (*records.scopes, *owners.scopes), any_scope=True)
    return records if records.reason is not Reason.SCOPE else owners
