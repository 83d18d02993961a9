from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.states import Health
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.crm.connections import SWITCHED_OFF
from portal.crm.hubspot.refusals import OUTCOME_UNKNOWN
from portal.crm.protocol import Capability, CrmUser
from portal.crm.states import ConnectionState
from portal.provisioning import engine
from portal.provisioning.states import RunState, StepKind, StepState
from tests.fixtures.crm_account import EMAIL, SEED, USERS, Place, go_on, let_time_pass, said, steps


def test_a_user_is_looked_up_created_whole_and_read_back(place: Place) -> None:
    run = place.run()

    assert said(run) == ("done", "")
    assert steps(run) == [
        ("look_up", "done", 1),
        ("seats", "done", 1),
        ("create", "done", 1),
        ("read_back", "done", 1),
    ]
    assert place.people() == [
        CrmUser(
            id=run.external_user_id,
            email=EMAIL,
            first_name="Ana",
            last_name="Silva",
            permission_set_id=place.sets["Sales rep"],
            seats=("Core",),
            primary_team_id=place.teams["North"],
            secondary_team_ids=(place.teams["South"],),
        )
    ]


def test_each_step_keeps_what_was_sent_and_what_was_read(place: Place) -> None:
    run = place.run()
    look_up, check, create, read_back = run.steps

    assert look_up.sent == {"email": EMAIL}
    assert (check.sent, check.read) == (
        {"seats": ["Core"]},
        {"free": {"Core": 900, "Sales": 900, "Service": 0}},
    )
    assert create.sent == {
        "email": EMAIL,
        "first_name": "Ana",
        "last_name": "Silva",
        "permission_set_id": place.sets["Sales rep"],
        "seats": ["Core"],
        "primary_team_id": place.teams["North"],
        "secondary_team_ids": [place.teams["South"]],
        "send_welcome_email": False,
    }
    assert read_back.sent == {"user_id": run.external_user_id}
    assert read_back.read["seats"] == ["Core"]


def test_the_trail_tells_of_the_creation_and_the_reading(place: Place) -> None:
    place.run()

    trail = db.session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).all()
    assert [(entry.actor_kind, entry.action, entry.subject_name) for entry in trail] == [
        ("portal", "user.created", "Ana Silva"),
        ("portal", "user.read_back", "Ana Silva"),
    ]


def test_advancing_a_finished_run_does_nothing(place: Place) -> None:
    run = place.run()
    place.emulator.control("calls/clear")

    go_on(run)

    assert place.emulator.calls() == []


def test_a_run_that_another_worker_holds_is_left_alone(place: Place) -> None:
    run = place.plan()
    run.lease_until = clock.now() + timedelta(minutes=1)
    db.session.commit()

    engine.advance(run.id)

    assert place.emulator.calls() == []


def test_who_is_there_already_is_never_adopted_silently(place: Place) -> None:
    place.add(firstName="Ana", lastName="Alves", seatNames=["Core"])

    run = place.run()

    assert said(run) == ("stopped", "Already in the account as Ana Alves (Core). Change that user?")
    assert steps(run) == [
        ("look_up", "stopped", 1),
        ("seats", "pending", 0),
        ("create", "pending", 0),
        ("read_back", "pending", 0),
    ]


def test_a_twin_that_appears_just_before_the_create_stops_it(place: Place) -> None:
    place.emulator.fail_next("error", method="POST", status=409, category="CONFLICT")

    run = place.run()

    assert said(run) == (
        "stopped",
        "A user with this address is already in the account. Decide whether to change that user.",
    )
    assert place.people() == []


def test_after_a_lost_answer_the_user_found_is_ours(place: Place) -> None:
    place.emulator.fail_next("drop-after", method="POST")

    run = place.run()
    assert said(run)[0] == "waiting"
    go_on(run)

    assert said(run) == ("done", "")
    assert run.step(StepKind.CREATE).message == "Found after an interruption: the create had worked."
    assert len(place.people()) == 1
    assert len(place.creates()) == 1


def test_after_a_lost_answer_a_different_user_is_a_question_to_a_person(place: Place) -> None:
    place.emulator.fail_next("drop-before", method="POST")
    run = place.run()
    place.add(firstName="Ana", lastName="Alves", seatNames=["Sales"])

    go_on(run)

    what = "The create was interrupted, and now Ana Alves (Sales) is in the account"
    assert said(run) == ("stopped", f"{what}, which is not what was sent. Change that user?")
    assert len(place.people()) == 1


def test_after_a_lost_request_absence_is_proven_and_the_create_made_once_more(place: Place) -> None:
    place.emulator.fail_next("drop-before", method="POST")
    run = place.run()

    go_on(run)

    assert said(run) == ("done", "")
    assert place.creates() == [None, 201]


def test_before_time_has_passed_a_lost_create_is_not_made_again(place: Place) -> None:
    place.emulator.fail_next("drop-before", method="POST")
    run = place.run()
    assert run.next_try_at - run.step(StepKind.CREATE).started_at >= timedelta(seconds=30)

    engine.advance(run.id)

    assert place.creates() == [None]


@pytest.mark.parametrize(("kind", "least"), [("ten-secondly", 8), ("locked", 1), ("daily", 60)])
def test_a_rate_limit_on_the_create_waits_as_long_as_the_crm_says(
    place: Place, kind: str, least: int
) -> None:
    place.emulator.fail_next(kind, method="POST")

    run = place.run()

    assert said(run) == ("waiting", "The CRM asks us to slow down. The portal goes on by itself.")
    assert run.next_try_at - clock.now() > timedelta(seconds=least)
    let_time_pass(run, timedelta(days=2))
    engine.advance(run.id)
    assert said(run) == ("done", "")
    assert len(place.people()) == 1


def test_an_unreachable_crm_is_tried_a_few_times_and_then_a_person_is_asked(place: Place) -> None:
    place.emulator.fail_next("error", method="POST", times=100)
    run = place.run()
    waited = 0
    while said(run)[0] == "waiting":
        waited += 1
        go_on(run)

    assert waited == 5
    assert said(run) == ("stopped", f"Tried 6 times. The last time: {OUTCOME_UNKNOWN}")
    assert place.people() == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            {"status": 403, "category": "MISSING_SCOPES"},
            (
                "The token may not do this: it needs settings.users.write or crm.objects.users.write. "
                "Add that in the CRM, then connect again."
            ),
        ),
        (
            {"status": 400, "category": "VALIDATION_ERROR"},
            "The CRM refused this. What it said is below.",
        ),
        (
            {"status": 401, "category": "INVALID_AUTHENTICATION"},
            "The CRM refused the token. Paste a new one under Connection; nothing was changed.",
        ),
    ],
)
def test_a_refusal_stops_the_run_in_words(place: Place, fault: dict[str, object], reason: str) -> None:
    place.emulator.fail_next("error", method="POST", **fault)

    run = place.run()

    assert said(run) == ("stopped", reason)
    assert steps(run)[2] == ("create", "stopped", 1)
    assert run.step(StepKind.CREATE).read["crm"]["status"] == fault["status"]
    assert place.people() == []


def test_without_a_seat_the_run_stops_in_words(place: Place) -> None:
    run = place.run(seats=("Service",))

    assert said(run) == ("stopped", "No free seat of this kind: Service. Nothing was written.")
    assert steps(run)[1] == ("seats", "stopped", 1)
    assert run.step(StepKind.SEATS).link.endswith("/seats")
    assert place.creates() == []


def test_a_seat_that_the_crm_refuses_although_it_listed_it_stops_the_run_in_words(place: Place) -> None:
    place.emulator.fail_next(
        "error", method="POST", status=400, category="NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"
    )

    run = place.run()

    assert said(run) == (
        "stopped",
        "No seat of this kind is left. Free one or order one in the CRM, then try again.",
    )
    assert place.people() == []


def test_the_last_seat_is_not_counted_on_twice(place: Place) -> None:
    place.emulator.control("seats", token=SEED.token, name="Service", remaining=1)
    first = place.plan(seats=("Service",))
    first.move_to(RunState.RUNNING)
    first.step(StepKind.SEATS).end(StepState.DONE)  # it is about to create the user
    db.session.commit()

    second = place.run(email="ben@maple.example", seats=("Service",))

    assert said(second) == ("stopped", "No free seat of this kind: Service. Nothing was written.")
    assert place.creates() == []


@pytest.mark.parametrize(("status", "category"), [(403, "MISSING_SCOPES"), (400, "VALIDATION_ERROR")])
def test_seats_that_the_crm_does_not_tell_stop_nothing(place: Place, status: int, category: str) -> None:
    place.emulator.fail_next("error", path=f"{USERS}/seats", status=status, category=category)

    run = place.run()

    assert said(run) == ("done", "")
    assert steps(run)[1] == ("seats", "skipped", 1)
    assert (place.connection.failures, place.account.health) == (0, Health.HEALTHY)


def test_a_kind_without_a_figure_is_not_none_left(place: Place) -> None:
    place.emulator.control("seats", token=SEED.token, name="Core", remaining=None)

    run = place.run()

    assert said(run) == ("done", "")


def test_a_rate_limit_on_reading_the_seats_waits_and_looks_at_the_address_again(place: Place) -> None:
    place.emulator.fail_next("daily", path=f"{USERS}/seats")

    run = place.run()
    assert said(run)[0] == "waiting"
    assert place.creates() == []
    let_time_pass(run, timedelta(days=2))
    engine.advance(run.id)

    assert said(run) == ("done", "")
    assert steps(run)[0] == ("look_up", "done", 2)


def test_without_a_seat_or_without_the_right_to_read_them_nothing_is_checked(place: Place) -> None:
    assert place.run(seats=()).step(StepKind.SEATS) is None
    place.connection.findings = [
        {**found, "allowed": found["capability"] != Capability.SEATS} for found in place.connection.findings
    ]

    assert place.plan(email="ben@maple.example").step(StepKind.SEATS) is None


def test_a_dead_token_stops_the_run_and_switches_the_connection_off(place: Place) -> None:
    place.emulator.control("revoke", token=SEED.token)

    run = place.run()

    assert said(run)[0] == "stopped"
    assert (place.connection.state, place.account.health) == (ConnectionState.DEAD, Health.BROKEN)


def test_a_connection_that_was_ended_meanwhile_stops_the_run_in_words(place: Place) -> None:
    run = place.plan()
    place.connection.state = ConnectionState.DEAD
    db.session.commit()

    engine.advance(run.id)

    assert said(run) == ("stopped", str(SWITCHED_OFF))
    assert run.lease_until is None


def test_a_seat_the_crm_adds_by_itself_is_said_and_does_not_stop(place: Place) -> None:
    run = place.run(permission_set_id=place.sets["Sales pro"])

    assert said(run) == ("done", "")
    assert run.step(StepKind.READ_BACK).message == (
        "Everything is as it was asked for. The CRM also gave the seat Sales."
    )


def test_a_run_that_wrote_in_the_same_instant_takes_its_seat_once(place: Place) -> None:
    place.emulator.control("seats", token=SEED.token, name="Service", remaining=2)

    with clock.at(clock.now()):
        runs = [place.run(email=f"{name}@maple.example", seats=("Service",)) for name in ("ana", "ben")]

    assert [run.state for run in runs] == [RunState.DONE, RunState.DONE]
