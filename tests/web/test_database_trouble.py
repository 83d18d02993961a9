"""What a person is told while the database is away, full, or lost in the middle of saving."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.agencies import scope
from portal.agencies.models import Agency, Position
from portal.app import create_app
from portal.core.db import db, may_write
from portal.policy.guards import open_to_anyone
from tests.factories.agencies import AgencyFactory, MemberFactory
from tests.fixtures.pages import CheckedClient
from tests.fixtures.portal import PASSWORD, make_settings
from tests.fixtures.postgres import PostgresServer, running_server

AWAY = "Nothing was changed. Wait a minute, then do it again; if it stays so, tell your administrator."
FULL = "Nothing was changed. What is there can be read; tell your administrator that the disk is full."
UNSURE = "Wait a minute, then look whether it is there before you do it again."


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def add_agency() -> Callable[[], str]:
    """A view that adds an agency."""

    @open_to_anyone("a test")
    def view() -> str:
        with scope.every_agency(reason="test"):
            db.session.add(Agency(name="New"))
            db.session.flush()
        return "Added."

    return view


def started(app: Flask) -> Flask:
    """Give a portal of its own its tables, and an agency with a member."""
    app.test_client_class = CheckedClient
    with app.app_context(), scope.every_agency(reason="set-up"):
        may_write()
        db.create_all()
        agency = AgencyFactory(name="Northlight")
        with scope.agency(agency.id):
            MemberFactory(agency_id=agency.id, email="olga@agency.example", position=Position.OWNER)
        db.session.commit()
        db.session.remove()
    return app


@pytest.fixture
def on_postgres(server: PostgresServer, tmp_path: Path, add_agency: Callable[[], str]) -> Iterator[Flask]:
    url = server.create("portal")
    app = create_app(make_settings(tmp_path, database_url=url))
    app.add_url_rule("/add", view_func=add_agency, methods=["POST"])
    app.extensions["csrf"].exempt(add_agency)
    yield started(app)
    with app.app_context():
        db.engine.dispose()


def agencies(app: Flask) -> list[str]:
    with app.app_context(), scope.every_agency(reason="test"):
        return sorted(db.session.scalars(select(Agency.name)))


def test_a_click_while_the_database_is_away_says_so_and_works_once_it_is_back(
    server: PostgresServer, on_postgres: Flask
) -> None:
    browser = on_postgres.test_client()
    server.stop()
    answer = browser.post("/add")
    server.start()

    assert (answer.status_code, AWAY in answer.text) == (503, True)
    assert agencies(on_postgres) == ["Northlight"]
    assert browser.post("/add").text == "Added."
    assert agencies(on_postgres) == ["New", "Northlight"]


def test_a_click_after_a_restart_of_the_database_notices_nothing(
    server: PostgresServer, on_postgres: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = on_postgres.test_client()
    assert browser.post("/add").text == "Added."
    monkeypatch.setattr("portal.core.db.LONG_REST", 0)  # by now it has rested
    server.stop()
    server.start()

    assert browser.post("/add").text == "Added."


def test_a_connection_that_is_in_use_all_the_time_is_not_asked_whether_it_stands(
    on_postgres: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    browser = on_postgres.test_client()
    browser.post("/add")
    with on_postgres.app_context():
        monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)
    monkeypatch.setattr("portal.core.db.LONG_REST", 60)
    browser.post("/add")
    in_use = len(asked)
    monkeypatch.setattr("portal.core.db.LONG_REST", 0)
    browser.post("/add")

    assert (in_use, len(asked)) == (0, 1)


def test_a_member_is_told_in_a_whole_page_and_htmx_in_the_problem_alone(
    server: PostgresServer, on_postgres: Flask
) -> None:
    browser = on_postgres.test_client()
    browser.submit("/sign-in", email="olga@agency.example", password=PASSWORD)
    server.stop()
    page, part = browser.get("/accounts"), browser.htmx("/accounts")
    server.start()

    assert (page.status_code, part.status_code) == (503, 503)
    assert "The portal cannot reach its database</h1>" in page.text
    assert part.text.lstrip().startswith('<div class="alert alert-danger" role="alert"')
    assert browser.get("/accounts").status_code == 200


def test_a_database_lost_while_it_was_saving_leaves_it_open_and_says_so(
    server: PostgresServer, on_postgres: Flask
) -> None:
    with on_postgres.app_context():
        engine = db.engine

    def stop(_connection: object) -> None:
        server.stop()

    event.listen(engine, "commit", stop, once=True)
    answer = on_postgres.test_client().post("/add")
    server.start()

    assert (answer.status_code, UNSURE in answer.text, AWAY in answer.text) == (503, True, False)


@pytest.fixture
def on_a_full_disk(tmp_path: Path, add_agency: Callable[[], str]) -> Flask:
    app = create_app(make_settings(tmp_path))
    app.add_url_rule("/add", view_func=add_agency, methods=["POST"])
    app.extensions["csrf"].exempt(add_agency)
    return started(app)


@contextmanager
def full_disk(app: Flask) -> Iterator[None]:
    """Let the file grow by no more than some pages inside."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with app.app_context():
        engine = db.engine
    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


def test_a_full_disk_is_named_what_is_there_can_be_read_and_it_goes_on_with_room(
    on_a_full_disk: Flask,
) -> None:
    browser = on_a_full_disk.test_client()
    with full_disk(on_a_full_disk):
        answers = [browser.post("/add") for _click in range(400)]
        taken = sum(answer.status_code == 200 for answer in answers)
        refused = {(answer.status_code, FULL in answer.text) for answer in answers[taken:]}
        assert refused == {(507, True)}
        assert agencies(on_a_full_disk).count("New") == taken
        assert browser.get("/sign-in").status_code == 200

    assert browser.post("/add").text == "Added."
