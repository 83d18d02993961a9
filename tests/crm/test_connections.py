from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal.accounts.states import Crm, Health
from portal.agencies.models import Agency
from portal.audit.models import AuditEntry
from portal.core.crypto import CannotDecrypt
from portal.core.db import db
from portal.core.errors import PortalError
from portal.crm import connections
from portal.crm.errors import (
    AlreadyExists,
    MissingScope,
    NoSeat,
    NotConnected,
    RateLimited,
    Unreachable,
)
from portal.crm.models import Connection
from portal.crm.protocol import Capability
from portal.crm.states import ConnectionState
from tests.factories.accounts import AccountFactory
from tests.factories.crm import ConnectionFactory
from tests.fixtures.emulator import Emulator

TOKEN = "demo-enterprise-7"


@pytest.fixture
def connection(agency: Agency) -> Connection:
    return ConnectionFactory(token=TOKEN)


def test_an_accounts_crm_opens_with_its_own_token_and_holds_no_transaction(
    connection: Connection, reachable: Emulator
) -> None:
    with connections.open_for(connection.account) as hubspot:
        held = db.session.registry().in_transaction()
        details = hubspot.details()

    assert not held
    assert details.external_id == "150100259"


def test_an_account_that_was_never_connected_says_so(agency: Agency) -> None:
    account = AccountFactory(crm=Crm.MANUAL)

    with pytest.raises(NotConnected) as caught, connections.open_for(account):
        pass

    assert str(caught.value) == connections.NO_CONNECTION


def test_a_connection_that_is_switched_off_is_not_used(connection: Connection, reachable: Emulator) -> None:
    connection.state = ConnectionState.DEAD

    with pytest.raises(NotConnected) as caught, connections.open_for(connection.account):
        pass

    assert str(caught.value) == connections.SWITCHED_OFF
    assert reachable.calls() == []


def test_a_refused_token_switches_the_connection_off_at_once(connection: Connection) -> None:
    connections.note_failure(connection, NotConnected())

    assert (connection.state, connection.account.health) == (ConnectionState.DEAD, Health.BROKEN)
    assert connection.last_error == "The CRM refused the token. Nothing was changed."
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.account_id) == ("connection.switched_off", connection.account_id)


def test_the_fifth_failure_in_a_row_switches_the_connection_off(connection: Connection) -> None:
    states = []
    for _failure in range(5):
        connections.note_failure(connection, MissingScope("settings.users.read"))
        states.append((connection.state, connection.account.health))

    assert states == [(ConnectionState.FAILING, Health.STALE)] * 4 + [(ConnectionState.DEAD, Health.BROKEN)]


def test_a_crm_out_of_reach_is_waited_for_however_long(connection: Connection) -> None:
    for _failure in range(50):
        connections.note_failure(connection, Unreachable())

    assert (connection.state, connection.account.health) == (ConnectionState.FAILING, Health.STALE)
    assert (connection.failures, connection.last_error) == (50, str(Unreachable.message))


def test_a_success_forgives_the_failures_before(connection: Connection) -> None:
    for _failure in range(4):
        connections.note_failure(connection, MissingScope("settings.users.read"))
    connections.note_success(connection)
    connections.note_failure(connection, Unreachable())

    assert (connection.state, connection.failures) == (ConnectionState.FAILING, 1)


@pytest.mark.parametrize("error", [NoSeat(), AlreadyExists(), RateLimited(datetime(2026, 11, 1, tzinfo=UTC))])
def test_an_answer_of_the_crm_is_no_failure_of_the_connection(
    connection: Connection, error: PortalError
) -> None:
    connections.note_failure(connection, error)

    assert (connection.state, connection.failures, connection.last_error) == (ConnectionState.ACTIVE, 0, "")


def test_what_comes_in_late_does_not_revive_a_connection_that_was_ended(connection: Connection) -> None:
    connection.state = ConnectionState.DISCONNECTED
    connections.note_success(connection)
    connections.note_failure(connection, NotConnected())

    assert connection.state is ConnectionState.DISCONNECTED


def test_only_what_the_test_allowed_can_be_done_and_only_while_connected(connection: Connection) -> None:
    connection.findings = [
        {"capability": "teams", "allowed": True, "missing_scopes": [], "reason": ""},
        {"capability": "seats", "allowed": False, "missing_scopes": ["x"], "reason": "scope"},
    ]
    asked = (Capability.TEAMS, Capability.SEATS, Capability.LIST_USERS)

    assert [connections.can(connection, capability) for capability in asked] == [True, False, False]
    connection.state = ConnectionState.DEAD
    assert not connections.can(connection, Capability.TEAMS)
    assert not connections.can(None, Capability.TEAMS)


def test_a_sealed_token_opens_in_no_other_row(connection: Connection) -> None:
    other = ConnectionFactory(token="demo-free-1")
    other.sealed_token = connection.sealed_token

    with pytest.raises(CannotDecrypt):
        connections.open_token(other)


def test_the_hint_tells_long_tokens_apart_and_gives_nothing_of_short_ones(agency: Agency) -> None:
    hints = [ConnectionFactory(token=token).token_hint for token in ("demo-enterprise-71", "demo-free-1")]

    assert hints == ["e-71", ""]
