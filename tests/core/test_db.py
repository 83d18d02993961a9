import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import after_commit, begin_reading, begin_writing, db, may_write

BRUSSELS = timezone(timedelta(hours=2))


@pytest.fixture
def done(app: Flask) -> Iterator[list[str]]:
    """What ran after a commit; with every agency in scope."""
    with scope.every_agency(reason="test"):
        yield []
        db.session.rollback()


def test_what_follows_a_commit_runs_once_and_in_order(done: list[str]) -> None:
    for name in ("first", "second"):
        after_commit(lambda name=name: done.append(name))
    assert done == []

    db.session.commit()
    db.session.commit()

    assert done == ["first", "second"]


def test_what_follows_sees_what_was_committed(done: list[str], other_agency: Agency) -> None:
    def look() -> None:
        with db.engine.connect() as connection:
            done.extend(connection.scalars(select(Agency.name).where(Agency.name == "New")))

    db.session.add(Agency(name="New"))
    after_commit(look)
    db.session.commit()

    assert done == ["New"]


def test_a_rollback_forgets_what_should_follow(done: list[str]) -> None:
    db.session.add(Agency(name="Never"))
    db.session.flush()
    after_commit(lambda: done.append("never"))

    db.session.rollback()
    db.session.commit()

    assert done == []


def test_a_savepoint_is_not_yet_safe(done: list[str]) -> None:
    with db.session.begin_nested():
        db.session.add(Agency(name="Inner"))
        after_commit(lambda: done.append("safe"))
    assert done == []

    db.session.commit()

    assert done == ["safe"]


def test_a_savepoint_taken_back_forgets_nothing_from_before_it(done: list[str]) -> None:
    after_commit(lambda: done.append("outer"))
    savepoint = db.session.begin_nested()
    db.session.add(Agency(name="Inner"))
    db.session.flush()
    savepoint.rollback()

    db.session.commit()

    assert done == ["outer"]


def test_a_moment_without_a_zone_is_refused(done: list[str]) -> None:
    db.session.add(Agency(name="Naive", created_at=datetime(2024, 2, 29, 12)))  # noqa: DTZ001

    with pytest.raises(StatementError, match="a moment needs a time zone"):
        db.session.flush()


def test_a_moment_of_any_zone_comes_back_in_utc(done: list[str]) -> None:
    db.session.add(Agency(name="Aware", created_at=datetime(2024, 2, 29, 12, tzinfo=BRUSSELS)))
    db.session.commit()

    found = db.session.scalar(select(Agency.created_at).where(Agency.name == "Aware"))

    assert found is not None
    assert found.isoformat() == "2024-02-29T10:00:00+00:00"
    assert found.tzinfo is UTC


def somebody_else_may_write() -> bool:
    with closing(sqlite3.connect(str(db.engine.url.database), timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


def test_a_reading_transaction_holds_nobody_up_until_it_begins_to_write(done: list[str]) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has one kind of transaction")
    begin_reading()
    names = select(Agency.name)
    assert (db.session.scalars(names).all(), somebody_else_may_write()) == ([], True)

    begin_writing()
    assert (db.session.scalars(names).all(), somebody_else_may_write()) == ([], False)

    db.session.add(Agency(name="Written"))
    db.session.commit()
    assert somebody_else_may_write() is True


def test_who_writes_already_keeps_the_transaction(done: list[str]) -> None:
    may_write()
    db.session.add(Agency(name="Kept"))
    db.session.flush()

    begin_writing()
    db.session.commit()

    assert db.session.scalars(select(Agency.name)).all() == ["Kept"]
