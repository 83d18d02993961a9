"""Seats are read alone, when somebody is about to use one, and the figures say from when they are."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account
from portal.core import clock
from portal.core.db import db
from portal.crm.connections import find_connection
from portal.crm.hubspot import transport
from portal.crm.protocol import SeatKind
from portal.users import seats
from portal.users.models import Seat
from tests.factories.users import SeatFactory
from tests.fixtures.emulator import Emulator

SEATS = "/settings/users/2026-09/seats"


def ask(account: Account) -> None:
    seats.refresh(account)
    db.session.commit()


def work(app: Flask) -> None:
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def remaining(account: Account) -> dict[str, int | None]:
    rows = db.session.scalars(select(Seat).where(Seat.account_id == account.id))
    return {row.name: row.remaining for row in rows}


def test_seats_alone_are_read_and_their_moment_is_kept(app: Flask, account: Account, crm: Emulator) -> None:
    crm.control("calls/clear")
    ask(account)
    assert seats.freshness_of(account).is_under_way

    work(app)

    assert [call["path"] for call in crm.calls()] == [SEATS]
    assert remaining(account) == {"Core": 3, "Sales": 1, "Partner": None}
    fresh = seats.freshness_of(account)
    assert (fresh.is_under_way, fresh.error) == (False, "")
    assert clock.now() - fresh.as_of < timedelta(minutes=1)


def test_a_reading_under_way_or_fresh_is_used_again(app: Flask, account: Account, crm: Emulator) -> None:
    crm.control("calls/clear")
    ask(account)
    ask(account)
    work(app)
    ask(account)
    work(app)

    assert len(crm.calls(path=SEATS)) == 1


def test_after_a_minute_the_seats_are_read_again(app: Flask, account: Account, crm: Emulator) -> None:
    crm.control("calls/clear")
    with clock.at(clock.now() - timedelta(seconds=61)):
        ask(account)
        work(app)
    ask(account)
    work(app)

    assert len(crm.calls(path=SEATS)) == 2


def test_a_crm_out_of_reach_is_said_and_the_figures_stay(
    app: Flask, account: Account, crm: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PAUSES", ())
    earlier = clock.now() - timedelta(minutes=5)
    with clock.at(earlier):
        ask(account)
        work(app)
    crm.fail_next("error", path=SEATS, times=50)

    ask(account)
    work(app)

    fresh = seats.freshness_of(account)
    assert (fresh.as_of, fresh.is_under_way, fresh.error) == (earlier, False, "Could not reach HubSpot.")
    assert remaining(account)["Core"] == 3


def test_after_a_failure_the_next_visit_asks_again(app: Flask, account: Account, crm: Emulator) -> None:
    crm.fail_next("daily", path=SEATS)
    ask(account)
    work(app)
    assert seats.freshness_of(account).error == "HubSpot asks us to slow down."

    crm.control("faults/clear")
    ask(account)
    work(app)

    assert seats.freshness_of(account).error == ""


def test_a_question_whose_worker_died_is_given_up_and_can_be_asked_again(
    app: Flask, account: Account
) -> None:
    with clock.at(clock.now() - timedelta(minutes=2)):
        ask(account)
    fresh = seats.freshness_of(account)
    assert (fresh.is_under_way, fresh.error) == (False, "No answer came in time.")

    ask(account)

    assert seats.freshness_of(account).is_under_way


def test_the_answer_to_a_question_that_was_given_up_is_not_read(
    app: Flask, account: Account, crm: Emulator
) -> None:
    with clock.at(clock.now() - timedelta(minutes=2)):
        ask(account)
    ask(account)
    crm.control("calls/clear")

    work(app)

    assert len(crm.calls(path=SEATS)) == 1


def test_an_answer_older_than_what_is_known_changes_nothing(account: Account) -> None:
    now = clock.now()
    seats.note_seats(account, [SeatKind("Core", "", 1)], now)
    seats.note_seats(account, [SeatKind("Core", "", 2)], now - timedelta(seconds=5))

    assert remaining(account) == {"Core": 1}


def test_a_kind_that_users_hold_stays_where_the_crm_does_not_list_it(account: Account) -> None:
    SeatFactory(account_id=account.id, name="Hidden", used=2, remaining=4)
    SeatFactory(account_id=account.id, name="Unused", used=0, remaining=4)

    seats.note_seats(account, [SeatKind("Core", "", 1)], clock.now())

    assert remaining(account) == {"Hidden": None, "Core": 1}


def test_where_seats_cannot_be_read_nothing_is_asked(app: Flask, account: Account, crm: Emulator) -> None:
    find_connection(account.id).findings = []
    crm.control("calls/clear")

    ask(account)
    work(app)

    assert crm.calls() == []
    assert not seats.freshness_of(account).is_under_way


def test_a_whole_reading_refreshes_the_seats_too(app: Flask, account: Account, read: object) -> None:
    read(account)

    assert clock.now() - seats.freshness_of(account).as_of < timedelta(minutes=1)
