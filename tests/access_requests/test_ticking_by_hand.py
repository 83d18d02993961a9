"""Below Enterprise no permission set can be set by API: a manual step says what to tick instead."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from portal.access_requests import proposals, taking
from portal.access_requests.proposal_queries import proposal_of
from portal.agencies.models import Member
from portal.core.db import db
from portal.core.errors import NotNow
from portal.crm.protocol import Capability, Reason
from portal.job_roles.actions import Choice, map_job_role
from portal.job_roles.queries import get_job_role
from portal.provisioning import actions as provisioning
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.states import StepState
from portal.users.models import PermissionSet
from tests.access_requests.proposing import Answered
from tests.factories.crm import EVERYTHING_ALLOWED
from tests.fixtures.crm_account import Instants, go_on

Browse = Callable[[Member], FlaskClient]

BY_HAND = (
    "HubSpot&#39;s permission sets cannot be set here by API, so a manual step will tell you what to tick"
)
ALL_OF_IT = "The portal does all of it"
WHAT_SALES_DOES = "Looks after customers and wins new ones."


def refuse(answered: Answered, capability: Capability, reason: Reason, *scopes: str) -> None:
    """Let the examination of the connection have refused something."""
    refused = {"capability": capability, "allowed": False, "missing_scopes": scopes, "reason": reason}
    others = [found for found in EVERYTHING_ALLOWED if found["capability"] != capability]
    answered.place.connection.findings = [*others, refused]
    db.session.commit()


def map_sales(answered: Answered, *seats: str) -> None:
    map_job_role(answered.place.account, get_job_role("sales_rep"), Choice(seats), answered.consultant)
    proposals.prepare(answered.request)
    db.session.commit()


def ticks(run: ProvisioningRun) -> list[ProvisioningStep]:
    return [step for step in run.by_hand if step.is_unreadable]


@pytest.fixture
def starter(answered: Answered) -> Answered:
    """An answered request in an account whose tier has no permission sets."""
    db.session.execute(delete(PermissionSet))
    refuse(answered, Capability.PERMISSION_SETS, Reason.TIER)
    map_sales(answered, "Core")
    return answered


def test_the_pages_say_for_each_person_what_is_ticked_by_hand(starter: Answered, signed_in: Browse) -> None:
    starter.add_person("Ben")
    browser, url = signed_in(starter.consultant), starter.url
    review = browser.get(f"{url}/proposal/review").text

    for name in ("Ana", "Ben"):
        assert f"{BY_HAND} for {name} Silva." in review
    assert review.count(WHAT_SALES_DOES) == 2
    assert ALL_OF_IT not in review
    edit, summary = browser.get(f"{url}/proposal").text, browser.get(url).text
    assert BY_HAND in edit
    assert 'permission_set_id"' not in edit
    assert BY_HAND in summary


def test_where_permission_sets_can_be_set_nothing_is_ticked_and_the_portal_does_all(
    answered: Answered, signed_in: Browse
) -> None:
    review = signed_in(answered.consultant).get(f"{answered.url}/proposal/review").text

    assert ALL_OF_IT in review
    assert BY_HAND not in review


def test_a_missing_scope_is_named_and_the_portal_does_only_the_rest(
    answered: Answered, signed_in: Browse
) -> None:
    db.session.execute(delete(PermissionSet))
    refuse(answered, Capability.PERMISSION_SETS, Reason.SCOPE, "settings.users.read")
    map_sales(answered, "Core")
    review = signed_in(answered.consultant).get(f"{answered.url}/proposal/review").text

    assert "permission sets: not allowed, needs settings.users.read" in review
    assert "The portal does the rest" in review
    assert ALL_OF_IT not in review
    assert BY_HAND not in review


def test_after_reading_back_one_step_says_what_to_tick_and_only_a_members_word_closes_it(
    starter: Answered, signed_in: Browse
) -> None:
    starter.confirm()
    run = starter.person.run
    (step,) = ticks(run)

    assert starter.states() == ("stopped", ["by_hand"])
    assert run.next_try_at is None  # there is nothing that reading again could prove
    assert WHAT_SALES_DOES in step.sent["wanted"]
    assert run.external_user_id in step.link
    page = signed_in(starter.consultant).get(starter.url).text
    assert WHAT_SALES_DOES in page
    assert "Check now" not in page
    assert starter.person.welcomed_at is None
    with pytest.raises(NotNow):
        provisioning.check_now(run, by=starter.consultant)
    db.session.rollback()

    provisioning.say_done(step, by=starter.consultant)
    db.session.commit()
    starter.work()

    assert starter.states() == ("onboarding", ["done"])
    assert starter.person.welcomed_at is not None
    (closed,) = ticks(starter.person.run)
    assert (closed.state, closed.done_by) == (StepState.DONE, starter.consultant.name)


def test_a_reading_for_another_step_neither_closes_nor_repeats_what_is_ticked(starter: Answered) -> None:
    starter.person.primary_team_id = starter.place.teams["North"]
    starter.confirm()
    starter.place.put(seatNames=["Core"])  # somebody takes the team away
    run = starter.person.run
    run.next_try_at = run.created_at
    db.session.commit()
    go_on(run)

    assert [step.sent["field"] for step in run.by_hand] == ["permissions", "primary_team_id"]
    starter.place.put(seatNames=["Core"], primaryTeamId=starter.place.teams["North"])
    go_on(run)

    assert [(step.sent["field"], step.is_open) for step in run.by_hand] == [
        ("permissions", True),
        ("primary_team_id", False),
    ]
    assert run.next_try_at is None


def test_killed_at_any_instant_the_step_is_there_once(starter: Answered, instants: Instants) -> None:
    kill_at, killed, found = 0, True, []
    while killed:
        kill_at += 1
        wanted = starter.place.wanted(email=f"ana{kill_at}@maple.example", permission_set_id=None)
        run = provisioning.plan(starter.place.account, wanted, to_tick=["Sales"])
        db.session.commit()
        killed = instants.advance(run, kill_at)
        go_on(run)
        found.append((run.state.value, len(ticks(run))))

    assert found == [("by_hand", 1)] * kill_at


def test_neither_seat_nor_set_is_fine_where_the_job_role_is_mapped_and_there_are_no_sets(
    starter: Answered,
) -> None:
    map_sales(starter)
    assert not proposal_of(starter.request).people[0].is_empty

    starter.person.job_role_id = get_job_role("marketer").id  # not mapped here, and seats could be chosen
    problem = proposals.find_problem(proposal_of(starter.request), ())
    assert str(problem) == (
        "Choose a seat for Ana Silva, or a job role that is mapped in this account, or leave them out."
    )


def test_the_trail_keeps_what_the_page_said(starter: Answered) -> None:
    notes = [str(note) for note in taking.notes_of(proposal_of(starter.request), invites=True)]

    assert any("a manual step will tell you what to tick for Ana Silva." in note for note in notes)
