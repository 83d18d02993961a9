"""A request that waits to be sent, and a browser of the consultant who wrote it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.access_requests.models import AccessRequest
from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.core.db import db
from tests.access_requests.proposing import Answered, answered_request
from tests.factories.access_requests import AccessRequestFactory
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.fixtures.crm_account import Place


@pytest.fixture
def account(agency: object) -> Account:
    return AccountFactory(name="Maple & Sons", slug="maple")


@pytest.fixture
def contact(account: Account) -> Contact:
    return ContactFactory(account_id=account.id, name="Anna Smith", email="anna@maple.example", language="en")


@pytest.fixture
def draft(contact: Contact, consultant: Member) -> AccessRequest:
    made = AccessRequestFactory(contact_to_ask=contact, consultant=consultant, number=1)
    db.session.refresh(made)
    return made


@pytest.fixture
def browser(consultant: Member, signed_in: Callable[[Member], FlaskClient]) -> FlaskClient:
    return signed_in(consultant)


@pytest.fixture
def answered(app: Flask, place: Place, consultant: Member) -> Answered:
    return answered_request(app, place, consultant)
