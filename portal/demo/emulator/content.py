"""What an account holds when a demo token opens it for the first time; the same for the same token."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from portal.demo.emulator.names import Person, company, people
from portal.demo.emulator.people import FREE_USERS
from portal.demo.emulator.seeds import SeedAccount, SeedRole, SeedSeat, SeedUser

AGENCY_STAFF = (
    Person("Margaux", "Delacroix", "margaux.delacroix@northlight.example"),
    Person("Jeroen", "Aerts", "jeroen.aerts@northlight.example"),
    Person("Sophie", "Brandt", "sophie.brandt@northlight.example"),
)
USERS = {"free": 1, "starter": 11, "professional": 32, "enterprise": 74}
TEAMS: dict[str, tuple[str, ...]] = {
    "free": (),
    "starter": ("Sales", "Marketing"),
    "professional": ("Sales", "Marketing", "Customer service", "Management"),
    "enterprise": ("Sales North", "Sales South", "Marketing", "Customer service", "Management", "Partners"),
}
ROLES = (
    SeedRole("Sales rep", "Sales"),
    SeedRole("Sales manager", "Sales"),
    SeedRole("Marketer", "Core"),
    SeedRole("Service agent", "Service"),
    SeedRole("Reports only"),
    SeedRole("Account administrator", "Core"),
)
CORE = ("Core", "Edit access to everything the account's subscription includes.")
VIEW_ONLY = SeedSeat("View-only", None, "Can look, cannot change. Free of charge.")
PARTNER = SeedSeat("Partner", None, "For staff of a solutions partner. Free of charge.")
SIGN_IN_DAYS = 200  # how far back the history goes
NEVER_SIGNED_IN = 0.12
GONE_QUIET = 0.15
DEACTIVATED = 0.04


def believable_account(tier: str, number: int) -> SeedAccount:
    """Return an account of this tier with people, teams, seats and sign-ins; times count back from now."""
    seed = f"{tier}-{number}"
    rng = random.Random(seed)  # noqa: S311  # believable, not secret
    name, domain, region = company(number, tier)
    staff = people(region, domain, seed)
    count = USERS[tier] + rng.randrange(USERS[tier] // 2 + 1)
    employees = list(islice(staff, count))
    of_agency = partners(AGENCY_STAFF, 1 if tier == "free" else 2, rng)
    return SeedAccount(
        tier=tier,
        number=number,
        name=name,
        users=[*users(tier, employees, rng), *of_agency],
        teams=TEAMS[tier],
        roles=ROLES if tier == "enterprise" else (),
        seats=seats(tier, rng),
        time_zone=region.time_zone,
        currency=region.currency,
        created_at=datetime.now(UTC) - timedelta(days=rng.randrange(300, 2_500)),
    )


def seats(tier: str, rng: random.Random) -> tuple[SeedSeat, ...]:
    """Return the kinds of seat that an account of this tier has, with what is left of each."""
    if tier == "free":
        return (SeedSeat(CORE[0], FREE_USERS - USERS[tier], CORE[1]), VIEW_ONLY, PARTNER)
    core = SeedSeat(CORE[0], rng.randrange(2, 7), CORE[1], paid=True)
    if tier == "starter":
        return (core, VIEW_ONLY, PARTNER)
    sales = SeedSeat("Sales", rng.randrange(1, 5), "Core, and the tools of the Sales Hub.", paid=True)
    service = SeedSeat("Service", rng.randrange(1, 4), "Core, and the tools of the Service Hub.", paid=True)
    return (core, sales, service, VIEW_ONLY, PARTNER)


def sign_ins(rng: random.Random, now: datetime) -> tuple[datetime, ...]:
    """Return when one person signed in: never, long ago, or often and until lately."""
    fate = rng.random()
    if fate < NEVER_SIGNED_IN:
        return ()
    quiet = rng.uniform(95, SIGN_IN_DAYS) if fate < NEVER_SIGNED_IN + GONE_QUIET else rng.uniform(0.02, 20)
    days = [quiet + gap * rng.uniform(2, 9) for gap in range(rng.randrange(1, 6))]
    return tuple(now - timedelta(days=day) for day in reversed(days))


def users(tier: str, staff: list[Person], rng: random.Random) -> Iterator[SeedUser]:
    """Yield the client's own people as users of an account of this tier; the first are super admins."""
    now = datetime.now(UTC)
    super_admins = 1 if tier == "free" else rng.randrange(2, 4)
    for place, person in enumerate(staff):
        boss = place < super_admins
        history = sign_ins(rng, now) or ((now - timedelta(days=1),) if boss else ())
        role, seat = _role_and_seat(tier, rng, boss=boss)
        yield SeedUser(
            person.email,
            person.first_name,
            person.last_name,
            role=role,
            seats=(seat,),
            primary_team=_team(tier, rng, boss=boss),
            super_admin=boss,
            deactivated=not boss and rng.random() < DEACTIVATED,
            sign_ins=history,
            created_at=(history[0] if history else now) - timedelta(days=rng.uniform(1, 40)),
        )


def _team(tier: str, rng: random.Random, *, boss: bool) -> str | None:
    if boss and "Management" in TEAMS[tier]:
        return "Management"
    return rng.choice(TEAMS[tier]) if TEAMS[tier] else None


def _role_and_seat(tier: str, rng: random.Random, *, boss: bool) -> tuple[str | None, str]:
    if tier == "enterprise" and not boss:
        role = rng.choice(ROLES)
        return role.name, role.seat or "View-only"
    if tier == "professional" and not boss:
        return None, rng.choice(("Core", "Core", "Sales", "Sales", "Service", "View-only"))
    return None, "Core" if boss or tier == "free" else rng.choice(("Core", "Core", "View-only"))


def partners(staff: Sequence[Person], count: int, rng: random.Random) -> Iterator[SeedUser]:
    """Yield some of the agency's own people, who hold partner seats."""
    now = datetime.now(UTC)
    for person in rng.sample(staff, count):
        history = (now - timedelta(days=rng.uniform(3, 120)), now - timedelta(hours=rng.uniform(1, 70)))
        created_at = now - timedelta(days=rng.uniform(130, 700))
        names = (person.first_name, person.last_name)
        yield SeedUser(person.email, *names, seats=("Partner",), sign_ins=history, created_at=created_at)
