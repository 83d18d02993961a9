"""The figures about seats on a proposal: from when they are, who reserved some, and what is too few."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import proposals, taking
from portal.access_requests.models import AccessRequest
from portal.access_requests.proposal_queries import Reserved, proposal_of
from portal.access_requests.states import RequestState
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.crm.hubspot import transport
from portal.users import seats
from portal.users.models import Seat, SeatReading
from tests.access_requests.proposing import Answered
from tests.factories.access_requests import AccessRequestFactory, RequestPersonFactory
from tests.factories.users import UserFactory

Browse = Callable[[Member], FlaskClient]

SEATS = "/settings/users/2026-09/seats"


def read_at(answered: Answered, moment: datetime, remaining: int = 2) -> None:
    """Let the seats of the account have been read at a moment."""
    account_id = answered.place.account.id
    core = db.session.scalars(select(Seat).where(Seat.account_id == account_id, Seat.name == "Core")).one()
    core.remaining = remaining
    row = db.session.scalars(select(SeatReading)).one_or_none() or SeatReading(
        account_id=account_id, number=0
    )
    row.read_at, row.waits_until, row.error = moment, None, ""
    db.session.add(row)
    db.session.commit()


def another_request(answered: Answered, email: str = "ben@maple.example") -> AccessRequest:
    """Return a second request of the account, answered with one Core seat."""
    first = answered.request
    other = AccessRequestFactory(
        contact_to_ask=first.contact,
        consultant=answered.consultant,
        number=12,
        state=RequestState.ANSWERED,
        answered_at=clock.now(),
        people=0,
    )
    RequestPersonFactory(
        request_id=other.id, account_id=first.account_id, first_name="Ben", email=email, seats=["Core"]
    )
    db.session.refresh(other)
    return other


def confirm(answered: Answered, access_request: AccessRequest) -> None:
    proposals.confirm(access_request, access_request.version, (), answered.consultant)
    db.session.commit()


def core(answered: Answered) -> tuple[int | None, tuple[Reserved, ...]]:
    (use,) = proposal_of(answered.request).seats
    return use.free, use.reserved


def test_opening_the_review_reads_the_seats_and_the_page_updates_itself_until_they_are_there(
    answered: Answered, signed_in: Browse
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    answered.place.emulator.control("calls/clear")
    page = browser.get(f"{url}/proposal/review").text
    assert f'hx-get="{url}/proposal/takes" hx-trigger="every 1s"' in page
    assert "Reading the seats in HubSpot" in page
    assert f'<a class="js-hidden" href="{url}/proposal/review">Refresh</a>' in page

    answered.work()
    fresh = browser.htmx(f"{url}/proposal/takes").text

    assert "hx-get" not in fresh
    assert "One Core seat: 900 free as read at " in fresh
    browser.get(f"{url}/proposal/review")
    answered.work()
    assert len(answered.place.emulator.calls(path=SEATS)) == 1


def test_the_proposal_shows_the_seats_to_choose_from_and_updates_itself(
    answered: Answered, signed_in: Browse
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    assert f'hx-get="{url}/proposal/seats" hx-trigger="every 1s"' in browser.get(f"{url}/proposal").text

    answered.work()

    fresh = browser.htmx(f"{url}/proposal/seats").text
    assert "hx-get" not in fresh
    assert "<strong>Service</strong> 0 free as read at " in fresh


def test_a_failed_reading_is_said_with_the_moment_of_the_figures(
    answered: Answered, signed_in: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PAUSES", ())
    read_at(answered, clock.now() - timedelta(minutes=5))
    answered.place.emulator.fail_next("error", path=SEATS, times=50)
    browser, url = signed_in(answered.consultant), answered.url
    browser.get(f"{url}/proposal/review")
    answered.work()

    fresh = browser.htmx(f"{url}/proposal/takes").text

    assert "Could not reach HubSpot. The figures are from " in fresh
    assert "hx-get" not in fresh


def test_what_another_request_will_take_is_reserved_by_its_number(answered: Answered) -> None:
    read_at(answered, clock.now())
    confirm(answered, another_request(answered))

    assert core(answered) == (1, (Reserved(12, 1),))
    line = str(next(taking.lines_of(proposal_of(answered.request))))
    assert line.startswith("One Core seat: 2 free as read at ")
    assert line.endswith(", 1 reserved by request #12.")


def test_what_was_written_after_the_figures_were_read_is_reserved_too(answered: Answered) -> None:
    read_at(answered, clock.now() - timedelta(minutes=1))
    confirm(answered, another_request(answered))
    answered.work()
    read_at(answered, clock.now() - timedelta(minutes=1))

    assert core(answered) == (1, (Reserved(12, 1),))


def test_what_the_figures_show_as_used_already_is_not_subtracted_again(answered: Answered) -> None:
    confirm(answered, another_request(answered))
    answered.work()
    read_at(answered, clock.now())

    assert core(answered) == (2, ())


def test_who_was_left_out_reserves_nothing(answered: Answered, signed_in: Browse) -> None:
    other = another_request(answered)
    other.people[0].seats = ["Core", "Service"]
    read_at(answered, clock.now())
    confirm(answered, other)
    answered.work()
    read_at(answered, clock.now())
    assert core(answered)[1] == (Reserved(12, 1),)
    browser, url = signed_in(answered.consultant), answered.url.rpartition("/")[0]

    browser.submit(f"{url}/12/people/{other.people[0].id}/leave-out", at=f"{url}/12")

    assert core(answered) == (2, ())


def test_a_seat_that_an_existing_user_holds_is_not_taken_again(answered: Answered) -> None:
    UserFactory(account_id=answered.place.account.id, email="ana@maple.example", seats=["Core"])

    assert proposal_of(answered.request).seats == ()


def test_what_the_page_said_about_seats_is_in_the_trail(answered: Answered) -> None:
    read_at(answered, clock.now(), remaining=0)
    answered.confirm()

    confirmed = select(AuditEntry).where(AuditEntry.action == "access_request.confirmed")
    notes = db.session.scalars(confirmed).one().details["notes"]
    assert notes[0].startswith("One Core seat: 0 free as read at ")
    assert "That is one too few." in notes[0]


def test_unknown_is_never_shown_as_none(answered: Answered) -> None:
    answered.person.seats = ["Sales"]

    (use,) = proposal_of(answered.request).seats

    assert (use.free, use.is_short) == (None, False)
    assert (
        taking.left_of(use, seats.freshness_of(answered.place.account)) == "How many are free is not known."
    )
