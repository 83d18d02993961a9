import csv
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.agencies import scope
from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.audit import trail
from portal.audit.words import SENTENCES, kind_of_event, sentence
from portal.core import clock
from portal.core.db import db
from tests.factories.accounts import AccountFactory

SignIn = Callable[[Member], FlaskClient]


@pytest.fixture
def history(owner: Member, consultant: Member) -> None:
    """Four entries, a day each, by two members."""
    maple, oak = AccountFactory(name="Maple & Sons"), AccountFactory(name="Oak_100%")
    told = (
        (owner, "account.added", maple),
        (consultant, "account.changed", maple),
        (consultant, "account.added", oak),
        (owner, "thing.happened", owner),
    )
    for day, (by, action, subject) in enumerate(told, start=1):
        with clock.at(datetime(2026, 3, day, 23, 30, tzinfo=UTC)):
            trail.record(by, action, subject)
    db.session.commit()


def events(browser: FlaskClient, query: str = "") -> list[str]:
    """Return the sentences on screen, but for the one about signing in."""
    page = browser.htmx(f"/audit{query}").text
    found = [part.split("</div>")[0] for part in page.split('<div class="text-break">')[1:]]
    return [each for each in found if not each.endswith("signed in")]


def test_entries_are_told_in_words_the_newest_first(history: None, owner: Member, signed_in: SignIn) -> None:
    assert events(signed_in(owner)) == [
        "thing.happened · Olga Owner · Olga Owner",
        "Cora Consultant added the account Oak_100%",
        "Cora Consultant changed the account Maple &amp; Sons",
        "Olga Owner added the account Maple &amp; Sons",
    ]


def test_times_are_exact_and_in_the_readers_zone(history: None, owner: Member, signed_in: SignIn) -> None:
    page = signed_in(owner).get("/audit").text

    assert page.count("Mar 2, 2026, 12:30") == 1  # half past midnight in Brussels


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?account=maple", 2),
        ("?account=_100%25", 1),
        ("?account=100_", 0),
        ("?action=account.added", 2),
        ("?since=2026-03-03", 3),
        ("?until=2026-03-02", 1),
        ("?since=2026-03-02&until=2026-03-02", 1),
        ("?since=2026-03-03&until=2026-03-04&action=account.added", 1),
    ],
)
def test_the_trail_can_be_narrowed(
    history: None, owner: Member, signed_in: SignIn, query: str, count: int
) -> None:
    until_now = "" if "until" in query else "&until=2026-12-31"

    assert len(events(signed_in(owner), query + until_now)) == count


def test_the_trail_can_be_narrowed_to_one_member(
    history: None, owner: Member, consultant: Member, signed_in: SignIn
) -> None:
    assert len(events(signed_in(owner), f"?member={consultant.id}")) == 2


@pytest.mark.parametrize(
    "query",
    [
        "?since=yesterday",
        "?since=0001-01-01",
        "?until=9999-12-31",
        "?member=999",
        "?member=x",
        "?action=no.such",
        f"?account={'x' * 121}",
    ],
)
def test_a_question_that_makes_no_sense_is_refused_at_its_place(
    history: None, owner: Member, signed_in: SignIn, query: str
) -> None:
    browser = signed_in(owner)

    assert browser.get(f"/audit{query}").status_code == 422
    assert browser.get(f"/audit/entries.csv{query}").status_code == 400


def test_nothing_that_fits_says_so(history: None, owner: Member, signed_in: SignIn) -> None:
    assert "No entry fits what you asked for." in signed_in(owner).get("/audit?account=nobody").text


def test_long_trails_come_in_pages(owner: Member, signed_in: SignIn) -> None:
    for number in range(60):
        trail.record(owner, "thing.happened", owner, number=number)
    browser = signed_in(owner)
    page = browser.get("/audit").text
    way = page.split('rel="next" href="')[1].split('"')[0]

    assert page.count("thing.happened") == 49
    assert browser.get(way).text.count("thing.happened") == 11


def test_what_is_on_screen_can_be_kept_as_a_table(history: None, owner: Member, signed_in: SignIn) -> None:
    answer = signed_in(owner).get("/audit/entries.csv?account=maple")

    assert answer.mimetype == "text/csv"
    assert list(csv.reader(answer.text.removeprefix("\ufeff").splitlines()))[1:] == [
        [
            "2",
            "2026-03-02T23:30:00+00:00",
            "Cora Consultant",
            "Maple & Sons",
            "Cora Consultant changed the account Maple & Sons",
            "account.changed",
            "{}",
        ],
        [
            "1",
            "2026-03-01T23:30:00+00:00",
            "Olga Owner",
            "Maple & Sons",
            "Olga Owner added the account Maple & Sons",
            "account.added",
            "{}",
        ],
    ]


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "|cmd"])
def test_no_cell_is_a_formula(owner: Member, signed_in: SignIn, cell: str) -> None:
    trail.record(trail.Actor("contact", cell), "thing.happened", owner)

    assert f"'{cell}," in signed_in(owner).get("/audit/entries.csv").text


def test_other_agencies_stay_out(history: None, owner: Member, canary: int, signed_in: SignIn) -> None:
    with scope.agency(canary):
        trail.record(trail.PORTAL, "agency.founded", current_agency())
        db.session.commit()
    browser = signed_in(owner)

    assert "Canary" not in browser.get("/audit").text
    assert "Canary" not in browser.get("/audit/entries.csv").text


def test_a_limited_member_reads_only_about_their_accounts(
    history: None, partner_admin: Member, signed_in: SignIn
) -> None:
    partner_admin.sees_all_accounts = False

    assert events(signed_in(partner_admin)) == ["thing.happened · Olga Owner · Olga Owner"]


def test_only_owners_and_partner_admins_read_the_trail(
    viewer: Member, consultant: Member, partner_admin: Member, signed_in: SignIn
) -> None:
    for member, status in ((viewer, 403), (consultant, 403), (partner_admin, 200)):
        browser = signed_in(member)
        paths = ("/audit", "/audit/entries.csv")
        assert [browser.get(path).status_code for path in paths] == [status, status]


def test_the_page_tells_whether_the_chain_was_proved(app: Flask, owner: Member, signed_in: SignIn) -> None:
    trail.record(trail.PORTAL, "agency.founded", current_agency())
    db.session.commit()
    browser = signed_in(owner)
    assert "The trail has not been checked yet." in browser.get("/audit").text

    browser.submit("/audit/prove", at="/audit")
    app.extensions["jobs"].drain()

    assert "All 2 entries fit: nobody has changed or removed one." in browser.get("/audit").text


def test_every_sentence_can_be_filled() -> None:
    for action in SENTENCES:
        assert "%(" not in sentence(action, "Olga", "100 %")
        assert kind_of_event(action) != action
