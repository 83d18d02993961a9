import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import actions, proposals, scheduling
from portal.access_requests.models import Answer
from portal.access_requests.states import START_SCHEDULED
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.jobs import restoring, work
from tests.access_requests.proposing import Answered

Browse = Callable[..., FlaskClient]
DAY = date(2026, 12, 7)
CONFIRMED = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
MORNING = datetime(2026, 12, 7, 6, 0, tzinfo=UTC)  # seven o'clock in Brussels, where the agency is


def confirm(answered: Answered, *, waits: bool = True) -> None:
    """Confirm the proposal on the first of December."""
    with clock.at(CONFIRMED):
        request, by = answered.request, answered.consultant
        proposals.confirm(request, request.version, (), by, waits=waits)
        db.session.commit()
        answered.work()


def sweep_at(answered: Answered, moment: datetime) -> list[str]:
    """Let the minute's sweep come by, work off what it found, and return the names of the jobs."""
    db.session.commit()
    with clock.at(moment):
        nudges = [nudge for nudge in work.find_left_behind(answered.app) if nudge.name == START_SCHEDULED]
        for nudge in nudges:
            work.run(answered.app, nudge)
        answered.work()
    return [nudge.name for nudge in nudges]


@pytest.fixture
def waiting(answered: Answered) -> Answered:
    """A confirmed request whose only person starts on the seventh."""
    answered.person.start_date = DAY
    confirm(answered)
    return answered


def test_set_up_and_welcome_wait_until_the_morning_of_the_first_working_day(waiting: Answered) -> None:
    assert waiting.states() == ("scheduled", [])
    assert waiting.person.set_up_at == MORNING
    assert sweep_at(waiting, MORNING - timedelta(minutes=1)) == []
    assert waiting.mails() == []

    assert sweep_at(waiting, MORNING) == [START_SCHEDULED]
    assert waiting.states() == ("onboarding", ["done"])
    assert [mail[0] for mail in waiting.mails()] == ["onboarding"]
    assert sweep_at(waiting, MORNING + timedelta(minutes=1)) == []


def test_the_day_begins_where_the_agency_is(answered: Answered) -> None:
    answered.consultant.agency.time_zone = "America/New_York"
    answered.person.start_date = DAY
    confirm(answered)

    assert answered.person.set_up_at == MORNING + timedelta(hours=6)


@pytest.mark.parametrize("day", [None, date(2026, 11, 30), date(2026, 12, 1)])
def test_without_a_day_ahead_set_up_begins_at_once(answered: Answered, day: date | None) -> None:
    answered.person.start_date = day
    confirm(answered)

    assert answered.states() == ("onboarding", ["done"])


def test_now_can_be_chosen(answered: Answered) -> None:
    answered.person.start_date = DAY
    confirm(answered, waits=False)

    assert answered.states() == ("onboarding", ["done"])


def test_each_person_waits_for_their_own_day(answered: Answered) -> None:
    ben, cleo = answered.add_person("Ben"), answered.add_person("Cleo")
    ben.start_date, cleo.start_date = DAY, DAY + timedelta(days=1)
    confirm(answered)
    assert answered.states() == ("scheduled", ["done"])  # Ana has no day

    sweep_at(answered, MORNING)
    assert answered.states() == ("scheduled", ["done", "done"])
    with pytest.raises(NotNow):
        actions.withdraw_request(answered.request, answered.consultant, "")
    scheduling.leave_out(answered.request, cleo, answered.consultant)
    assert answered.states() == ("onboarding", ["done", "done"])
    assert sweep_at(answered, MORNING + timedelta(days=2)) == []


def test_what_waits_can_be_started_changed_and_withdrawn_meanwhile(
    waiting: Answered, signed_in: Browse
) -> None:
    browser, url = signed_in(waiting.consultant), waiting.url
    page = browser.get(url).text
    assert "Waits until December 7, 2026" in page

    answer = browser.submit(f"{url}/proposal/take-back", at=url)
    assert answer.location == f"{url}/proposal"
    assert waiting.states() == ("answered", [])
    assert sweep_at(waiting, MORNING) == []

    confirm(waiting)
    browser.submit(f"{url}/people/{waiting.person.id}/start-now", at=url)
    assert waiting.states() == ("provisioning", ["queued"])
    db.session.commit()
    waiting.work()
    assert waiting.states() == ("onboarding", ["done"])
    recorded = db.session.scalars(select(AuditEntry.action)).all()
    assert {"access_request.taken_back", "access_request.started"} <= set(recorded)


def test_a_withdrawn_request_never_begins(waiting: Answered) -> None:
    actions.withdraw_request(waiting.request, waiting.consultant, "Not needed")

    assert sweep_at(waiting, MORNING) == []
    assert waiting.states() == ("withdrawn", [])


def test_the_last_one_who_waits_is_not_left_out_but_withdrawn(waiting: Answered) -> None:
    with pytest.raises(NotNow):
        scheduling.leave_out(waiting.request, waiting.person, waiting.consultant)


def test_after_a_restore_nothing_begins_without_a_person(waiting: Answered, signed_in: Browse) -> None:
    with clock.at(MORNING - timedelta(days=1)):
        restoring.take_precautions(clock.now())
        db.session.commit()
    sweep_at(waiting, MORNING)

    assert waiting.states() == ("stopped", [])
    assert "restored from a backup" in waiting.request.reason
    assert waiting.place.account.waiting_for_us == 1
    assert sweep_at(waiting, MORNING + timedelta(days=1)) == []
    page = signed_in(waiting.consultant).get(waiting.url).text
    assert "Does not start by itself" in page

    scheduling.start_now(waiting.request, [waiting.person], waiting.consultant)
    db.session.commit()
    waiting.work()
    assert waiting.states() == ("onboarding", ["done"])


def test_remark_words_and_first_day_stand_where_one_decides(answered: Answered, signed_in: Browse) -> None:
    answer = db.session.scalars(select(Answer)).one()
    answer.remark = "Please tell <her> nothing yet."
    answered.person.start_date = (clock.now() + timedelta(days=9)).date()
    browser, url = signed_in(answered.consultant), answered.url
    db.session.commit()

    for path in ("/proposal", "/proposal/review"):
        page = browser.get(f"{url}{path}").text
        assert "Please tell &lt;her&gt; nothing yet." in page
        assert "She sells in the north." in page
        assert "First working day: " in page


def test_the_page_offers_both_and_the_day_can_be_corrected(answered: Answered, signed_in: Browse) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    assert 'name="begin"' not in browser.get(f"{url}/proposal/review").text
    day = (clock.now() + timedelta(days=9)).date()
    answered.person.start_date = day
    db.session.commit()
    page = browser.get(f"{url}/proposal/review").text
    assert re.search(r'value="first_day" id="begin-0" checked', page)

    confirmed = {"at": f"{url}/proposal/review", "version": answered.request.version, "begin": "first_day"}
    browser.submit(f"{url}/proposal/confirm", **confirmed)
    assert answered.states() == ("scheduled", [])
    assert answered.person.set_up_at.date() == day
