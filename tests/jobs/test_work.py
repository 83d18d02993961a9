import logging
from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.core.db import db
from portal.jobs import work
from portal.jobs.queue import JobQueue

Ran = list[tuple[int, tuple[object, ...]]]


def test_a_nudge_is_pushed_only_after_the_commit(queue: JobQueue, agency: Agency, ran: Ran) -> None:
    work.enqueue("test.note", 7, "seven")
    assert (queue.drain(), ran) == (0, [])

    db.session.commit()

    assert (queue.drain(), ran) == (1, [(agency.id, (7, "seven"))])


def test_a_rollback_forgets_the_nudge(queue: JobQueue, ran: Ran) -> None:
    work.enqueue("test.note")
    db.session.rollback()
    db.session.commit()

    assert (queue.drain(), ran) == (0, [])


def test_only_a_job_of_one_agency_can_be_enqueued(queue: JobQueue) -> None:
    with scope.every_agency(reason="test"), pytest.raises(scope.NoAgency):
        work.enqueue("test.note")


def test_a_name_that_no_room_answers_to_is_said(app: Flask) -> None:
    with pytest.raises(work.UnknownJob, match=r"test\.nothing"):
        work.run(app, work.Nudge("test.nothing", 1))


def test_a_job_sees_its_own_agency_alone(
    app: Flask, owner: Member, other_agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setitem(
        work.HANDLERS, "test.look", lambda: seen.extend(db.session.scalars(select(Member.name)))
    )
    with scope.every_agency(reason="test"):
        agency_ids = [owner.agency_id, other_agency.id]
    db.session.commit()

    for agency_id in agency_ids:
        work.run(app, work.Nudge("test.look", agency_id))

    assert seen == ["Olga Owner", "Canary Owner"]
    assert scope.current_agency_id() == agency_ids[0]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_step_that_fails_or_is_stopped_leaves_nothing(agency: Agency, failure: type[BaseException]) -> None:
    def fail() -> None:
        with work.step():
            agency.name = "Half done"
            db.session.flush()
            raise failure

    with pytest.raises(failure):
        fail()

    db.session.commit()
    assert db.session.scalars(select(Agency.name)).all() == ["Northlight"]


def test_steps_done_before_a_failure_stay(agency: Agency) -> None:
    with work.step():
        agency.name = "First step"
    db.session.rollback()

    assert db.session.scalars(select(Agency.name)).all() == ["First step"]


def test_a_sweep_looks_in_every_agency(app: Flask, owner: Member, sweeps: list[work.Sweep]) -> None:
    @work.sweep
    def members() -> Iterable[work.Nudge]:
        found = db.session.execute(select(Member.name, Member.agency_id).order_by(Member.name))
        return [work.Nudge("test.note", agency_id, (name,)) for name, agency_id in found]

    db.session.commit()

    assert sweeps == [members]
    assert [nudge.arguments for nudge in work.find_left_behind(app)] == [("Canary Owner",), ("Olga Owner",)]


def test_a_sweep_that_fails_is_logged_leaves_nothing_and_stops_no_other(
    app: Flask, agency: Agency, sweeps: list[work.Sweep], caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Iterable[work.Nudge]:
        db.session.add(Agency(name="Half done"))
        db.session.flush()
        raise ValueError

    sweeps += [broken, lambda: [work.Nudge("test.note", 1)]]
    with caplog.at_level(logging.ERROR, "portal.jobs.work"):
        assert work.find_left_behind(app) == [work.Nudge("test.note", 1)]

    assert caplog.messages == ["the sweep broken failed"]
    with scope.every_agency(reason="test"):
        assert sorted(db.session.scalars(select(Agency.name))) == ["Canary Partners", "Northlight"]
