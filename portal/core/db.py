"""The database handle: one base for all models, and the same transactions on SQLite and PostgreSQL."""

import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Literal

from flask_sqlalchemy import SQLAlchemy
from psycopg.errors import DiskFull
from sqlalchemy import (
    DDL,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    String,
    TypeDecorator,
    event,
    literal,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.pool import ConnectionPoolEntry

from portal.core.email_addresses import canonical

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_TIMEOUT_MS = 10_000
LONG_REST = 1.0  # seconds after which a server may be another one than before
# What says that the database cannot be reached or cannot write now; SQLite says so at BEGIN in its own words.
AWAY = (OperationalError, InterfaceError, sqlite3.OperationalError)
MUCH_KB = 512 * 1024  # of memory for pages, where 2 MB are usual
ANALYSED_ROWS = 400  # of each index: enough to plan by, in some hundredths of a second

# SQLite lets a transaction that began by reading fail when it turns to writing; so whoever may
# write says so at the start. Web requests by GET read; everything else may write.
_reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware, in UTC, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What comes out, for those who check what goes in."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse moments without a zone, and store the rest in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EmailAddress(TypeDecorator[str]):
    """An email address in canonical form: stored, and compared with, as ``canonical`` spells it."""

    impl = String(254)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Spell what is stored, or looked for, in the one way."""
        return None if value is None else canonical(value)


class Model(DeclarativeBase):
    """What every table is made from."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own name and form
        datetime: UtcDateTime(),
        StrEnum: Enum(StrEnum, native_enum=False, length=30, values_callable=list),
    }


db = SQLAlchemy(metadata=Model.metadata, session_options={"autoflush": True})


def is_full(error: BaseException) -> bool:
    """Tell whether an error of the database says that there is no room left."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or isinstance(cause, DiskFull)


def begin_reading() -> None:
    """Say that the next transaction only reads."""
    _reads_only.set(True)


def may_write() -> None:
    """Say that the next transaction may write."""
    _reads_only.set(False)


def begin_writing() -> None:
    """End a reading transaction and begin one that may write; for the rare GET that records something."""
    if _reads_only.get():
        db.session.rollback()
        may_write()


def after_commit(action: Callable[[], None]) -> None:
    """Run ``action`` once the current transaction is safe; forget it if it is rolled back."""
    db.session.info.setdefault("after_commit", []).append(action)


def spelled_out(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return ``column IN (values)`` with the values in the SQL itself, in order.

    SQLite takes a partial index only where the statement spells out the index's own condition.
    """
    written = [literal(value, column.type, literal_execute=True) for value in sorted(values)]
    return column.in_(written)


Moment = Literal["after_create", "after_drop"]

_added: dict[tuple[str, Moment], list[tuple[str, str]]] = {}


def add_sql(model: type[Model], moment: Moment, statements: Mapping[str, Sequence[str]]) -> None:
    """Let statements follow a table's making or dropping, on each database its own; migrations carry them."""
    for dialect, texts in statements.items():
        for text in texts:
            ddl = DDL(text.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(model.__table__, moment, ddl)
            _added.setdefault((model.__tablename__, moment), []).append((dialect, text))


def added_sql(table_name: str, moment: Moment) -> Sequence[tuple[str, str]]:
    """Return what ``add_sql`` added to a table, as pairs of a database's name and a statement."""
    return tuple(_added.get((table_name, moment), ()))


def refresh_statistics(*, now: bool = False) -> None:
    """Let SQLite look anew at what its indexes tell apart, within the current transaction.

    Without, it plans as if every agency had ten rows of everything. Connections see it once they are opened.
    PostgreSQL does so by itself, some minutes later; with ``now`` it does not wait.
    """
    run = db.session.connection().exec_driver_sql
    if db.engine.dialect.name == "sqlite":
        run(f"PRAGMA analysis_limit = {ANALYSED_ROWS}")
        run("ANALYZE")
    elif now:
        run("ANALYZE")


def make_room_for_much() -> None:
    """Make this connection ready for very many rows.

    SQLite keeps its indexes in memory; PostgreSQL plans a statement once instead of once for each row.
    """
    connection = db.session.connection()
    if db.engine.dialect.name == "sqlite":
        for pragma in (f"cache_size = -{MUCH_KB}", "wal_autocheckpoint = 50000"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
    else:
        connection.connection.driver_connection.prepare_threshold = 1  # type: ignore[union-attr]


def prepare_engine(engine: Engine) -> None:
    """Give SQLite foreign keys and honest transactions; see to it that connections to a server stand."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", partial(_ask_after_rest, engine.dialect))


def _note_rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _ask_after_rest(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """See whether a connection that rested still stands; asking before each request would cost it a sixth."""
    if time.monotonic() - record.info.get("rests_since", math.inf) < LONG_REST:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("expected the sqlite3 driver")
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    begin = "BEGIN DEFERRED" if _reads_only.get() else "BEGIN IMMEDIATE"
    connection.connection.driver_connection.execute(begin)


def listen_to_session() -> None:
    """Wire ``after_commit`` to the session; called once, on import."""

    @event.listens_for(db.session, "after_commit")
    def _run(session: Any) -> None:
        if session.in_nested_transaction():
            return  # a savepoint: nothing is safe yet
        actions, session.info["after_commit"] = session.info.get("after_commit", []), []
        for action in actions:
            action()

    @event.listens_for(db.session, "after_rollback")
    def _forget(session: Any) -> None:
        if not session.in_nested_transaction():
            session.info["after_commit"] = []


listen_to_session()
