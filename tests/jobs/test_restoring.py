"""A database put back from a backup is noticed before anything is done again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.jobs import restoring
from portal.jobs.models import Restore, WorkerBeat

NOON = clock.now().replace(microsecond=0)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("agency")


@pytest.fixture
def noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Until when something may have been done, as the rooms were told."""
    told: list[datetime] = []
    monkeypatch.setattr(restoring, "PRECAUTIONS", [told.append])
    marker(app).unlink(missing_ok=True)
    return told


def marker(app: Flask) -> Path:
    return app.extensions["settings"].data_dir / restoring.MARKER


def notice(app: Flask, *, last_beat: datetime | None) -> None:
    """Start a worker on a database that heard of one at a moment, or never."""
    with scope.every_agency(reason="test"):
        if last_beat:
            db.session.add(WorkerBeat(name="worker", at=last_beat))
        db.session.commit()
    with clock.at(NOON):
        restoring.notice(app)


def test_a_database_that_does_not_know_the_last_heartbeat_was_restored(
    app: Flask, noticed: list[datetime]
) -> None:
    restoring.keep_mark(app, NOON - timedelta(minutes=1))

    notice(app, last_beat=NOON - HOUR)

    assert noticed == [NOON - timedelta(minutes=1)]
    assert db.session.scalars(select(Restore.at)).all() == [NOON]


def test_a_worker_that_was_away_for_long_knows_that_nothing_was_forgotten(
    app: Flask, noticed: list[datetime]
) -> None:
    restoring.keep_mark(app, NOON - HOUR)

    notice(app, last_beat=NOON - HOUR)

    assert noticed == []


def test_on_a_machine_without_a_mark_only_a_database_that_was_at_work_lately_is_trusted(
    app: Flask, noticed: list[datetime]
) -> None:
    notice(app, last_beat=NOON - timedelta(minutes=15))
    assert noticed == []

    with scope.every_agency(reason="test"):
        db.session.query(WorkerBeat).delete()
    notice(app, last_beat=NOON - timedelta(minutes=15, seconds=1))
    assert noticed == [NOON]


def test_many_may_leave_their_mark_at_once(app: Flask, noticed: list[datetime]) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _turn: restoring.keep_mark(app, NOON), range(400)))

    assert marker(app).read_text() == NOON.isoformat()


def test_a_mark_that_a_crash_left_empty_says_nothing(app: Flask, noticed: list[datetime]) -> None:
    marker(app).touch()

    notice(app, last_beat=NOON - HOUR)

    assert noticed == [NOON]


def test_a_new_installation_has_forgotten_nothing(app: Flask, noticed: list[datetime]) -> None:
    notice(app, last_beat=None)

    assert noticed == []


def test_what_follows_from_an_older_event_may_be_forgotten(app: Flask, noticed: list[datetime]) -> None:
    assert not restoring.may_be_forgotten(NOON - HOUR)

    with clock.at(NOON):
        restoring.take_precautions(NOON)

    moments = (NOON - HOUR, NOON, NOON + timedelta(seconds=1))
    assert [restoring.may_be_forgotten(moment) for moment in moments] == [True, True, False]


def test_the_command_takes_the_same_precautions(app: Flask, agency: Agency, noticed: list[datetime]) -> None:
    db.session.commit()
    before = clock.now()

    done = app.test_cli_runner().invoke(args=["after-restore"])

    assert (done.exit_code, len(noticed)) == (0, 1)
    assert before <= noticed[0] <= clock.now()
