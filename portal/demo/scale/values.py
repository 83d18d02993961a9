"""What a made-up agency holds, as plain values; the same for the same random seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from portal.accounts.states import Crm, Health
from portal.demo.emulator import content
from portal.demo.emulator.names import Person, Region, company, people
from portal.demo.emulator.seeds import SeedSeat, SeedUser

SPREAD: Final = 1.0  # of the sizes: the median account has about 60 % of the users of an average one
LARGEST: Final = 50.0  # times the median
MOST_EACH: Final = 1000  # users an account, on average: beyond, the largest would run out of names
UNCONNECTED: Final = (Crm.HUBSPOT, Crm.PIPEDRIVE, Crm.SALESFORCE, Crm.MANUAL)
CONTACTS_EACH: Final = 2
NEWCOMERS_EACH: Final = 4


@dataclass(frozen=True, slots=True)
class Client:
    """One account: who the client is, and who is in its CRM; without a ``tier`` none is connected."""

    number: int
    name: str
    region: Region
    crm: Crm
    health: Health
    tier: str
    users: tuple[SeedUser, ...]
    seats: tuple[SeedSeat, ...]
    contacts: tuple[Person, ...]
    newcomers: tuple[Person, ...]


def clients(accounts: int, users: int, random_seed: int, staff: tuple[Person, ...]) -> Iterator[Client]:
    """Yield so many accounts with so many users in all; a few hold a partner seat for ``staff``."""
    rng = random.Random(random_seed)  # noqa: S311 - believable, not secret
    for number, size in enumerate(_sizes(accounts, users, rng), start=1):
        yield _client(number, size, random.Random(f"{random_seed}-{number}"), staff)  # noqa: S311 - as above


def is_connected(number: int) -> bool:
    """Tell whether the account of this number is connected; one of 25 is not."""
    return number % 25 != 0


def _sizes(accounts: int, users: int, rng: random.Random) -> list[int]:
    """Return how many users each account has: many have few, few have many, and the sum is exact."""
    weights = [
        min(rng.lognormvariate(0, SPREAD), LARGEST) if is_connected(number) else 0.0
        for number in range(1, accounts + 1)
    ]
    share = users / sum(weights)
    sizes = [int(weight * share) for weight in weights]
    connected = [place for place, weight in enumerate(weights) if weight]
    for left in range(users - sum(sizes)):
        sizes[connected[left % len(connected)]] += 1
    return sizes


def _client(number: int, size: int, rng: random.Random, staff: tuple[Person, ...]) -> Client:
    name, domain, region = company(number)
    tier = _tier(size) if is_connected(number) else ""
    everyone = people(region, domain, f"scale-{number}")
    contacts = tuple(islice(everyone, CONTACTS_EACH))
    newcomers = tuple(islice(everyone, NEWCOMERS_EACH))
    partners = tuple(content.partners(staff, 1, rng)) if size > 1 else ()
    employees = list(islice(everyone, size - len(partners)))
    return Client(
        number,
        name,
        region,
        Crm.HUBSPOT if tier else UNCONNECTED[number // 25 % len(UNCONNECTED)],
        _health(number) if tier else Health.NOT_CONNECTED,
        tier,
        (*content.users(tier, employees, rng), *partners) if tier else (),
        content.seats(tier, rng) if tier else (),
        contacts,
        newcomers,
    )


def _tier(size: int) -> str:
    tiers = {"free": 5, "starter": 20, "professional": 80}
    return next((tier for tier, most in tiers.items() if size <= most), "enterprise")


def _health(number: int) -> Health:
    if number % 50 == 3:  # noqa: PLR2004 - one of fifty
        return Health.STALE
    return Health.BROKEN if number % 100 == 11 else Health.HEALTHY  # noqa: PLR2004 - one of a hundred
