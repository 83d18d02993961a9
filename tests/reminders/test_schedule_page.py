from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.reminders.models import ReminderSchedule
from portal.reminders.queries import schedule_for
from portal.reminders.states import Question

SignIn = Callable[[Member], FlaskClient]
PAGE = "/mails/reminders"
GOOD = {"remind_after": "1, 3", "give_up_after": "6", "office_opens": "8", "office_closes": "18"}


def stored() -> tuple[list[int], int, int, int]:
    found = schedule_for(Question.ACCESS_REQUEST)
    return found.remind_after, found.give_up_after, found.office_opens, found.office_closes


def test_without_a_schedule_of_its_own_the_agency_has_the_usual_one(agency: object) -> None:
    assert stored() == ([2, 5, 9], 12, 9, 17)


def test_an_owner_changes_it(owner: Member, signed_in: SignIn) -> None:
    answer = signed_in(owner).submit(PAGE, at=PAGE, **GOOD)

    assert (answer.status_code, answer.location) == (303, PAGE)
    assert stored() == ([1, 3], 6, 8, 18)
    [entry] = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "reminders.schedule_changed")
    ).all()
    assert entry.details == {"remind_after": [1, 3], "give_up_after": 6, "office": "8-18"}


def test_nobody_needs_to_be_reminded(owner: Member, signed_in: SignIn) -> None:
    signed_in(owner).submit(PAGE, at=PAGE, **{**GOOD, "remind_after": ""})

    assert stored()[0] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"remind_after": "two"}, "Write days with commas between them, such as 2, 5, 9."),
        ({"remind_after": "5, 2"}, "Each day must come after the one before"),
        ({"remind_after": "0"}, "Each day must come after the one before"),
        ({"remind_after": "1,2,3,4,5,6"}, "At most 5 reminders"),
        ({"give_up_after": "3"}, "Give up after the last reminder, so after day 3."),
        ({"give_up_after": ""}, "Say when to give up."),
        ({"office_closes": "8"}, "This must be later than the hour before."),
        ({"office_closes": ""}, "Invalid Choice: could not coerce."),
        ({"office_opens": "noon"}, "Invalid Choice: could not coerce."),
    ],
)
def test_what_cannot_be_is_named_at_its_place(
    owner: Member, signed_in: SignIn, changes: dict[str, str], message: str
) -> None:
    answer = signed_in(owner).submit(PAGE, at=PAGE, htmx=True, **{**GOOD, **changes})

    assert answer.status_code == 422
    assert message in answer.text
    assert db.session.scalars(select(ReminderSchedule)).all() == []


def test_the_outlook_follows_what_is_typed_and_stores_nothing(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)

    several = browser.get(PAGE, query_string=GOOD, headers={"HX-Request": "true"}).text
    wrong = browser.get(PAGE, query_string={**GOOD, "remind_after": "x"}, headers={"HX-Request": "true"}).text

    assert (several.count("Reminder 1"), several.count("Last reminder"), several.count("Give up")) == (
        1,
        1,
        1,
    )
    assert "This cannot be read yet." in wrong
    assert db.session.scalars(select(ReminderSchedule)).all() == []


def test_others_see_it_and_change_nothing(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)

    assert "An owner of your agency can change this." in browser.get(PAGE).text
    assert browser.submit(PAGE, at=PAGE, **GOOD).status_code == 403
