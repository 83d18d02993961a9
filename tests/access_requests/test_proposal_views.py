from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.access_requests import proposals
from portal.agencies.models import Member
from portal.core.db import db
from portal.job_roles.queries import get_job_role
from portal.provisioning.states import StepKind
from tests.access_requests.proposing import Answered

Browse = Callable[[Member], FlaskClient]


def fields(answered: Answered, **changes: object) -> dict[str, object]:
    """Return what the form of the proposal would send, with changes for the first person."""
    person = answered.person
    now = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "job_role_id": person.job_role_id or 0,
        "seats": person.seats,
        "permission_set_id": person.permission_set_id or "",
        "primary_team_id": person.primary_team_id or "",
        "secondary_team_ids": person.secondary_team_ids,
    }
    named = {f"person-{person.id}-{name}": value for name, value in {**now, **changes}.items()}
    return {"version": answered.request.version, **named}


def test_the_page_of_an_answered_request_shows_the_proposal(answered: Answered, signed_in: Browse) -> None:
    page = signed_in(answered.consultant).get(answered.url).text

    assert "Check and confirm" in page
    assert "Sales rep" in page


def test_the_proposal_stands_beside_the_clients_words(answered: Answered, signed_in: Browse) -> None:
    page = signed_in(answered.consultant).get(f"{answered.url}/proposal").text

    assert "She sells in the north." in page
    assert "Claire Dubois" in page
    assert "2 free as read at" in page


def test_from_the_proposal_over_the_review_to_set_up(answered: Answered, signed_in: Browse) -> None:
    browser = signed_in(answered.consultant)
    url = answered.url
    answer = browser.submit(f"{url}/proposal", at=f"{url}/proposal", **fields(answered, first_name="Anna"))
    assert (answer.status_code, answer.location) == (303, f"{url}/proposal/review")

    page = browser.get(f"{url}/proposal/review").text
    assert "<strong>Anna</strong>" in page
    assert f"Set up in {answered.place.account.name}" in page

    version = answered.request.version
    answer = browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", version=version)
    assert (answer.status_code, answer.location) == (303, url)
    assert answered.request.state == "provisioning"
    assert "every 1s" in browser.get(url).text

    answered.work()
    page = browser.get(url).text
    assert "In the CRM" in page
    assert "every 1s" not in page


def test_the_second_consultant_is_told_who_changed_what_and_keeps_their_input(
    answered: Answered, owner: Member, signed_in: Browse
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    mine = fields(answered, last_name="Silva-Mine")
    theirs = answered.choice(answered.person, seats=["Sales"])
    proposals.change(answered.request, answered.request.version, {answered.person.id: theirs}, owner)

    answer = browser.submit(f"{url}/proposal", at=f"{url}/proposal", htmx=True, **mine)

    assert answer.status_code == 409
    assert "Olga Owner changed this proposal" in answer.text
    assert "Ana Silva, Seat: Core → Sales" in answer.text
    assert "Silva-Mine" in answer.text
    assert answered.person.last_name == "Silva"
    again = fields(answered, last_name="Silva-Mine", seats=["Sales"])
    assert browser.submit(f"{url}/proposal", at=f"{url}/proposal", **again).status_code == 303
    assert answered.person.last_name == "Silva-Mine"


def test_confirming_what_somebody_changed_meanwhile_is_refused_and_told(
    answered: Answered, owner: Member, signed_in: Browse
) -> None:
    browser, url, seen = signed_in(answered.consultant), answered.url, answered.request.version
    theirs = answered.choice(answered.person, seats=["Sales"])
    proposals.change(answered.request, seen, {answered.person.id: theirs}, owner)

    answer = browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", version=seen)

    assert answer.status_code == 409
    assert "Olga Owner changed this proposal" in answer.text
    assert answered.request.state == "answered"


def test_what_a_job_role_means_can_be_filled_in_without_saving(answered: Answered, signed_in: Browse) -> None:
    answered.person.seats, answered.person.permission_set_id = ["Sales"], None
    given = fields(answered)

    browser, url = signed_in(answered.consultant), answered.url
    answer = browser.submit(f"{url}/proposal", at=f"{url}/proposal", fill=answered.person.id, **given)

    assert answer.status_code == 200
    assert f'<option selected value="{answered.place.sets["Sales rep"]}">' in answer.text
    assert answered.person.seats == ["Sales"]


@pytest.mark.parametrize(
    "wrong",
    [{"permission_set_id": "0"}, {"seats": ["Platinum"]}, {"job_role_id": "x"}, {"first_name": "A" * 121}],
)
def test_what_the_account_does_not_have_is_refused(
    answered: Answered, signed_in: Browse, wrong: dict[str, object]
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    answer = browser.submit(f"{url}/proposal", at=f"{url}/proposal", **fields(answered, **wrong))

    assert answer.status_code == 422
    assert answered.person.seats == ["Core"]


def test_a_form_without_a_version_changes_nothing(answered: Answered, signed_in: Browse) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    given = {**fields(answered), "version": "soon"}

    assert browser.submit(f"{url}/proposal", at=f"{url}/proposal", **given).status_code == 422
    assert browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review").status_code == 422


def test_admin_rights_need_their_own_tick(answered: Answered, signed_in: Browse) -> None:
    get_job_role("sales_rep").is_admin = True
    browser, url = signed_in(answered.consultant), answered.url
    given = {"version": answered.request.version}

    answer = browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", **given)
    assert answer.status_code == 422
    assert "Confirm that Ana Silva gets admin rights, or change it." in answer.text

    given["admins"] = answered.person.id
    answer = browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", **given)
    assert answer.status_code == 303


def test_a_stopped_person_can_be_decided_about(answered: Answered, signed_in: Browse) -> None:
    answered.place.add(firstName="Ana", lastName="Alves", seatNames=["Sales"])
    answered.place.emulator.sign_in("demo-enterprise-9", "ana@maple.example")
    answered.confirm()
    browser, url = signed_in(answered.consultant), answered.url
    page = browser.get(url).text
    assert "Change the existing user in" in page
    assert "<strong>Sales, Core</strong>" in page

    person = answered.person.id
    answer = browser.submit(f"{url}/people/{person}/change-existing", at=url)
    assert answer.status_code == 303
    answered.work()

    assert answered.states() == ("onboarding", ["done"])
    assert answered.place.people()[0].seats == ("Sales", "Core")


@pytest.mark.parametrize("verb", ["try-again", "change-existing", "leave-out", "check", "signed-in"])
def test_decisions_that_are_not_to_be_made_are_refused(
    answered: Answered, signed_in: Browse, verb: str
) -> None:
    answered.confirm()
    answered.person.signed_in_at = answered.person.welcomed_at
    browser, url = signed_in(answered.consultant), answered.url

    answer = browser.submit(f"{url}/people/{answered.person.id}/{verb}", at=f"{url}/progress")
    assert answer.status_code == 409


@pytest.mark.parametrize("where", ["people/999/try-again", "steps/999/done", "people/999/signed-in"])
def test_unknown_people_and_steps_are_not_found(answered: Answered, signed_in: Browse, where: str) -> None:
    browser = signed_in(answered.consultant)
    assert browser.submit(f"{answered.url}/{where}", at=f"{answered.url}/proposal").status_code == 404


def test_a_viewer_watches_and_decides_nothing(answered: Answered, viewer: Member, signed_in: Browse) -> None:
    browser, url = signed_in(viewer), answered.url

    assert browser.get(f"{url}/proposal").status_code == 403
    assert browser.submit(f"{url}/proposal/confirm", at="/").status_code == 403
    answered.confirm()
    assert browser.get(f"{url}/progress").status_code == 200


def test_progress_answers_only_when_something_changed(answered: Answered, signed_in: Browse) -> None:
    proposals.confirm(answered.request, answered.request.version, [], answered.consultant)
    browser, url = signed_in(answered.consultant), f"{answered.url}/progress"
    page = browser.get(url).text
    mark = page.split("seen=")[1].split('"')[0]

    assert browser.htmx(f"{url}?seen={mark}").status_code == 204
    answered.work()
    assert browser.htmx(f"{url}?seen={mark}").headers["HX-Redirect"] == answered.url


def test_a_step_by_hand_is_closed_by_a_members_word(answered: Answered, signed_in: Browse) -> None:
    answered.place.connection.findings = []
    answered.confirm()
    browser, url = signed_in(answered.consultant), answered.url
    assert "I have done this" in browser.get(url).text

    for step in answered.person.run.steps:
        assert step.kind is StepKind.BY_HAND
    ids = [step.id for step in answered.person.run.steps]
    for step_id in ids:
        assert browser.submit(f"{url}/steps/{step_id}/done", at=f"{url}/progress").status_code == 303
    answered.work()

    assert answered.states() == ("onboarding", ["done"])
    db.session.expire_all()
    assert "Cora Consultant says so" in browser.get(url).text
