"""An account connected to the emulated HubSpot, and a way to have it read."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.accounts.models import Account
from portal.agencies.models import Agency
from portal.core.db import db
from portal.demo.emulator.seeds import SeedAccount, SeedRole, SeedSeat, SeedUser
from portal.users import actions
from portal.users.models import MirrorRead
from tests.factories.accounts import AccountFactory
from tests.factories.crm import ConnectionFactory
from tests.fixtures.emulator import Emulator

LATELY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)

ANNA = SeedUser(
    "anna.berg@client.example",
    "Anna",
    "Berg",
    role="Sales rep",
    seats=("Sales",),
    primary_team="North",
    secondary_teams=("South",),
    sign_ins=(LATELY - timedelta(days=30), LATELY),
)
BEN = SeedUser("ben@client.example", "Ben", "Carr", seats=("Core",), super_admin=True, sign_ins=(LATELY,))
CARL = SeedUser("carl@client.example", seats=("Core",))
STAFF = SeedUser("cora@agency.example", "Cora", "Dane", seats=("Partner",), sign_ins=(LATELY,))


def northwind(*users: SeedUser, tier: str = "enterprise") -> SeedAccount:
    """Return an account with these users, two teams, and seats of three kinds."""
    return SeedAccount(
        tier=tier,
        number=1,
        name="Northwind",
        users=users,
        teams=("North", "South"),
        roles=(SeedRole("Sales rep", "Sales"), SeedRole("Reports only")) if tier == "enterprise" else (),
        seats=(SeedSeat("Core", 3, paid=True), SeedSeat("Sales", 1, paid=True), SeedSeat("Partner")),
    )


@pytest.fixture
def crm(app: Flask, emulator: Emulator) -> Iterator[Emulator]:
    """The emulated HubSpot, which the portal reaches."""
    settings = app.extensions["settings"]
    before, settings.hubspot_url = settings.hubspot_url, emulator.base_url
    yield emulator
    settings.hubspot_url = before


@pytest.fixture
def account(agency: Agency, crm: Emulator) -> Account:
    """An account with four users in its CRM, connected and never read."""
    token = crm.seed(northwind(ANNA, BEN, CARL, STAFF))
    account = AccountFactory(name="Northwind", slug="northwind")
    ConnectionFactory(account_id=account.id, token=token)
    return account


@pytest.fixture
def read(app: Flask) -> Callable[[Account], MirrorRead]:
    """Return a function that has an account read now, and gives back what became of it."""

    def read_now(account: Account) -> MirrorRead:
        row = actions.ask_for_read(account)
        db.session.commit()
        app.extensions["jobs"].drain()
        return row

    return read_now
