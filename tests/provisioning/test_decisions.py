import pytest

from portal.agencies.models import Member
from portal.core.db import db
from portal.core.errors import NotNow
from portal.crm.protocol import Capability
from portal.jobs import work
from portal.provisioning import actions, engine
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.states import ADVANCE, StepKind
from tests.factories.users import PermissionSetFactory, TeamFactory
from tests.fixtures.crm_account import EMAIL, SEED, Instants, Place, go_on, said, steps


def allow(place: Place, *capabilities: Capability) -> None:
    """Let the connection do only this."""
    place.connection.findings = [{"capability": each, "allowed": True} for each in capabilities]
    db.session.commit()


def by_hand(run: ProvisioningRun) -> list[tuple[str, str, str]]:
    """Return title, state and instruction of each step by hand."""
    return [(str(step.title), step.state.value, step.message) for step in run.by_hand]


def test_an_existing_user_is_changed_after_a_yes_and_loses_nothing(place: Place, consultant: Member) -> None:
    place.add(firstName="Ana", lastName="Alves", seatNames=["Sales"], primaryTeamId=place.teams["South"])
    place.emulator.sign_in(SEED.token, EMAIL)
    run = place.run(secondary_team_ids=())

    actions.change_existing(run, by=consultant)
    db.session.commit()
    engine.advance(run.id)

    assert said(run) == ("done", "")
    assert [state for _, state, _ in steps(run)] == ["done", "done", "skipped", "done", "done"]
    (user,) = place.people()
    assert (user.last_name, user.seats, user.permission_set_id) == (
        "Alves",
        ("Sales", "Core"),
        place.sets["Sales rep"],
    )
    assert (user.primary_team_id, user.secondary_team_ids) == (
        place.teams["North"],
        (place.teams["South"],),
    )


def test_an_existing_user_who_has_it_all_is_not_written_to(place: Place, consultant: Member) -> None:
    place.run()
    again = place.run()
    place.emulator.control("calls/clear")

    actions.change_existing(again, by=consultant)
    db.session.commit()
    engine.advance(again.id)

    assert said(again) == ("done", "")
    assert place.emulator.calls("PUT") == []


def test_a_user_who_never_signed_in_is_changed_by_hand(place: Place, consultant: Member) -> None:
    place.add(seatNames=["Sales"])
    PermissionSetFactory(account_id=place.account.id, external_id=place.sets["Sales rep"], name="Sales rep")
    run = place.run(primary_team_id=None, secondary_team_ids=())

    actions.change_existing(run, by=consultant)
    db.session.commit()
    engine.advance(run.id)

    assert said(run) == ("by_hand", "Steps are left to be done by hand.")
    assert by_hand(run) == [
        ("Set the seat", "pending", "Set it to: Sales, Core. The CRM has: Sales."),
        ("Set the permission set", "pending", "Set it to: Sales rep. Nothing is set there yet."),
    ]
    user_id = run.external_user_id
    assert run.by_hand[0].link == f"https://app.hubspot.com/settings/139/users/user/{user_id}"


@pytest.mark.parametrize("may_change", [False, True])
def test_a_super_admin_is_never_changed(place: Place, consultant: Member, may_change: bool) -> None:  # noqa: FBT001
    run = place.run(email="boss@maple.example")
    if may_change:
        actions.change_existing(run, by=consultant)
        db.session.commit()
        engine.advance(run.id)

    assert said(run) == (
        "stopped",
        "Already in the account as Bo Ss (super admin). The portal never changes super admins.",
    )
    assert place.emulator.calls("PUT") == []


def test_killed_while_changing_an_existing_user_the_change_is_settled_by_looking(
    place: Place, consultant: Member
) -> None:
    place.add(seatNames=["Sales"])
    place.emulator.sign_in(SEED.token, EMAIL)
    run = place.run()
    actions.change_existing(run, by=consultant)
    db.session.commit()
    place.emulator.fail_next("drop-after", method="PUT")
    engine.advance(run.id)
    assert said(run)[0] == "waiting"

    go_on(run)

    assert said(run) == ("done", "")
    assert len(place.emulator.calls("PUT")) == 1


def test_what_reading_back_does_not_show_is_left_to_do_by_hand_and_closed_by_reading(
    place: Place, instants: Instants
) -> None:
    TeamFactory(account_id=place.account.id, external_id=place.teams["North"], name="North")
    run = place.plan(secondary_team_ids=())
    assert instants.advance(run, 22)  # the create is noted, and nothing was read back yet
    place.put(roleId=place.sets["Sales rep"], seatNames=["Core"])
    go_on(run)
    assert said(run) == ("by_hand", "Steps are left to be done by hand.")
    assert by_hand(run) == [("Set the main team", "pending", "Set it to: North. Nothing is set there yet.")]

    place.put(roleId=place.sets["Sales rep"], seatNames=["Core"], primaryTeamId=place.teams["North"])
    go_on(run)
    assert said(run) == ("done", "")
    assert by_hand(run) == [("Set the main team", "done", "Seen in the CRM.")]


def test_a_dead_end_can_be_tried_again(place: Place, consultant: Member) -> None:
    run = place.run(seats=("Service",))
    place.emulator.control("seats", token=SEED.token, name="Service", remaining=1)

    actions.try_again(run, by=consultant)
    db.session.commit()
    engine.advance(run.id)

    assert said(run) == ("done", "")


def test_trying_again_after_a_create_in_doubt_still_looks_first(place: Place, consultant: Member) -> None:
    place.emulator.fail_next("error-after", method="POST")
    run = place.run()
    place.emulator.control("revoke", token=SEED.token)
    go_on(run)
    assert said(run)[0] == "stopped"

    place.emulator.control("revoke", token=SEED.token, on=False)
    place.connection.state = "active"
    actions.try_again(run, by=consultant)
    db.session.commit()
    engine.advance(run.id)

    assert said(run) == ("done", "")
    assert len(place.creates()) == 1


def test_an_account_that_may_not_create_is_done_by_hand_and_checked(place: Place, consultant: Member) -> None:
    allow(place, Capability.LIST_USERS)
    run = place.plan()
    assert [str(step.title) for step in run.by_hand] == [
        "Add the user",
        "Set the seat",
        "Set the permission set",
        "Set the main team",
        "Set the other teams",
    ]

    actions.check_now(run, by=consultant)
    db.session.commit()
    engine.advance(run.id)
    assert said(run)[0] == "by_hand"

    sent = place.wanted()
    place.add(roleId=sent.permission_set_id, seatNames=["Core"], primaryTeamId=place.teams["North"])
    go_on(run)
    assert said(run)[0] == "by_hand"
    assert [str(step.title) for step in run.by_hand if step.is_open] == ["Set the other teams"]

    actions.say_done(run.by_hand[-1], by=consultant)
    assert said(run) == ("done", "")
    assert [step.done_by for step in run.by_hand] == ["", "", "", "", "Cora Consultant"]
    assert place.creates() == [201]  # by the person, not by the portal


def test_steps_by_hand_are_looked_at_again_by_themselves(place: Place) -> None:
    allow(place, Capability.LIST_USERS)
    run = place.plan()
    run.next_try_at = run.created_at
    db.session.commit()

    nudges = [nudge for nudge in work.find_left_behind(place.app) if nudge.name == ADVANCE]

    assert [nudge.arguments for nudge in nudges] == [(run.id,)]


def test_without_a_connection_nothing_can_be_checked_but_all_can_be_said(
    place: Place, consultant: Member
) -> None:
    allow(place)
    run = place.plan()

    with pytest.raises(NotNow):
        actions.check_now(run, by=consultant)
    for step in run.by_hand:
        actions.say_done(step, by=consultant)

    assert said(run) == ("done", "")


@pytest.mark.parametrize("decide", [actions.try_again, actions.change_existing, actions.leave_out])
def test_a_run_that_goes_on_takes_no_decisions(place: Place, consultant: Member, decide: object) -> None:
    run = place.plan()

    with pytest.raises(NotNow):
        decide(run, by=consultant)


def test_a_step_the_portal_does_is_not_done_by_a_word(place: Place, consultant: Member) -> None:
    allow(place, Capability.LIST_USERS)
    run = place.plan()

    with pytest.raises(NotNow):
        actions.say_done(run.step(StepKind.READ_BACK), by=consultant)


def test_the_sweep_finds_a_run_whose_worker_vanished_and_no_other(place: Place) -> None:
    lost, done = place.plan(email="lost@maple.example"), place.run()

    nudges = [nudge for nudge in work.find_left_behind(place.app) if nudge.name == ADVANCE]

    assert said(done) == ("done", "")
    assert [nudge.arguments for nudge in nudges] == [(lost.id,)]


def test_two_workers_at_once_make_one_user(place: Place) -> None:
    run = place.plan()
    first = engine._take(run.id)  # noqa: SLF001 - one worker, held still at its first breath
    db.session.commit()
    assert first is not None

    engine.advance(run.id)
    assert place.emulator.calls() == []

    go_on(run)
    assert said(run) == ("done", "")
    assert place.creates() == [201]
