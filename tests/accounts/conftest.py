"""What the tests of accounts share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.core.db import db
from tests.factories.accounts import AccountFactory, ContactFactory

SignIn = Callable[[Member], FlaskClient]


def account_at(slug: str) -> Account:
    """Return the account with this slug."""
    return db.session.scalars(select(Account).where(Account.slug == slug)).one()


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements sent to the database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def canary_cakes(other_agency: Agency, agency: Agency) -> str:
    """Return the slug of an account that another agency looks after."""
    with scope.every_agency(reason="set-up"):
        agency_id = other_agency.id
    with scope.agency(agency_id):
        account = AccountFactory(name="Canary Cakes", slug="canary-cakes")
        ContactFactory(account_id=account.id, name="Canary Contact")
        db.session.commit()
    return "canary-cakes"


@pytest.fixture
def statements(app: Flask) -> Callable[[Callable[[], object]], list[str]]:
    """Return a function that tells which statements a step sends."""

    def collect(step: Callable[[], object]) -> list[str]:
        with counted() as sent:
            step()
        return sent

    return collect
