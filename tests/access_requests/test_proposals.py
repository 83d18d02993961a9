import pytest

from portal.access_requests import proposals
from portal.access_requests.proposal_queries import SeatUse, changes_since, proposal_of
from portal.access_requests.proposals import NotReady, SomebodyElseChangedIt
from portal.agencies.models import Member
from portal.core.db import db
from portal.core.errors import NotNow
from portal.job_roles.models import JobRole
from portal.job_roles.queries import get_job_role
from portal.users.models import PermissionSet, Seat, Team
from tests.access_requests.proposing import Answered, lines
from tests.factories.users import UserFactory


def test_an_answer_becomes_what_the_job_role_means_in_the_account(answered: Answered) -> None:
    assert lines(answered) == [
        ("Address", "", "ana@maple.example"),
        ("First name", "", "Ana"),
        ("Last name", "", "Silva"),
        ("Seat", "", "Core"),
        ("Permission set", "", "Sales rep"),
        ("Main team", "", "North"),
        ("Other teams", "", "South"),
    ]


def test_an_unmapped_job_role_is_shown_and_never_guessed(answered: Answered) -> None:
    ben = answered.add_person("Ben", "marketer")

    shown = proposal_of(answered.request).people[1]
    assert (ben.seats, ben.permission_set_id, ben.primary_team_id) == ([], None, None)
    assert [str(problem) for problem in shown.problems] == ["not mapped in this account"]


def test_a_target_that_vanished_is_shown_and_left_open(answered: Answered) -> None:
    db.session.query(PermissionSet).filter(PermissionSet.name == "Sales rep").delete()

    proposals.prepare(answered.request)

    (shown,) = proposal_of(answered.request).people
    assert answered.person.permission_set_id is None
    assert [str(problem) for problem in shown.problems] == ["vanished: 'Sales rep' is gone from the CRM"]


def test_who_got_no_job_role_is_declined_and_not_set_up(answered: Answered) -> None:
    ben = answered.add_person("Ben", None)
    ben.is_declined = True

    assert [each.person.name for each in proposal_of(answered.request).included] == ["Ana Silva"]


def test_an_existing_user_is_shown_before_and_after(answered: Answered) -> None:
    UserFactory(
        account_id=answered.place.account.id,
        email="ana@maple.example",
        first_name="Ana",
        last_name="Alves",
        seats=["Sales"],
    )

    assert lines(answered)[2:5] == [
        ("Last name", "Alves", "Silva"),
        ("Seat", "Sales", "Core"),
        ("Permission set", "", "Sales rep"),
    ]


def test_seats_are_counted_over_all_people(answered: Answered) -> None:
    for name in ("Ben", "Cleo"):
        answered.add_person(name)

    assert proposal_of(answered.request).seats == (SeatUse("Core", 3, 2),)
    assert proposal_of(answered.request).seats[0].is_short


def test_a_permission_set_that_costs_a_seat_is_named(answered: Answered) -> None:
    answered.person.permission_set_id = answered.place.sets["Sales pro"]

    assert proposal_of(answered.request).costs == ("Sales pro",)


def test_a_change_is_kept_and_recorded_field_by_field(answered: Answered) -> None:
    choice = answered.choice(answered.person, seats=["Sales"], first_name="Anna")
    version = answered.request.version

    proposals.change(answered.request, version, {answered.person.id: choice}, answered.consultant)

    (entry,) = changes_since(answered.request, version)
    assert entry.actor_name == "Cora Consultant"
    assert entry.details["changes"] == [
        {"person": "Anna Silva", "field": "First name", "before": "Ana", "after": "Anna"},
        {"person": "Anna Silva", "field": "Seat", "before": "Core", "after": "Sales"},
    ]
    assert answered.request.version == version + 1


def test_saving_without_a_change_records_nothing(answered: Answered) -> None:
    choice = answered.choice(answered.person)

    version = answered.request.version
    proposals.change(answered.request, version, {answered.person.id: choice}, answered.consultant)

    assert changes_since(answered.request, 0) == []


def test_the_second_of_two_consultants_is_refused(answered: Answered, owner: Member) -> None:
    seen = answered.request.version
    first = answered.choice(answered.person, seats=["Sales"])
    proposals.change(answered.request, seen, {answered.person.id: first}, owner)

    with pytest.raises(SomebodyElseChangedIt):
        proposals.change(answered.request, seen, {}, answered.consultant)
    with pytest.raises(SomebodyElseChangedIt):
        proposals.confirm(answered.request, seen, [], answered.consultant)


def test_confirming_twice_is_refused(answered: Answered) -> None:
    answered.confirm()

    with pytest.raises(NotNow):
        proposals.confirm(answered.request, answered.request.version, [], answered.consultant)


def test_who_gets_nothing_must_be_decided_about(answered: Answered) -> None:
    answered.add_person("Ben", "marketer")

    with pytest.raises(NotReady) as caught:
        proposals.confirm(answered.request, answered.request.version, [], answered.consultant)

    assert str(caught.value) == "Choose a seat or a permission set for Ben Silva, or leave them out."


def test_admin_rights_are_confirmed_by_name(answered: Answered) -> None:
    get_job_role("sales_rep").is_admin = True
    person = answered.person.id

    with pytest.raises(NotReady) as caught:
        answered.confirm()
    assert str(caught.value) == "Confirm that Ana Silva gets admin rights, or change it."

    answered.confirm(admins=(person,))
    assert answered.request.state == "onboarding"


def test_an_administrators_permission_set_under_another_job_role_is_admin_too(answered: Answered) -> None:
    get_job_role("sales_rep").is_admin = True
    answered.person.job_role_id = get_job_role("marketer").id

    assert proposal_of(answered.request).people[0].is_admin


def test_nobody_left_is_refused(answered: Answered) -> None:
    answered.person.is_left_out = True

    with pytest.raises(NotReady):
        answered.confirm()


def test_without_a_mirror_a_person_without_seat_may_be_confirmed(answered: Answered) -> None:
    for model in (Seat, PermissionSet, Team):
        db.session.query(model).delete()
    proposals.fill(answered.person, None)

    assert proposals.find_problem(proposal_of(answered.request), []) is None
    assert db.session.query(JobRole).count() == 7
