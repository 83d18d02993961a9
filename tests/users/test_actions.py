from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.crm.models import Connection
from portal.crm.protocol import CrmUser
from portal.crm.states import ConnectionState
from portal.users import actions, jobs
from portal.users.models import MirrorRead, Seat, User
from portal.users.states import ReadState
from tests.factories.accounts import AccountFactory
from tests.factories.crm import ConnectionFactory
from tests.factories.users import UserFactory


@pytest.fixture
def connected(agency: Agency) -> Account:
    account = AccountFactory(sees_sign_ins=True)
    ConnectionFactory(account_id=account.id)
    return account


def swept() -> list[int]:
    """Return the readings that the sweep for due accounts queues."""
    with scope.every_agency(reason="as a sweep does"):
        return [nudge.arguments[0] for nudge in jobs.reads_due()]


def test_asking_twice_is_asking_once(connected: Account, consultant: Member) -> None:
    first = actions.ask_for_read(connected, consultant)

    assert actions.ask_for_read(connected) is first
    assert (first.asked_by, first.state) == ("Cora Consultant", ReadState.QUEUED)


def test_asking_again_after_the_end_is_a_new_read(connected: Account) -> None:
    first = actions.ask_for_read(connected)
    first.state = ReadState.FAILED

    assert actions.ask_for_read(connected) is not first


@pytest.mark.parametrize("state", [ConnectionState.DEAD, ConnectionState.DISCONNECTED])
def test_a_connection_that_does_not_live_is_not_read(connected: Account, state: ConnectionState) -> None:
    db.session.query(Connection).one().state = state

    with pytest.raises(NotNow):
        actions.ask_for_read(connected)
    assert swept() == []


def test_an_account_that_was_never_connected_is_not_read(agency: Agency) -> None:
    with pytest.raises(NotNow):
        actions.ask_for_read(AccountFactory())


def test_a_user_read_back_is_in_the_mirror_at_once_and_counted(connected: Account) -> None:
    db.session.add(Seat(account_id=connected.id, name="Sales", remaining=2))

    noted = actions.note_user(connected, CrmUser("77", "New@Client.example", "Nia", "New", seats=("Sales",)))

    assert db.session.scalars(select(User).where(User.email == "new@client.example")).one() is noted
    assert (connected.users_count, connected.never_signed_in, connected.seats_used) == (1, 1, 1)


def test_a_user_read_back_twice_is_one_user_who_is_not_gone(connected: Account) -> None:
    row = UserFactory(account_id=connected.id, external_id="77", gone_at=clock.now(), active=False)

    noted = actions.note_user(connected, CrmUser("77", "anna@client.example", "Anna"))

    assert (noted.id, noted.gone_at, noted.active, noted.name) == (row.id, None, False, "Anna")


def test_a_sign_in_is_noted_once_and_never_goes_back(connected: Account) -> None:
    UserFactory(account_id=connected.id, external_id="77")
    now = clock.now()

    noted = actions.note_sign_in(connected, "77", now)

    assert (noted.last_sign_in_at, connected.never_signed_in) == (now, 0)
    assert actions.note_sign_in(connected, "77", now - timedelta(days=1)) is None
    assert actions.note_sign_in(connected, "unknown", now) is None
    assert noted.last_sign_in_at == now


def test_an_account_is_due_when_it_was_never_read_and_then_every_hour(connected: Account) -> None:
    first = swept()
    assert (len(first), swept()) == (1, [])

    read = db.session.get_one(MirrorRead, first[0])
    read.state = ReadState.DONE
    assert swept() == []

    with clock.at(clock.now() + timedelta(minutes=61)):
        assert len(swept()) == 1


def test_a_new_connection_is_read_at_once_although_a_read_just_failed(connected: Account) -> None:
    db.session.add(
        MirrorRead(
            account_id=connected.id, state=ReadState.FAILED, asked_at=clock.now() - timedelta(minutes=2)
        )
    )
    db.session.flush()

    assert len(swept()) == 1


def test_an_archived_account_is_not_read_by_itself(connected: Account) -> None:
    connected.archived_at = clock.now()

    assert swept() == []


def test_a_read_left_behind_is_queued_again_once(connected: Account) -> None:
    read = actions.ask_for_read(connected)
    read.state, read.lease_until = ReadState.RUNNING, clock.now() - timedelta(seconds=1)
    db.session.flush()

    with scope.every_agency(reason="as a sweep does"):
        taken = [[nudge.arguments for nudge in jobs.reads_left_behind()] for _sweep in range(2)]

    assert taken == [[(read.id,)], []]
    db.session.refresh(read)
    assert read.state is ReadState.QUEUED
