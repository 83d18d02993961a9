"""The promise at the heart of it: whatever dies whenever, there is one user."""

import pytest

from portal.core import clock
from portal.core.db import db
from portal.jobs import work
from portal.jobs.models import WorkerBeat
from portal.provisioning import engine
from portal.provisioning.states import ADVANCE
from tests.fixtures.crm_account import EMAIL, Instants, Place, go_on, let_time_pass, said


def test_killed_at_any_instant_and_resumed_there_is_exactly_one_user(
    place: Place, instants: Instants
) -> None:
    kill_at, ended = 0, []
    killed = True
    while killed:
        kill_at += 1
        email = f"ana{kill_at}@maple.example"
        run = place.plan(email=email)
        killed = instants.advance(run, kill_at)
        go_on(run)
        ended.append((said(run), len(place.people(email))))

    assert kill_at > 22
    assert ended == [(("done", ""), 1)] * kill_at
    assert place.creates() == [201] * kill_at


def test_killed_again_while_resuming_there_is_still_exactly_one_user(
    place: Place, instants: Instants
) -> None:
    ended: list[tuple[str, str]] = []
    for first in range(1, 26, 3):
        for second in range(17, 23):
            run = place.plan(email=f"ana{first}.{second}@maple.example")
            instants.advance(run, first)
            let_time_pass(run)
            instants.advance(run, second)
            go_on(run)
            ended.append(said(run))

    assert ended == [("done", "")] * len(ended)
    assert place.creates() == [201] * len(ended)


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "error-after", "error"])
def test_killed_at_any_instant_on_a_line_that_loses_the_create_there_is_one_user(
    place: Place, instants: Instants, kind: str
) -> None:
    ended = []
    for kill_at in range(1, 26):
        email = f"ana{kill_at}@maple.example"
        run = place.plan(email=email)
        place.emulator.fail_next(kind, method="POST")
        instants.advance(run, kill_at)
        go_on(run, times=3)
        place.emulator.control("faults/clear")
        ended.append((said(run), len(place.people(email))))

    assert ended == [(("done", ""), 1)] * 25


def test_a_create_under_way_when_its_worker_died_is_given_time_before_absence_counts(
    place: Place, instants: Instants
) -> None:
    run = place.plan()
    assert instants.advance(run, 18)  # before the create leaves
    run.lease_until = None
    db.session.commit()
    engine.advance(run.id)

    assert said(run) == (
        "waiting",
        "It is not known yet whether the user was created. The portal looks again.",
    )
    assert place.creates() == []

    go_on(run)
    assert said(run) == ("done", "")
    assert len(place.people(EMAIL)) == 1


def to_advance(place: Place) -> list[tuple[object, ...]]:
    return [nudge.arguments for nudge in work.find_left_behind(place.app) if nudge.name == ADVANCE]


def test_what_a_gone_worker_held_is_taken_over_at_the_next_sweep(place: Place, instants: Instants) -> None:
    run = place.plan()
    assert instants.advance(run, 18)  # before the create leaves
    run.held_by = "gone"
    db.session.commit()

    assert to_advance(place) == [(run.id,)]


def test_what_a_living_worker_holds_is_left_alone(place: Place, instants: Instants) -> None:
    run = place.plan()
    assert instants.advance(run, 18)
    run.held_by = "living"
    db.session.add(WorkerBeat(name="living", at=clock.now()))
    db.session.commit()

    assert to_advance(place) == []
