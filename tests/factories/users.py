"""What is mirrored of an account's CRM."""

import factory

from portal.users.models import PermissionSet, Seat, Team, User
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import Stored


class SeatFactory(Stored):
    class Meta:
        model = Seat

    name = factory.Sequence(lambda n: f"Seat {n}")


class PermissionSetFactory(Stored):
    class Meta:
        model = PermissionSet

    external_id = factory.Sequence(lambda n: str(7000 + n))
    name = factory.Sequence(lambda n: f"Permission set {n}")


class TeamFactory(Stored):
    class Meta:
        model = Team

    external_id = factory.Sequence(lambda n: str(8000 + n))
    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(Stored):
    class Meta:
        model = User

    account_id = factory.LazyFunction(lambda: AccountFactory().id)
    external_id = factory.Sequence(lambda n: str(70_000 + n))
    email = factory.LazyAttribute(lambda user: f"{user.first_name}.{user.last_name}@client.example".lower())
    first_name = "Anna"
    last_name = factory.Sequence(lambda n: f"Berg{n}")
    sort_name = factory.LazyAttribute(
        lambda user: f"{user.first_name} {user.last_name}".strip().lower() or user.email
    )
