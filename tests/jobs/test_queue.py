import logging
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.jobs import work
from portal.jobs.models import WorkerBeat
from portal.jobs.queue import JobQueue
from portal.jobs.workers import WORKER_IS_LATE, worker_is_late

Ran = list[tuple[int, tuple[object, ...]]]
Open = Callable[[], JobQueue]


class RunsWhenRead:
    """Leaves a trace where somebody reads its pickle."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self._trace,)


NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def open_queue(app: Flask, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the same stored queue, as every process does for itself."""
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create("jobs")
    opened: list[JobQueue] = []

    def open_it() -> JobQueue:
        opened.append(JobQueue(app, url))
        return opened[-1]

    yield open_it
    for queue in opened:
        queue.huey.storage.close()


def test_what_one_process_pushes_another_works_off(open_queue: Open, ran: Ran) -> None:
    open_queue().push(work.Nudge("test.note", 3, (7, "seven")))

    worker = open_queue()
    assert (worker.drain(), worker.drain(), ran) == (1, 0, [(3, (7, "seven"))])


def test_what_lies_in_the_queue_and_is_no_json_is_never_run(
    open_queue: Open, ran: Ran, tmp_path: Path
) -> None:
    queue, trace = open_queue(), tmp_path / "trace"
    queue.huey.storage.enqueue(pickle.dumps(RunsWhenRead(trace)))

    with pytest.raises(ValueError, match=r"codec|Expecting"):
        queue.drain()
    assert not trace.exists()


def test_a_delayed_nudge_waits_for_its_time(open_queue: Open, ran: Ran) -> None:
    open_queue().push(work.Nudge("test.note", 3), delay=60)
    huey = open_queue().huey
    huey.execute(huey.dequeue())
    now = datetime.now(UTC).replace(tzinfo=None)

    assert ran == []
    assert huey.read_schedule(now + timedelta(seconds=50)) == []
    (task,) = huey.read_schedule(now + timedelta(seconds=61))
    huey.execute(task, now + timedelta(seconds=61))
    assert ran == [(3, ())]


def test_draining_runs_what_jobs_enqueue_too(
    queue: JobQueue, agency: Agency, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pass_on() -> None:
        with work.step():
            work.enqueue("test.note", "passed on")

    monkeypatch.setitem(work.HANDLERS, "test.pass_on", pass_on)
    db.session.commit()
    queue.push(work.Nudge("test.pass_on", agency.id))

    assert (queue.drain(), ran) == (2, [(agency.id, ("passed on",))])


@pytest.fixture
def broken_queue(app: Flask, agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobQueue:
    """The portal's queue, whose file somebody has taken away."""
    queue = JobQueue(app, f"sqlite:///{tmp_path / 'jobs.db'}")
    queue.huey.storage.close()
    for file in tmp_path.glob("jobs.db*"):
        file.unlink()
    (tmp_path / "jobs.db").mkdir()
    monkeypatch.setitem(app.extensions, "jobs", queue)
    return queue


def test_a_queue_that_is_down_costs_no_work(
    broken_queue: JobQueue, agency: Agency, caplog: pytest.LogCaptureFixture
) -> None:
    agency.name = "Renamed"
    work.enqueue("test.note")
    with caplog.at_level(logging.ERROR, "portal.jobs.work"):
        db.session.commit()

    db.session.rollback()
    assert db.session.scalars(select(Agency.name)).all() == ["Renamed"]
    assert caplog.messages == ["the job queue took no nudge for test.note; the next sweep will find it"]


def test_the_sweep_queues_what_was_left_behind(
    queue: JobQueue, agency: Agency, ran: Ran, sweeps: list[work.Sweep]
) -> None:
    left_behind = work.Nudge("test.note", agency.id, ("left behind",))
    sweeps.append(lambda: [left_behind])
    db.session.commit()

    queue.sweep()

    assert (queue.drain(), ran) == (1, [(agency.id, ("left behind",))])


def test_of_all_the_threads_of_a_worker_one_sweeps_at_the_start(
    queue: JobQueue, agency: Agency, sweeps: list[work.Sweep]
) -> None:
    swept: list[int] = []
    sweeps.append(lambda: swept.append(1) or [])
    db.session.commit()

    (at_start,) = queue.huey._startup.values()  # noqa: SLF001 - as each thread of huey does
    for _thread in range(4):
        at_start()

    assert swept == [1]


def test_a_worker_is_late_until_it_says_a_word_and_three_minutes_after_the_last(
    queue: JobQueue, sweeps: list[work.Sweep]
) -> None:
    db.session.commit()
    assert worker_is_late() is True

    db.session.commit()
    for moment in (NOON - timedelta(hours=1), NOON):
        with clock.at(moment):
            queue.sweep()

    assert db.session.scalars(select(WorkerBeat.at)).all() == [NOON]
    with clock.at(NOON + WORKER_IS_LATE):
        assert worker_is_late() is False
    with clock.at(NOON + WORKER_IS_LATE + timedelta(seconds=1)):
        assert worker_is_late() is True
