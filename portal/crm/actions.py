"""Connecting an account: test a token, save it, end the connection."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Account
from portal.accounts.states import CRM_NAMES, Health
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow, PortalError
from portal.core.texts import _l
from portal.crm import queries
from portal.crm.connections import drop_token, keep_token, open_token
from portal.crm.connectors import CONNECTABLE
from portal.crm.models import Connection, ConnectionTest
from portal.crm.protocol import Examination
from portal.crm.queries import OtherAccount
from portal.crm.states import CONNECTED, TEST_CONNECTION, ConnectionState, ExaminationState
from portal.crm.words import connected_elsewhere, explain_failure
from portal.jobs import work

A_TEST_LIVES: Final = timedelta(minutes=30)
LEASE: Final = timedelta(minutes=2)


class ConnectedElsewhere(NotNow):
    """The account in the CRM is another account's already; named only where the member may see that one."""

    title = _l("This CRM account is connected already")

    def __init__(self, account: Account, others: Sequence[OtherAccount]) -> None:
        super().__init__(_l("Nothing was saved. %(why)s", why=connected_elsewhere(account.crm, others)))


def start_test(account: Account, token: str, by: Member) -> ConnectionTest:
    """Take a token on trial; what was on trial before is dropped."""
    if account.crm not in CONNECTABLE:
        raise NotNow(_l("The portal cannot connect to %(crm)s yet.", crm=CRM_NAMES[account.crm]))
    drop_tests(account)
    now = clock.now()
    test = ConnectionTest(
        account_id=account.id, asked_by=by.name, lease_until=now + LEASE, expires_at=now + A_TEST_LIVES
    )
    db.session.add(test)
    db.session.flush()
    keep_token(test, token)
    work.enqueue(TEST_CONNECTION, test.key)
    return test


def test_saved_token(account: Account, by: Member) -> ConnectionTest:
    """Test the token that is saved already, such as after the CRM was out of reach."""
    return start_test(account, open_token(queries.get_connection(account.id)), by)


def drop_tests(account: Account) -> None:
    """Forget what is on trial in an account."""
    db.session.execute(delete(ConnectionTest).where(ConnectionTest.account_id == account.id))


def drop_expired_tests() -> None:
    """Forget tests that nobody saved in time, and their tokens with them."""
    db.session.execute(delete(ConnectionTest).where(ConnectionTest.expires_at <= clock.now()))


def claim_test(key: str) -> ConnectionTest | None:
    """Take a test to work on, or return None if it is dropped, finished or in other hands."""
    test = queries.find_test_for_update(key)
    if test is None or test.lease_until is None:
        return None
    if test.state is not ExaminationState.QUEUED and test.lease_until > clock.now():
        return None
    test.state, test.lease_until = ExaminationState.RUNNING, clock.now() + LEASE
    return test


def pass_test(key: str, examination: Examination) -> None:
    """Write down what the CRM said, unless the test was dropped meanwhile."""
    test = queries.find_test_for_update(key)
    if test is None:
        return
    test.state, test.lease_until = ExaminationState.PASSED, None
    test.details = asdict(examination.details)
    test.findings = [asdict(finding) for finding in examination.findings]


def fail_test(key: str, error: PortalError) -> None:
    """Write down why the test failed, and destroy its token."""
    test = queries.find_test_for_update(key)
    if test is None:
        return
    test.state, test.lease_until = ExaminationState.FAILED, None
    test.error = str(explain_failure(error))[:500]
    drop_token(test)


def save_connection(account: Account, key: str, by: Member) -> Connection:
    """Save the token that passed its test; raises ``NotNow`` if that test is gone.

    Raises ``ConnectedElsewhere`` where another account leads to the same account in the CRM.
    """
    test = queries.get_passed_test(account.id, key)
    connection = queries.find_connection(account.id) or Connection(account_id=account.id)
    before = connection.external_id or ""
    _reserve(account, connection, test.details["external_id"])
    _take_over(connection, test)
    account.health = Health.HEALTHY
    trail.record(
        by,
        "connection.saved",
        account,
        crm=str(account.crm),
        external_id=connection.external_id,
        external_name=connection.external_name,
        external_id_before=before,
    )
    drop_tests(account)
    work.enqueue(CONNECTED, account.id)
    return connection


def disconnect(account: Account, by: Member) -> None:
    """End the connection and destroy its token; what was read stays."""
    connection = queries.get_connection(account.id)
    if connection.state is ConnectionState.DISCONNECTED:
        raise NotNow
    drop_token(connection)
    drop_tests(account)
    connection.state, connection.failures, connection.last_error = ConnectionState.DISCONNECTED, 0, ""
    connection.next_read_at = connection.crm_account = None
    account.health = Health.NOT_CONNECTED
    trail.record(by, "connection.ended", account, external_id=connection.external_id)


def _reserve(account: Account, connection: Connection, external_id: str) -> None:
    """Take the account in the CRM for this connection alone; of two at once, the database lets one in."""
    if queries.is_connected_elsewhere(external_id, account):
        raise ConnectedElsewhere(account, queries.accounts_connected_to(external_id, account))
    try:
        with db.session.begin_nested():
            connection.external_id, connection.crm_account = external_id, f"{account.crm}:{external_id}"
            db.session.add(connection)
    except IntegrityError:
        raise ConnectedElsewhere(account, queries.accounts_connected_to(external_id, account)) from None


def _take_over(connection: Connection, test: ConnectionTest) -> None:
    """Make the connection what the test found."""
    connection.state, connection.failures = ConnectionState.ACTIVE, 0
    connection.last_error, connection.last_error_at = "", None
    connection.connected_at = connection.tested_at = connection.next_read_at = clock.now()
    connection.findings = test.findings
    connection.external_name = test.details["name"][:120]
    for name in ("tier", "currency", "app_url"):
        setattr(connection, name, test.details[name])
    db.session.flush()
    keep_token(connection, open_token(test))
