"""Copies of the whole database, and putting one back, on SQLite and PostgreSQL."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from portal.core.errors import PortalError
from portal.core.private_files import make_file

PART: Final = ".part"  # of a file that is not whole yet
OLD: Final = ".before-restore"
_OLD_SCHEMA: Final = "before_restore"
_FINE: Final = "ok"
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_REVISION: Final = "SELECT version_num FROM alembic_version"


class BackupError(PortalError):
    """A backup could not be made, or is none, or could not be put back; the message says what was kept."""


class Store(Protocol):
    """The database of the settings, as a whole."""

    def back_up(self, file: Path) -> None:
        """Write a copy to a file that is not there yet, and check it; raises ``BackupError``."""

    def revision_of(self, file: Path) -> str:
        """Return the version of the tables in a backup; raises ``BackupError`` for any other file."""

    def put_back(self, file: Path) -> str:
        """Replace the database by a backup, and say where the old one is; raises ``BackupError``."""


def store_at(url: str) -> Store:
    """Return what backs up the database at an address."""
    parsed = make_url(url)
    return SqliteStore(Path(str(parsed.database))) if parsed.drivername == "sqlite" else PostgresStore(parsed)


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """Give the name under which a file is written; it takes its own name once it is whole."""
    if file.exists():
        raise BackupError(f"{file} is there already. Nothing was written; choose another name.")
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}. Nothing was written.")
    part = file.with_name(file.name + PART)
    part.unlink(missing_ok=True)
    make_file(part)
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


class SqliteStore:
    """A SQLite file; copied through SQLite itself, which knows what its journals hold."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def back_up(self, file: Path) -> None:
        """Copy the database while others use it."""
        with _new_file(file) as part:
            self._copy(self._file, part)
            self.revision_of(part)

    def revision_of(self, file: Path) -> str:
        """Check the whole file and return the version of its tables."""
        try:
            with closing(
                sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            ) as connection:
                found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != _FINE:
                    raise BackupError(f"{file} is damaged: {found}. Nothing was changed.")
                return str(connection.execute(_REVISION).fetchone()[0])
        except (sqlite3.Error, TypeError) as error:
            raise BackupError(f"{file} is no backup of a portal ({error}). Nothing was changed.") from None

    def put_back(self, file: Path) -> str:
        """Put a backup into the place of the database, which must be at rest, and keep the old one."""
        part, old = self._file.with_name(self._file.name + PART), self._file.with_name(self._file.name + OLD)
        if file.resolve() in {part.resolve(), self._file.resolve()}:
            raise BackupError(
                f"{file} would be overwritten. Nothing was changed; give it another name first."
            )
        part.unlink(missing_ok=True)
        make_file(part)
        self._copy(file, part)
        self._come_to_rest()
        with suppress(FileNotFoundError):
            self._file.replace(old)
        part.replace(self._file)
        return str(old)

    def _come_to_rest(self) -> None:
        """Take the journals into the file, which works only while nobody else has it open.

        Journals of the old database beside the restored one would be played into it.
        """
        if not self._file.exists():
            return
        try:
            with closing(sqlite3.connect(self._file, timeout=1)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            raise BackupError(
                f"{self._file} is in use. Nothing was changed; stop web and worker first."
            ) from None

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        try:
            with (
                closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
                closing(sqlite3.connect(target)) as writing,
            ):
                reading.backup(writing)
                writing.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise BackupError(f"{source} could not be copied ({error}). Nothing was changed.") from None


class PostgresStore:
    """A PostgreSQL database, through its own programs."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql")

    def back_up(self, file: Path) -> None:
        """Dump the database while others use it."""
        with _new_file(file) as part:
            # Comments on extensions need a superuser; what an older restore set aside is no part of this.
            what = ("--format=custom", "--no-owner", "--no-comments", f"--exclude-schema={_OLD_SCHEMA}")
            self._run("pg_dump", *what, f"--file={part}", f"--dbname={self._address}")
            self.revision_of(part)

    def revision_of(self, file: Path) -> str:
        """Read what the dump lists, and the version of its tables."""
        try:
            told = self._run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file))
        except BackupError as error:
            raise BackupError(f"{file} is no backup of a portal ({error}). Nothing was changed.") from None
        lines = iter(told.splitlines())
        if not any(line.startswith("COPY ") for line in lines):
            raise BackupError(f"{file} is no backup of a portal. Nothing was changed.")
        return next(lines)

    def put_back(self, file: Path) -> str:
        """Restore a dump beside the tables of now, which come back where that fails."""
        with psycopg.connect(self._address_with_password, autocommit=True) as connection:
            if connection.execute(_OTHERS).fetchone() != (0,):
                raise BackupError("The database is in use. Nothing was changed; stop web and worker first.")
            self._set_aside(connection)
            try:
                self._run(
                    "pg_restore", "--no-owner", "--single-transaction", f"--dbname={self._address}", str(file)
                )
            except BackupError as error:
                self._take_back(connection)
                raise BackupError(
                    f"The backup could not be put back ({error}). Nothing was changed."
                ) from None
        return f"the schema {_OLD_SCHEMA}"

    @staticmethod
    def _set_aside(connection: psycopg.Connection) -> None:
        old = sql.Identifier(_OLD_SCHEMA)
        with connection.transaction():
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(old))
            connection.execute(sql.SQL("ALTER SCHEMA public RENAME TO {}").format(old))
            connection.execute("CREATE SCHEMA public")
            _move_search(connection, "public")

    @staticmethod
    def _take_back(connection: psycopg.Connection) -> None:
        with connection.transaction():
            _move_search(connection, _OLD_SCHEMA)
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute(
                sql.SQL("ALTER SCHEMA {} RENAME TO public").format(sql.Identifier(_OLD_SCHEMA))
            )

    @property
    def _address(self) -> str:
        return self._url.set(password=None).render_as_string()

    @property
    def _address_with_password(self) -> str:
        return self._url.render_as_string(hide_password=False)

    def _run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs; the password is in its environment, unseen by others."""
        password: Mapping[str, str] = {"PGPASSWORD": self._url.password} if self._url.password else {}
        try:
            done = subprocess.run(  # noqa: S603 - PostgreSQL's own, with an address from the settings
                [program, *arguments],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, **password},
            )
        except FileNotFoundError:
            raise BackupError(
                f"{program} is not installed; on Debian: apt-get install postgresql-client"
            ) from None
        if done.returncode:
            raise BackupError(done.stderr.strip() or f"{program} failed")
        return done.stdout


def _move_search(connection: psycopg.Connection, schema: str) -> None:
    """Move the extension for searching, which there can be only once, into the schema that uses it."""
    if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").fetchone():
        connection.execute(sql.SQL("ALTER EXTENSION pg_trgm SET SCHEMA {}").format(sql.Identifier(schema)))
