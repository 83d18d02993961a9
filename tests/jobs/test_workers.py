import logging
from datetime import timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.jobs import work, workers
from portal.jobs.models import WorkerBeat

NOW = clock.now()


def names() -> list[str]:
    found = sorted(db.session.scalars(select(WorkerBeat.name)))
    db.session.rollback()  # whoever reads here would keep the workers from writing
    return found


def wait_for(there: int) -> list[str]:
    """Return the names of the workers once there are so many; fail after five seconds."""
    for _look in range(500):
        if len(found := names()) == there:
            return found
        Event().wait(0.01)
    raise AssertionError(f"{len(names())} of {there} workers said a word")


@pytest.fixture
def quick(app: Flask, agency: Agency, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(workers, "BEAT_EVERY", 0.01)
    db.session.commit()
    return app


def test_outside_of_a_worker_nobody_holds_anything(app: Flask) -> None:
    assert workers.me() is None


def test_each_worker_has_a_name_of_its_own_and_says_so_before_it_does_anything(quick: Flask) -> None:
    for there in (1, 2):
        with workers.at_work(quick):
            known = names()
            assert (len(known), workers.me() in known) == (there, True)

    assert workers.me() is None


def test_a_worker_goes_on_when_it_cannot_say_that_it_lives(
    quick: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([OperationalError("", {}, Exception("gone"))])
    beat = workers.beat

    def fail_once(app: Flask) -> None:
        for failure in failures:
            raise failure
        beat(app)

    monkeypatch.setattr(workers, "beat", fail_once)
    with caplog.at_level(logging.ERROR, "portal.jobs.workers"), workers.at_work(quick):
        wait_for(1)

    assert caplog.messages == ["the worker could not say that it lives; it goes on"]


def test_who_ended_long_ago_is_forgotten(app: Flask, agency: Agency) -> None:
    for name, age in (("old", timedelta(days=1, seconds=1)), ("of today", timedelta(hours=23))):
        db.session.add(WorkerBeat(name=name, at=NOW - age))
    db.session.commit()

    with clock.at(NOW):
        workers.beat(app)

    assert "old" not in names()
    assert len(names()) == 2


def test_a_step_is_insisted_on_while_the_database_is_away(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(work, "INSIST_EVERY", 0)
    failures = iter([OperationalError("", {}, Exception("gone"))] * 2)

    def rename() -> None:
        agency.name = "Renamed"
        db.session.flush()
        for failure in failures:
            raise failure

    with caplog.at_level(logging.ERROR, "portal.jobs.work"):
        work.insist(rename)

    assert caplog.messages == ["the database is away; trying again"] * 2
    assert db.session.scalars(select(Agency.name)).all() == ["Renamed"]


def test_what_is_no_fault_of_the_database_is_not_insisted_on(agency: Agency) -> None:
    def fail() -> None:
        raise work.UnknownJob

    with pytest.raises(work.UnknownJob):
        work.insist(fail)
