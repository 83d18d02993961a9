"""After a stop before anything was written, the proposal can be reopened for that person and changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import proposals, scheduling
from portal.access_requests.models import RequestPerson
from portal.access_requests.proposal_queries import open_proposal_of
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.provisioning import actions as provisioning
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.states import RunState, StepKind, StepState
from tests.access_requests.proposing import Answered

Browse = Callable[[Member], FlaskClient]


@pytest.fixture
def ben(answered: Answered) -> RequestPerson:
    """The second of two people: the first is done, and he stopped since no Service seat is left."""
    ben = answered.add_person("Ben")
    ben.seats = ["Service"]
    db.session.commit()
    answered.confirm()
    assert answered.states() == ("stopped", ["done", "stopped"])
    return ben


def reopen(answered: Answered, person: RequestPerson) -> None:
    proposals.reopen(answered.request, person, answered.consultant)
    db.session.commit()


def confirm_again(answered: Answered) -> None:
    db.session.commit()
    proposals.confirm(answered.request, answered.request.version, (), answered.consultant)
    db.session.commit()
    answered.work()


def test_a_stopped_person_gets_another_seat_and_who_is_done_is_not_run_twice(
    answered: Answered, ben: RequestPerson, signed_in: Browse
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    first_run = answered.person.run_id
    assert "Change the proposal" in browser.get(url).text

    answer = browser.submit(f"{url}/people/{ben.id}/reopen", at=url)
    assert (answer.status_code, answer.location) == (303, f"{url}/proposal")
    page = browser.get(f"{url}/proposal").text
    assert "No free seat of this kind: Service. Nothing was written." in page
    assert f'name="person-{answered.person.id}-first_name"' not in page
    given = {
        "version": answered.request.version,
        f"person-{ben.id}-first_name": "Ben",
        f"person-{ben.id}-last_name": "Silva",
        f"person-{ben.id}-job_role_id": ben.job_role_id,
        f"person-{ben.id}-seats": ["Core"],
    }
    assert browser.submit(f"{url}/proposal", at=f"{url}/proposal", **given).status_code == 303
    version = answered.request.version
    browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", version=version)
    answered.work()

    assert answered.states() == ("onboarding", ["done", "done"])
    assert answered.person.run_id == first_run
    assert answered.place.people("ben@maple.example")[0].seats == ("Core",)
    assert len(answered.place.people()) == 1
    assert answered.place.creates() == [201, 201]


def test_the_request_and_its_timeline_tell_that_the_proposal_is_open_again(
    answered: Answered, ben: RequestPerson, signed_in: Browse
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    browser.submit(f"{url}/people/{ben.id}/reopen", at=url)
    answered.work()

    page = browser.get(url).text

    assert answered.states() == ("stopped", ["done", "reopened"])
    assert answered.place.account.waiting_for_us == 1
    assert "Proposal reopened" in page
    assert "reopened the proposal for Ben Silva" in page
    assert "Check and confirm" in page
    assert "Try again" not in page
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "access_request.reopened")).one()
    assert entry.details["reason"] == "No free seat of this kind: Service. Nothing was written."


def test_who_is_taken_out_of_a_reopened_proposal_is_left_out_and_the_rest_goes_on(
    answered: Answered, ben: RequestPerson
) -> None:
    reopen(answered, ben)
    choice = answered.choice(ben, is_left_out=True)
    proposals.change(answered.request, answered.request.version, {ben.id: choice}, answered.consultant)
    confirm_again(answered)

    assert answered.states() == ("onboarding", ["done", "cancelled"])
    assert answered.place.creates() == [201]


def test_the_first_run_is_kept_and_closed(answered: Answered, ben: RequestPerson) -> None:
    stopped = ben.run_id
    reopen(answered, ben)
    answered.place.emulator.control("seats", token="demo-enterprise-9", name="Service", remaining=1)
    confirm_again(answered)

    assert answered.states() == ("onboarding", ["done", "done"])
    before = db.session.get_one(ProvisioningRun, stopped)
    assert (before.state, before.reason) == (RunState.CANCELLED, "A changed proposal took its place.")


def test_of_two_consultants_the_second_is_told(
    answered: Answered, ben: RequestPerson, owner: Member, signed_in: Browse
) -> None:
    browser, url, seen = signed_in(owner), answered.url, answered.request.version
    reopen(answered, ben)

    for verb in ("reopen", "try-again"):
        assert browser.submit(f"{url}/people/{ben.id}/{verb}", at=url).status_code == 409
    stale = browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", version=seen)
    assert stale.status_code == 409
    assert ben.run.state is RunState.REOPENED


def test_a_reopened_proposal_cannot_be_confirmed_twice(answered: Answered, ben: RequestPerson) -> None:
    reopen(answered, ben)
    confirm_again(answered)

    with pytest.raises(NotNow):
        proposals.confirm(answered.request, answered.request.version, (), answered.consultant)


def test_the_proposal_is_open_for_nobody_else(answered: Answered, ben: RequestPerson) -> None:
    reopen(answered, ben)
    theirs = answered.choice(answered.person, seats=["Sales"])

    proposals.change(
        answered.request, answered.request.version, {answered.person.id: theirs}, answered.consultant
    )

    assert [shown.person for shown in open_proposal_of(answered.request).people] == [ben]
    assert answered.person.seats == ["Core"]


@pytest.mark.parametrize(
    ("state", "kind", "step"),
    [
        (RunState.RUNNING, StepKind.SEATS, StepState.STARTED),
        (RunState.WAITING, StepKind.CREATE, StepState.PENDING),
        (RunState.STOPPED, StepKind.CREATE, StepState.STARTED),
        (RunState.STOPPED, StepKind.CREATE, StepState.DONE),
        (RunState.BY_HAND, StepKind.CREATE, StepState.PENDING),
        (RunState.DONE, StepKind.CREATE, StepState.DONE),
    ],
)
def test_what_goes_on_or_may_have_been_written_is_not_reopened(
    answered: Answered, ben: RequestPerson, state: RunState, kind: StepKind, step: StepState
) -> None:
    ben.run.state, ben.run.step(kind).state = state, step
    db.session.flush()

    with pytest.raises(NotNow):
        reopen(answered, ben)


def test_who_is_reopened_can_still_be_left_out_at_once(answered: Answered, ben: RequestPerson) -> None:
    reopen(answered, ben)
    provisioning.leave_out(ben.run, by=answered.consultant)
    db.session.commit()
    answered.work()

    assert answered.states() == ("onboarding", ["done", "cancelled"])


DAY = date(2026, 12, 7)
CONFIRMED = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
MORNING = datetime(2026, 12, 7, 6, 0, tzinfo=UTC)  # seven o'clock in Brussels, where the agency is


@pytest.fixture
def cleo(answered: Answered) -> RequestPerson:
    """Reopened after a stop, while Ana still waits for her first working day."""
    cleo = answered.add_person("Cleo")
    cleo.seats, answered.person.start_date = ["Service"], DAY
    confirm_on_the_first(answered)
    assert answered.states() == ("stopped", ["stopped"])
    reopen(answered, cleo)
    cleo.seats = ["Core"]
    db.session.commit()
    return cleo


def confirm_on_the_first(answered: Answered) -> None:
    with clock.at(CONFIRMED):
        request = answered.request
        proposals.confirm(request, request.version, (), answered.consultant, waits=True)
        db.session.commit()
        answered.work()


def morning_comes(answered: Answered) -> None:
    with clock.at(MORNING):
        scheduling.start_due(answered.request)
        db.session.commit()
        answered.work()


def test_who_waits_for_a_first_day_goes_on_waiting_while_another_is_reopened_and_set_up(
    answered: Answered, cleo: RequestPerson
) -> None:
    assert [part.person for part in open_proposal_of(answered.request).people] == [cleo]
    confirm_on_the_first(answered)

    assert answered.states() == ("scheduled", ["done"])
    assert answered.person.is_scheduled
    morning_comes(answered)
    assert answered.states() == ("onboarding", ["done", "done"])
    assert answered.place.creates() == [201, 201]


def test_the_first_day_comes_while_another_is_reopened(answered: Answered, cleo: RequestPerson) -> None:
    morning_comes(answered)
    assert answered.states() == ("stopped", ["done", "reopened"])

    confirm_on_the_first(answered)
    assert answered.states() == ("onboarding", ["done", "done"])
    assert answered.place.creates() == [201, 201]


def test_who_is_reopened_can_wait_for_a_first_day_too(answered: Answered, cleo: RequestPerson) -> None:
    cleo.start_date = DAY
    db.session.commit()
    confirm_on_the_first(answered)
    assert answered.states() == ("scheduled", [])
    assert cleo.is_scheduled

    morning_comes(answered)
    assert answered.states() == ("onboarding", ["done", "done"])


def test_who_is_reopened_is_left_out_and_the_other_goes_on_waiting(
    answered: Answered, cleo: RequestPerson
) -> None:
    choice = answered.choice(cleo, is_left_out=True)
    proposals.change(answered.request, answered.request.version, {cleo.id: choice}, answered.consultant)
    db.session.commit()
    confirm_on_the_first(answered)

    assert answered.states() == ("scheduled", ["cancelled"])
    morning_comes(answered)
    assert answered.states() == ("onboarding", ["done", "cancelled"])
