from itertools import islice

import pytest

from portal.demo.emulator.content import believable_account
from portal.demo.emulator.names import REGIONS, company, people
from portal.demo.emulator.seeds import TIERS


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.language)
def test_people_have_different_addresses_that_cannot_receive_mail(region: object) -> None:
    crowd = list(islice(people(region, "acme.example", "seed"), 20_000))
    assert len({person.email for person in crowd}) == 20_000
    assert all(person.email.isascii() and person.email.endswith("@acme.example") for person in crowd)
    assert crowd[:3] == list(islice(people(region, "acme.example", "seed"), 3))


def test_companies_have_different_names() -> None:
    assert len({company(number) for number in range(1_600)}) == 1_600


@pytest.mark.parametrize("tier", TIERS)
def test_every_account_has_something_worth_knowing(tier: str) -> None:
    for number in range(20):
        account = believable_account(tier, number)
        users = list(account.users)
        assert len({user.email for user in users}) == len(users)
        assert any(user.super_admin for user in users)
        assert any(user.seats == ("Partner",) for user in users)
        assert {name for user in users for name in user.seats} <= {seat.name for seat in account.seats}
        assert bool(account.roles) == (tier == "enterprise")


def test_some_people_never_signed_in() -> None:
    users = [user for number in range(5) for user in believable_account("enterprise", number).users]
    never = sum(not user.sign_ins for user in users)
    assert len(users) * 0.05 < never < len(users) * 0.2
