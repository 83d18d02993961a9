"""Reading connections and their tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Row, bindparam, select

from portal.accounts.models import Account
from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound, NotNow
from portal.core.texts import _l
from portal.crm.models import Connection, ConnectionTest
from portal.crm.states import ConnectionState, ExaminationState

OtherAccount = Row[str, str, datetime | None]  # name, slug, when it was archived
Holder = TypeVar("Holder", bound=Connection | ConnectionTest)

_OF_ACCOUNT: Final = select(Connection).where(Connection.account_id == bindparam("account"))


def find_connection(account_id: int) -> Connection | None:
    """Return an account's connection, living or not, or None if it never had one."""
    return db.session.scalars(_OF_ACCOUNT, {"account": account_id}).one_or_none()


def get_connection(account_id: int) -> Connection:
    """Return an account's connection, living or not, or raise ``NotFound``."""
    connection = find_connection(account_id)
    if connection is None:
        raise NotFound
    return connection


def find_test(account_id: int) -> ConnectionTest | None:
    """Return the token on trial in an account, or None if there is none or its time is over."""
    statement = (
        select(ConnectionTest)
        .where(ConnectionTest.account_id == account_id, ConnectionTest.expires_at > clock.now())
        .order_by(ConnectionTest.id.desc())
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def get_passed_test(account_id: int, key: str) -> ConnectionTest:
    """Return the test that passed, locked, or raise ``NotNow`` if it is used, replaced or over."""
    statement = select(ConnectionTest).where(
        ConnectionTest.account_id == account_id,
        ConnectionTest.key == key,
        ConnectionTest.state == ExaminationState.PASSED,
        ConnectionTest.expires_at > clock.now(),
    )
    test = db.session.scalars(statement.with_for_update()).one_or_none()
    if test is None:
        raise NotNow(_l("This test is over, or another took its place. Nothing was saved. Test again."))
    return test


def find_test_for_update(key: str) -> ConnectionTest | None:
    """Return one test, locked, or None if it was dropped."""
    statement = select(ConnectionTest).where(ConnectionTest.key == key).with_for_update()
    return db.session.scalars(statement).one_or_none()


def tests_left_behind() -> Sequence[ConnectionTest]:
    """Return the tests that nobody works on although they are not finished."""
    open_states = (ExaminationState.QUEUED, ExaminationState.RUNNING)
    statement = select(ConnectionTest).where(
        ConnectionTest.state.in_(open_states), ConnectionTest.lease_until < clock.now()
    )
    return db.session.scalars(statement).all()


def accounts_connected_to(external_id: str, account: Account) -> Sequence[OtherAccount]:
    """Return the other accounts connected to the same account in the CRM: those that may be seen."""
    columns = select(Account.name, Account.slug, Account.archived_at)
    others = columns.select_from(Account).join(Connection, Connection.account_id == Account.id)
    return db.session.execute(
        others.where(*_elsewhere(external_id, account)).order_by(Account.sort_name, Account.id)
    ).all()


def is_connected_elsewhere(external_id: str, account: Account) -> bool:
    """Tell whether another account of the agency, seen or not, is connected to the same in the CRM."""
    others = select(Connection.id).join(Account, Account.id == Connection.account_id)
    mine = (Connection.agency_id == account.agency_id, *_elsewhere(external_id, account))
    with scope.every_agency(reason="the other account may not be this member's to see"):
        return db.session.scalar(select(others.where(*mine).exists())) is True


def _elsewhere(external_id: str, account: Account) -> tuple[ColumnElement[bool], ...]:
    return (
        Connection.external_id == external_id,
        Connection.state != ConnectionState.DISCONNECTED,
        Connection.account_id != account.id,
        Account.crm == account.crm,
    )


def sealed_tokens() -> list[tuple[type[Connection | ConnectionTest], int]]:
    """Return where tokens are stored: the kind of row and its id."""
    return [
        (kind, row_id)
        for kind in (Connection, ConnectionTest)
        for row_id in db.session.scalars(select(kind.id).where(kind.sealed_token.is_not(None)))
    ]


def find_holder(kind: type[Holder], row_id: int) -> Holder | None:
    """Return a row that stores a token, locked, or None if it is gone."""
    return db.session.scalars(select(kind).where(kind.id == row_id).with_for_update()).one_or_none()
