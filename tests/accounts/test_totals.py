"""The sums that the database keeps are always those of the accounts."""

from typing import Any

import pytest
from sqlalchemy import delete

from portal.accounts.access import give_access
from portal.accounts.models import Account
from portal.accounts.totals import SUMS, totals_for
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.core import clock
from portal.core.db import db
from tests.factories.accounts import AccountFactory


def sums(member: Member) -> tuple[Any, ...]:
    """Return what the home page shows, once all is safe."""
    db.session.commit()
    return tuple(totals_for(member))


def test_an_agency_without_accounts_has_nothing(owner: Member) -> None:
    assert sums(owner) == (0, 0, 0, 0)


def test_every_change_is_carried_over(owner: Member) -> None:
    first = AccountFactory(seats_free=3, never_signed_in=5, waiting_for_client=1, waiting_for_us=2)
    second = AccountFactory(seats_free=None, never_signed_in=1)
    after_adding = sums(owner)
    first.seats_free, second.seats_free, second.waiting_for_us = None, 7, 1
    after_changing = sums(owner)
    first.archived_at = clock.now()
    after_archiving = sums(owner)
    first.waiting_for_us = 9
    while_archived = sums(owner)
    first.archived_at = None
    after_restoring = sums(owner)
    db.session.execute(delete(Account).where(Account.id == second.id))

    assert (after_adding, after_changing) == ((3, 6, 1, 2), (7, 6, 1, 3))
    assert (after_archiving, while_archived) == ((7, 1, 0, 1), (7, 1, 0, 1))
    assert (after_restoring, sums(owner)) == ((7, 6, 1, 10), (0, 5, 1, 9))


def test_what_was_rolled_back_was_not_added(owner: Member) -> None:
    AccountFactory(seats_free=3)
    db.session.commit()
    AccountFactory(seats_free=4)
    db.session.rollback()

    assert sums(owner) == (3, 0, 0, 0)


def test_another_agencys_accounts_are_not_added(owner: Member, other_agency: Agency) -> None:
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        AccountFactory(seats_free=100)
        db.session.commit()

    assert sums(owner) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", SUMS)
def test_a_limited_member_reads_the_sums_of_their_own_accounts(consultant: Member, name: str) -> None:
    mine, theirs = AccountFactory(**{name: 2}), AccountFactory(**{name: 5})
    AccountFactory(**{name: 8}, archived_at=clock.now())
    consultant.sees_all_accounts = False
    give_access(consultant, [mine.id])
    db.session.commit()

    with scope.agency(consultant.agency_id, limited_to=consultant.id):
        assert getattr(totals_for(consultant), name) == 2
    assert theirs.id != mine.id
