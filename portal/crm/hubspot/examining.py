"""Finds out what a token may do, with calls that change nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.crm.errors import (
    MissingScope,
    NotAvailable,
    NotInCrm,
    RateLimited,
    Refused,
    Unreachable,
)
from portal.crm.hubspot import addresses
from portal.crm.hubspot.transport import Call, Transport
from portal.crm.protocol import Capability, Finding, Reason

_LIMIT = {"limit": "1"}


@dataclass(frozen=True, slots=True)
class Probe:
    """A light call, the capabilities it stands for, and the scope it needs as far as is known."""

    capabilities: tuple[Capability, ...]
    scope: str
    call: Call


PROBES = (
    Probe((Capability.LIST_USERS,), "settings.users.read", Call("GET", addresses.USERS, _LIMIT)),
    Probe(
        (Capability.CREATE_USERS, Capability.UPDATE_USERS, Capability.REMOVE_USERS),
        "settings.users.write",
        # There is no user 0: a token that may write is told so, any other is refused first (403).
        Call(
            "PUT",
            addresses.user_path("0"),
            {"idProperty": "USER_ID"},
            {},
            meaning={404: NotInCrm, 400: NotInCrm},
        ),
    ),
    Probe(
        (Capability.PERMISSION_SETS,),
        "settings.users.read",
        Call("GET", addresses.PERMISSION_SETS, _LIMIT, meaning={400: NotAvailable}),
    ),
    Probe((Capability.TEAMS,), "settings.users.teams.read", Call("GET", addresses.TEAMS, _LIMIT)),
    Probe((Capability.SEATS,), "settings.billing.write", Call("GET", addresses.SEATS, _LIMIT)),
    Probe((Capability.ACTIVITY,), "account-info.security.read", Call("GET", addresses.SIGN_INS, _LIMIT)),
    Probe((Capability.OWNERS,), "crm.objects.owners.read", Call("GET", addresses.OWNERS, _LIMIT)),
)


def findings(line: Transport) -> Iterator[Finding]:
    """Yield a finding per capability; a token that dies on the way raises ``NotConnected``."""
    for probe in PROBES:
        reason, scopes = _try(line, probe)
        for capability in probe.capabilities:
            yield Finding(capability, allowed=reason is Reason.NONE, missing_scopes=scopes, reason=reason)


def _try(line: Transport, probe: Probe) -> tuple[Reason, tuple[str, ...]]:
    try:
        line.read(probe.call)
    except MissingScope as error:
        return Reason.SCOPE, error.scopes or (probe.scope,)
    except NotInCrm:
        return Reason.NONE, ()
    except RateLimited:
        return Reason.RATE_LIMITED, ()
    except Unreachable:
        return Reason.UNREACHABLE, ()
    except (NotAvailable, Refused):
        return Reason.TIER, ()
    return Reason.NONE, ()
