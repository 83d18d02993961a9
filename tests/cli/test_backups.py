"""Backups on both databases: what comes back is what was there, and nothing of it is done again."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.app import create_app
from portal.core import backups
from portal.core.db import db
from portal.jobs.models import Restore
from tests.fixtures.portal import make_settings

Make = Callable[[Path], str]
NO_BACKUPS = (b"", b"no backup", b"SQLite format 3\0" + b"x" * 5000, b"PGDMP" + b"x" * 50)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that makes a database as the migrations make it, and gives its address."""
    file = tmp_path_factory.mktemp("migrated") / "portal.db"
    is_sqlite = request.param == "sqlite"
    server = None if is_sqlite else request.getfixturevalue("postgres")
    url = f"sqlite:///{file}" if is_sqlite else server.create("migrated")
    app = create_app(make_settings(file.parent, jobs_url="memory://", database_url=url))
    with app.app_context():
        upgrade()
        db.engine.dispose()

    def make(folder: Path) -> str:
        if server:
            return str(server.create("installation", template="migrated"))
        shutil.copy(file, folder / "installation.db")
        return f"sqlite:///{folder / 'installation.db'}"

    return make


@pytest.fixture
def installation(migrated: Make, tmp_path: Path) -> Iterator[Flask]:
    """A portal of its own with one agency."""
    app = create_app(make_settings(tmp_path, jobs_url="memory://", database_url=migrated(tmp_path)))
    with app.app_context():
        add_agency("Before")
        yield app
        db.session.remove()
        db.engine.dispose()


def add_agency(name: str) -> None:
    with scope.every_agency(reason="test"):
        db.session.add(Agency(name=name))
        db.session.commit()
    db.session.remove()


def agency_names() -> list[str]:
    with scope.every_agency(reason="test"):
        names = list(db.session.scalars(select(Agency.name).order_by(Agency.id)))
    db.session.remove()
    return names


def run(app: Flask, *arguments: str) -> Result:
    db.session.remove()
    db.engine.dispose()
    return app.test_cli_runner().invoke(args=[*arguments])


def test_what_is_restored_is_what_was_backed_up_and_nothing_is_sent_by_itself(
    installation: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "kept"
    made = run(installation, "backup", str(file))
    add_agency("After")

    restored = run(installation, "restore", "--yes", str(file))

    assert (made.exit_code, restored.exit_code, agency_names()) == (0, 0, ["Before"])
    assert f"{file.stat().st_mode & 0o777:o}" == "600"
    with scope.every_agency(reason="test"):
        assert len(db.session.scalars(select(Restore)).all()) == 1


def test_a_second_restore_works_as_well_and_a_backup_holds_no_older_database(
    installation: Flask, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    run(installation, "backup", str(first))
    run(installation, "restore", "--yes", str(first))
    add_agency("Later")
    run(installation, "backup", str(second))

    done = run(installation, "restore", "--yes", str(second))

    assert (done.exit_code, agency_names()) == (0, ["Before", "Later"])


def test_a_database_in_use_is_not_replaced(installation: Flask, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    run(installation, "backup", str(file))
    store = backups.store_at(installation.extensions["settings"].database_url)
    agency_names()  # leaves a connection open, as a web process does

    with db.engine.connect(), pytest.raises(backups.BackupError, match="in use"):
        store.put_back(file)

    assert agency_names() == ["Before"]


def test_a_file_that_is_no_backup_changes_nothing(installation: Flask, tmp_path: Path) -> None:
    file = tmp_path / "other"
    for content in NO_BACKUPS:
        file.write_bytes(content)
        done = run(installation, "restore", "--yes", str(file))

        assert (done.exit_code, "Nothing was changed." in done.output) == (1, True)
    assert agency_names() == ["Before"]


def test_a_backup_of_a_newer_portal_is_refused(installation: Flask, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    with scope.every_agency(reason="test"), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    run(installation, "backup", str(file))

    done = run(installation, "restore", "--yes", str(file))

    assert (done.exit_code, "newer version of the portal (tables 9999)" in done.output) == (1, True)


def test_a_backup_is_never_overwritten(installation: Flask, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.write_text("an older one")

    done = run(installation, "backup", str(file))

    assert (done.exit_code, file.read_text()) == (1, "an older one")
    assert [path.name for path in tmp_path.glob("kept*")] == ["kept"]


def test_a_backup_is_never_its_own_target(tmp_path: Path) -> None:
    live, kept = tmp_path / "live.db", tmp_path / "live.db.part"
    for file in (live, kept):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num)")
    before = kept.read_bytes()

    for file in (live, kept):
        with pytest.raises(backups.BackupError, match="would be overwritten"):
            backups.SqliteStore(live).put_back(file)

    assert kept.read_bytes() == before


def test_any_name_will_do_for_a_backup_and_a_missing_folder_is_named(
    installation: Flask, tmp_path: Path
) -> None:
    odd, nowhere = tmp_path / "we?ird %41 #.backup", tmp_path / "nowhere" / "kept"

    assert run(installation, "backup", str(odd)).exit_code == 0
    assert run(installation, "restore", "--yes", str(odd)).exit_code == 0
    assert f"There is no folder {nowhere.parent}." in run(installation, "backup", str(nowhere)).output


def test_journals_of_the_old_database_are_not_played_into_the_restored_one(tmp_path: Path) -> None:
    live, kept = tmp_path / "live.db", tmp_path / "kept.db"
    for file, text in ((kept, "kept"), (live, "live")):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE words (text)")
            connection.execute("CREATE TABLE alembic_version (version_num)")
            connection.execute("INSERT INTO words VALUES (?)", (text,))
            connection.commit()
    crash = sqlite3.connect(live)
    crash.execute("PRAGMA journal_mode = WAL")
    crash.execute("UPDATE words SET text = 'in the journal'")
    crash.commit()
    journal = live.with_name("live.db-wal").read_bytes()
    crash.close()
    live.with_name("live.db-wal").write_bytes(journal)  # as a killed process leaves it

    backups.SqliteStore(live).put_back(kept)

    with closing(sqlite3.connect(live)) as connection:
        assert connection.execute("SELECT text FROM words").fetchall() == [("kept",)]
    assert not live.with_name("live.db-wal").exists()
