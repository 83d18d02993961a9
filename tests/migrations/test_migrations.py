import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from portal.agencies import scope
from portal.app import create_app
from portal.core.db import db
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.agencies import AgencyFactory
from tests.fixtures.portal import make_settings
from tests.fixtures.postgres import PostgresServer

MIGRATIONS = Path("migrations")

# What the database holds beyond tables, columns and keys, which alembic compares by itself.
OBJECTS = {
    "sqlite": """SELECT type, name, sql FROM sqlite_master
        WHERE type = 'trigger' OR sql LIKE 'CREATE VIRTUAL TABLE%' OR (type = 'index' AND sql IS NOT NULL)""",
    "postgresql": """SELECT 'index', indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'function', proname, prosrc FROM pg_proc
            JOIN pg_language ON pg_language.oid = prolang WHERE lanname = 'plpgsql'
        UNION ALL SELECT 'extension', extname, extversion FROM pg_extension""",
}

MakePortal = Callable[[str], Flask]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakePortal]:
    """Return a function that gives a portal on an own database with nothing in it."""
    portals: list[Flask] = []

    def make(name: str) -> Flask:
        url = f"sqlite:///{tmp_path / name}.db"
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.create(name)
        portals.append(create_app(make_settings(tmp_path, database_url=url)))
        return portals[-1]

    yield make
    for portal in portals:
        with portal.app_context():
            db.engine.dispose()


@pytest.fixture
def migrated(make_portal: MakePortal) -> Iterator[Flask]:
    """A portal whose empty database went through every migration."""
    portal = make_portal("migrated")
    with portal.app_context():
        flask_migrate.upgrade()
        yield portal


def objects() -> set[tuple[str, str, str]]:
    """Return the triggers, functions, indexes and search tables of the current database."""
    with scope.every_agency(reason="test"), db.engine.connect() as connection:
        rows = connection.execute(sa.text(OBJECTS[db.engine.dialect.name])).all()
    return {(kind, name, re.sub(r"\s+", " ", sql)) for kind, name, sql in rows}


def made_from_models(make_portal: MakePortal) -> set[tuple[str, str, str]]:
    """Return the objects of a database made from the models, without any migration."""
    with make_portal("made").app_context(), scope.every_agency(reason="test"):
        db.create_all()
        return objects()


def test_migrations_leave_nothing_to_write(migrated: Flask) -> None:
    flask_migrate.check()


def test_migrations_make_the_same_triggers_and_indexes_as_the_models(
    migrated: Flask, make_portal: MakePortal
) -> None:
    assert objects() == made_from_models(make_portal)


def test_the_last_migration_goes_down_and_up_again(migrated: Flask) -> None:
    before = objects()

    flask_migrate.downgrade()
    flask_migrate.upgrade()

    assert objects() == before
    flask_migrate.check()


def test_all_migrations_go_down_to_nothing_and_up_again(migrated: Flask) -> None:
    before = objects()

    flask_migrate.downgrade(revision="base")
    left = objects()
    flask_migrate.upgrade()

    assert [thing for thing in left if thing[0] != "extension"] == []
    assert objects() == before


def test_migrations_are_numbered_without_gaps() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    numbers = [revision.revision for revision in script.walk_revisions()]

    assert numbers[::-1] == [f"{number + 1:04}" for number in range(len(numbers))]


def test_a_migration_written_from_the_models_makes_all_they_say(
    make_portal: MakePortal, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("versions"))
    (folder / "versions").mkdir()
    with make_portal("migrated").app_context(), scope.every_agency(reason="test"):
        flask_migrate.migrate(directory=str(folder), message="all")
        flask_migrate.upgrade(directory=str(folder))
        flask_migrate.check(directory=str(folder))
        written = objects()

    assert written == made_from_models(make_portal)


def test_addresses_are_spelled_in_one_way_and_none_is_lost(migrated: Flask) -> None:
    revisions = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    before = next(one.down_revision for one in revisions if "spell_addresses" in one.path)
    agency = AgencyFactory()
    with scope.agency(agency.id):
        account = AccountFactory()
        contacts = [ContactFactory(account_id=account.id) for _number in range(3)]
        ids = [contact.id for contact in contacts]
        db.session.commit()
    old = ("kim@grünfarn.example", "bo@grünfarn.example", "bo@xn--grnfarn-o2a.example")

    flask_migrate.downgrade(revision=str(before))
    with scope.every_agency(reason="test"), db.engine.begin() as connection:
        for key, email in zip(ids, old, strict=True):
            row = {"id": key, "email": email}
            connection.execute(sa.text("UPDATE contacts SET email = :email WHERE id = :id"), row)
    flask_migrate.upgrade()

    with scope.every_agency(reason="test"), db.engine.begin() as connection:
        emails = connection.execute(sa.text("SELECT email FROM contacts ORDER BY id")).scalars().all()
    assert emails == ["kim@xn--grnfarn-o2a.example", "bo@grünfarn.example", "bo@xn--grnfarn-o2a.example"]


def row(table: sa.Table, **given: object) -> dict[str, object]:
    """Return a row of a table as it is now: what is required and not given gets any value of its kind."""
    kinds: dict[type, object] = {
        str: "",
        int: 0,
        bool: False,
        object: [],
        datetime: datetime(2026, 11, 1, tzinfo=UTC),
    }
    needed = [column for column in table.columns if not column.nullable and not column.primary_key]
    return {column.name: kinds[column.type.python_type] for column in needed} | given


def test_accounts_that_share_a_crm_account_keep_their_connections(migrated: Flask) -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    (own,) = [
        step for step in script.walk_revisions() if step.doc == "Let one account have each CRM account."
    ]
    flask_migrate.downgrade(revision=str(own.down_revision))
    tables = sa.MetaData()
    with scope.every_agency(reason="test"), db.engine.begin() as database:
        tables.reflect(database, only=["agencies", "accounts", "connections"])
        agencies, accounts, connections = (
            tables.tables[name] for name in ("agencies", "accounts", "connections")
        )
        database.execute(sa.insert(agencies), [row(agencies, id=1)])
        for number, state in enumerate(("disconnected", "active", "dead", "active"), start=1):
            about = {"id": number, "agency_id": 1}
            database.execute(
                sa.insert(accounts), [row(accounts, **about, slug=f"a{number}", name="A", crm="hubspot")]
            )
            external_id = "8" if number == 4 else "7"
            more = {"account_id": number, "state": state, "external_id": external_id}
            database.execute(sa.insert(connections), [row(connections, **about, **more)])

    flask_migrate.upgrade()

    with scope.every_agency(reason="test"), db.engine.connect() as database:
        kept = database.execute(sa.text("SELECT id, crm_account FROM connections ORDER BY id")).all()
    assert [tuple(one) for one in kept] == [(1, None), (2, "hubspot:7"), (3, None), (4, "hubspot:8")]
