"""The one protocol all connectors speak; plain values in, plain values out, typed errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Capability(StrEnum):
    """Something a connected account can do; the portal offers exactly these."""

    LIST_USERS = "list_users"
    CREATE_USERS = "create_users"
    UPDATE_USERS = "update_users"
    REMOVE_USERS = "remove_users"
    PERMISSION_SETS = "permission_sets"
    TEAMS = "teams"
    SEATS = "seats"
    ACTIVITY = "activity"
    OWNERS = "owners"
    DEACTIVATED = "deactivated"


class Reason(StrEnum):
    """Why something is not allowed."""

    NONE = ""
    SCOPE = "scope"
    TIER = "tier"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"


class Place(StrEnum):
    """A page of a CRM where a person does by hand what its API cannot."""

    USERS = "users"
    SEATS = "seats"
    USER = "user"


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """Who the account says it is; ``tier`` is empty where the CRM does not say."""

    external_id: str
    name: str
    tier: str
    time_zone: str
    currency: str
    app_url: str  # where people sign in; deep links start here, without a trailing slash


@dataclass(frozen=True, slots=True)
class CrmUser:
    """A user as the CRM reports it."""

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    permission_set_id: str | None = None
    seats: tuple[str, ...] = ()
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] = ()
    super_admin: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be created, whole, in one call."""

    email: str
    first_name: str = ""
    last_name: str = ""
    permission_set_id: str | None = None
    seats: tuple[str, ...] = ()
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] = ()
    send_welcome_email: bool = False


@dataclass(frozen=True, slots=True)
class UserChange:
    """Changes to an existing user; ``None`` leaves a field as it is, the connector merges the rest."""

    permission_set_id: str | None = None
    seats: tuple[str, ...] | None = None
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """What users may do in the CRM, under a name; ``costs_seat`` where assigning it needs a paid seat."""

    id: str
    name: str
    costs_seat: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """A team and who is in it."""

    id: str
    name: str
    user_ids: tuple[str, ...] = ()
    secondary_user_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeatKind:
    """A kind of seat; ``remaining`` is None where the CRM does not say."""

    name: str
    description: str = ""
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """One successful sign-in of a user."""

    user_id: str
    email: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What one capability's test call said."""

    capability: Capability
    allowed: bool
    missing_scopes: tuple[str, ...] = ()
    reason: Reason = Reason.NONE
    any_scope: bool = False  # one of the missing scopes is enough


@dataclass(frozen=True, slots=True)
class Examination:
    """The result of testing a connection before it is saved."""

    details: AccountDetails
    findings: tuple[Finding, ...] = field(default=())

    def capabilities(self) -> frozenset[Capability]:
        """What may be used."""
        return frozenset(finding.capability for finding in self.findings if finding.allowed)


class Connector(Protocol):
    """One CRM account, reached with one set of credentials.

    Every call may raise the errors of ``portal.crm.errors``. Lists are generators that page by
    themselves and keep no more than one page in memory; a row that cannot be read is left out and
    counted. Reads are retried inside within reason; ``create_user`` and ``update_user`` are sent once,
    never retried.
    """

    def examine(self) -> Examination:
        """Say what this token may do; one light call per capability, nothing written."""
        ...

    def details(self) -> AccountDetails:
        """Say whose account this is."""
        ...

    def users(self) -> Iterator[CrmUser]:
        """Yield every user, page by page."""
        ...

    def find_user(self, email: str) -> CrmUser | None:
        """Return the user with this address, or None where the CRM proves there is none."""
        ...

    def get_user(self, user_id: str) -> CrmUser:
        """Return one user, or raise ``NotInCrm``."""
        ...

    def create_user(self, new: NewUser) -> CrmUser:
        """Create a user with everything in one call; sent once, never repeated."""
        ...

    def update_user(self, user_id: str, change: UserChange) -> CrmUser:
        """Read, merge, send everything, and return what was read after."""
        ...

    def remove_user(self, user_id: str) -> None:
        """Remove a user; repeating it is harmless."""
        ...

    def permission_sets(self) -> Iterator[PermissionSet]:
        """Yield the permission sets, or raise ``NotAvailable`` where the tier has none."""
        ...

    def teams(self) -> Iterator[Team]:
        """Yield the teams."""
        ...

    def seats(self) -> Iterator[SeatKind]:
        """Yield the kinds of seat and what is left of each."""
        ...

    def sign_ins(self, user_id: str | None = None) -> Iterator[SignIn]:
        """Yield successful sign-ins of one user or of all; no order is promised."""
        ...

    def deactivated_users(self) -> Iterator[CrmUser]:
        """Yield users who may no longer sign in; the address is empty where only the id is certain."""
        ...

    def left_out(self) -> Mapping[Capability, int]:
        """Return how many rows of each list were left out since this was opened, as unreadable."""
        ...

    def close(self) -> None:
        """Give the network connections back."""
        ...
