"""A portal with views that go wrong, which the real one does not have."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.app import create_app
from portal.core import clock
from portal.core.db import db
from portal.policy.guards import open_to_anyone
from tests.fixtures.databases import Database
from tests.fixtures.pages import CheckedClient
from tests.fixtures.portal import make_settings

NAME_THAT_FAILS = "Petrel & Sons"


@open_to_anyone("a test")
def fails_half_way() -> str:
    with scope.every_agency(reason="test"):
        db.session.add(Agency(name="Half done"))
        db.session.flush()
    db.session.add(Agency(id=1, name="Would fail too"))  # nobody may try to write it for the error page
    raise ValueError("a detail for the log alone")


@open_to_anyone("a test")
def cannot_be_stored() -> str:
    with scope.every_agency(reason="test"):
        for _turn in range(2):
            db.session.execute(sa.insert(Agency).values(id=1, name=NAME_THAT_FAILS, created_at=clock.now()))
    return "All done."


@open_to_anyone("a test")
def cannot_be_committed(token: str = "") -> str:
    db.session.add(Agency(id=1, name="Twice"))
    db.session.add(Agency(id=1, name="Twice"))
    return "All done."


@pytest.fixture(scope="session")
def crooked_portal(portal: Flask, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A second portal on the same database, with the views above."""
    app = create_app(make_settings(tmp_path_factory.mktemp("crooked"), database_url=database.url))
    app.test_client_class = CheckedClient
    app.add_url_rule("/fails-half-way", view_func=fails_half_way)
    app.add_url_rule("/cannot-be-stored", view_func=cannot_be_stored)
    app.add_url_rule("/cannot-be-committed", view_func=cannot_be_committed)
    app.add_url_rule("/cannot-be-committed/<token>", "with_token", cannot_be_committed)
    return app


@pytest.fixture
def crooked(app: Flask, crooked_portal: Flask) -> FlaskClient:
    """A browser of somebody who is not signed in to that portal."""
    with crooked_portal.app_context():
        db.engine.dispose()  # the database is a new file in every test
    return crooked_portal.test_client()
