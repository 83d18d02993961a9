from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests.states import RequestState
from portal.accounts.models import AccountAccess
from portal.accounts.states import Health
from portal.agencies.models import Member, Position
from portal.core import clock
from portal.core.db import db
from portal.dashboard import jobs
from portal.jobs import work
from portal.mail.models import OutboxMessage
from tests.factories.access_requests import AccessRequestFactory
from tests.factories.accounts import AccountFactory, ContactFactory

MORNING = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # Monday, half past eight in Brussels
DAY = timedelta(days=1)


@pytest.fixture
def due(consultant: Member) -> Member:
    consultant.next_digest_at = MORNING - DAY
    return consultant


def answered(member: Member, **more: object) -> None:
    """Store a request of the member that waits for them."""
    contact = ContactFactory(account_id=AccountFactory(name="Maple & Sons", **more).id)
    AccessRequestFactory(contact_to_ask=contact, consultant=member, state=RequestState.ANSWERED)


def send_at(moment: datetime, member: Member) -> None:
    db.session.commit()
    with clock.at(moment):
        jobs.send_digest(member.id)


def texts() -> list[str]:
    statement = select(OutboxMessage.raw).where(OutboxMessage.kind == "daily_digest")
    read = [message_from_bytes(raw, policy=policy.default) for raw in db.session.scalars(statement)]
    return [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in read]


def test_it_says_what_waits_with_a_link_to_each(due: Member) -> None:
    answered(due, slug="maple")
    AccountFactory(name="Oak", slug="oak", consultant_id=due.id, health=Health.BROKEN)

    send_at(MORNING, due)

    [text] = texts()
    assert "Maple & Sons, access for Nina" in text
    assert "check the answer and confirm it: http" in text
    assert "Oak: the CRM cannot be read: http" in text


def test_nothing_comes_when_nothing_waits(due: Member, owner: Member) -> None:
    answered(owner)

    send_at(MORNING, due)

    assert texts() == []
    assert due.next_digest_at == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


def test_it_comes_once_a_day(due: Member) -> None:
    answered(due)

    for hour in range(9):
        send_at(MORNING + timedelta(hours=hour), due)
    assert len(texts()) == 1

    send_at(MORNING + DAY, due)
    assert len(texts()) == 2


@pytest.mark.parametrize("later", [timedelta(hours=-3), -DAY, timedelta(hours=14)])
def test_it_waits_for_the_morning_of_a_working_day(due: Member, later: timedelta) -> None:
    answered(due)
    moment = MORNING + later

    send_at(moment, due)

    assert texts() == []
    assert due.next_digest_at > moment


def test_who_does_not_want_it_gets_none(due: Member) -> None:
    answered(due)
    due.wants_digest = False

    send_at(MORNING, due)

    assert texts() == []


def test_a_limited_member_hears_only_of_accounts_they_see(due: Member) -> None:
    answered(due, slug="given")
    answered(due, slug="withheld")
    due.sees_all_accounts = False
    given = db.session.scalars(select(AccountAccess)).all()
    assert given == []

    send_at(MORNING, due)

    assert texts() == []


def test_the_sweep_finds_who_is_due_and_nobody_else(app: Flask, due: Member, owner: Member) -> None:
    owner.next_digest_at = MORNING + DAY
    due_id, agency_id = due.id, due.agency_id
    db.session.commit()

    with clock.at(MORNING):
        found = [nudge for nudge in work.find_left_behind(app) if nudge.name == "dashboard.digest"]

    assert [nudge.arguments for nudge in found if nudge.agency_id == agency_id] == [(due_id,)]


def test_a_member_switches_it_off_in_the_profile(consultant: Member, signed_in: object) -> None:
    browser: FlaskClient = signed_in(consultant)
    assert "Tell me by mail what waits for me" in browser.get("/profile").text

    browser.submit(
        "/profile", at="/profile", name="Cora", language="en", time_zone="Europe/Brussels", theme="auto"
    )

    db.session.refresh(consultant)
    assert consultant.wants_digest is False


def test_it_says_the_same_as_the_home_page(due: Member, signed_in: Callable[[Member], FlaskClient]) -> None:
    contact = ContactFactory(account_id=AccountFactory(name="Pine", slug="pine").id, name="Toby Stone")
    AccessRequestFactory(contact_to_ask=contact, consultant=due, state=RequestState.UNREACHED)
    AccountFactory(name="Somebody else's", slug="elm", health=Health.BROKEN)
    send_at(MORNING, due)

    [text] = texts()
    page = signed_in(due).get("/").text
    assert "the email bounced: correct the address and send it again" in text
    assert "the email to Toby Stone bounced" in page
    assert ("Somebody else" in text, "Somebody else" in page) == (False, False)


def test_a_viewer_gets_none(due: Member) -> None:
    due.position = Position.VIEWER
    answered(due, slug="maple")
    send_at(MORNING, due)

    assert texts() == []
