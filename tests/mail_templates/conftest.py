from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel

from portal.accounts.models import Account
from portal.agencies.models import Agency, Member
from tests.factories.accounts import AccountFactory


@pytest.fixture
def account(agency: Agency) -> Account:
    return AccountFactory(name="Maple & Sons", slug="maple")


@pytest.fixture
def browser(partner_admin: Member, signed_in: Callable[[Member], FlaskClient]) -> FlaskClient:
    """A browser of somebody who may change texts."""
    return signed_in(partner_admin)


@pytest.fixture
def app_texts() -> Iterator[None]:
    """Messages can be read as text: the smallest application that has a language."""
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield
