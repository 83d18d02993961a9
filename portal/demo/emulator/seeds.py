"""The content of an account, as plain values, before it is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

TIERS = ("free", "starter", "professional", "enterprise")
FIRST_PORTAL_ID = 139_000_000
PORTAL_ID_STEP = 37  # ids of neighbours look unrelated, as real ones do


@dataclass(frozen=True, slots=True)
class SeedUser:
    """A user to be written; role and teams by name, ``sign_ins`` empty for people who never signed in."""

    email: str
    first_name: str = ""
    last_name: str = ""
    role: str | None = None
    seats: tuple[str, ...] = ()
    primary_team: str | None = None
    secondary_teams: tuple[str, ...] = ()
    super_admin: bool = False
    deactivated: bool = False
    sign_ins: tuple[datetime, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeedRole:
    """A permission set; ``seat`` names the paid seat that assigning it takes, if any."""

    name: str
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class SeedSeat:
    """A kind of seat; ``remaining`` is what the users given leave free, None where HubSpot stays silent."""

    name: str
    remaining: int | None = None
    description: str = ""
    paid: bool = False


@dataclass(frozen=True, slots=True)
class SeedAccount:
    """The account that the token ``demo-<tier>-<number>`` opens, with all its content."""

    tier: str
    number: int
    name: str
    users: Iterable[SeedUser] = ()
    teams: tuple[str, ...] = ()
    roles: tuple[SeedRole, ...] = ()
    seats: tuple[SeedSeat, ...] = ()
    time_zone: str = "Europe/Brussels"
    currency: str = "EUR"
    created_at: datetime = field(default=datetime(2023, 3, 14, 9, 26, tzinfo=UTC))

    @property
    def portal_id(self) -> int:
        """The id HubSpot would show; fixed by tier and number."""
        return FIRST_PORTAL_ID + (TIERS.index(self.tier) * 100_000 + self.number) * PORTAL_ID_STEP

    @property
    def token(self) -> str:
        """The token with every scope that opens this account."""
        return f"demo-{self.tier}-{self.number}"
