"""What is mirrored of an account's CRM."""

import factory

from portal.users.models import PermissionSet, Seat, Team
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
