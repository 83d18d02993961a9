"""The way from one account to the next."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import AccountAccess, AccountVisit
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory

SignIn = Callable[[Member], FlaskClient]
Statements = Callable[[Callable[[], object]], list[str]]


def offered(html: str) -> list[tuple[str, str]]:
    """Return address and name of the accounts offered, from top to bottom."""
    results = html[html.index("data-found-for") :]
    return re.findall(
        r'href="([^"]*)">\s*<span[^>]*></span> <span class="text-truncate">([^<]*)</span>', results
    )


def visits() -> list[AccountVisit]:
    return list(db.session.scalars(select(AccountVisit)))


def test_the_account_opened_last_comes_first(viewer: Member, signed_in: SignIn) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        AccountFactory(name=name, slug=name.lower())
    browser = signed_in(viewer)
    browser.get("/accounts/gamma")

    assert offered(browser.get("/switch").text) == [
        ("/accounts/gamma", "Gamma"),
        ("/accounts/alpha", "Alpha"),
        ("/accounts/beta", "Beta"),
    ]


def test_the_switcher_finds_by_part_of_a_name_and_keeps_the_kind_of_page(
    viewer: Member, signed_in: SignIn
) -> None:
    AccountFactory(name="Acme Bakery", slug="acme-bakery")
    AccountFactory(name="Pace Cycles", slug="pace-cycles")

    answer = signed_in(viewer).htmx("/switch?q=CYC&to=contacts&here=acme-bakery")

    assert offered(answer.text) == [("/accounts/pace-cycles/contacts", "Pace Cycles")]
    assert 'data-found-for="CYC"' in answer.text


@pytest.mark.parametrize("to", ["dashboard", "", "x" * 5000, "web", "\x00"])
def test_pages_of_no_account_lead_to_the_overview(viewer: Member, signed_in: SignIn, to: str) -> None:
    AccountFactory(name="Acme", slug="acme")

    answer = signed_in(viewer).get("/switch", query_string={"to": to, "here": "\x00", "q": ""})

    assert offered(answer.text) == [("/accounts/acme", "Acme")]


def test_the_account_one_is_in_and_archived_ones_are_not_offered(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme", slug="acme")
    AccountFactory(name="Old", archived_at=clock.now())

    answer = signed_in(viewer).htmx("/switch?here=acme")

    assert offered(answer.text) == []
    assert "There is no other account yet." in answer.text


def test_every_page_of_an_account_carries_the_switcher_with_its_place(
    viewer: Member, signed_in: SignIn
) -> None:
    AccountFactory(name="Acme", slug="acme")

    page = signed_in(viewer).get("/accounts/acme/contacts").text

    assert 'href="/switch?to=contacts&amp;here=acme" data-opens-switcher' in page
    assert '<dialog class="switcher card" id="switcher"' in page


def test_a_visit_is_noted_at_most_once_a_minute(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme", slug="acme")
    browser = signed_in(viewer)

    browser.get("/accounts/acme")
    [first] = [visit.at for visit in visits()]
    browser.get("/accounts/acme/contacts")
    assert [visit.at for visit in visits()] == [first]

    [visit] = visits()
    visit.at = first - timedelta(minutes=2)
    browser.get("/accounts/acme/contacts")
    [again] = [visit.at for visit in visits()]
    assert again > first


def test_fragments_and_pages_that_fail_note_no_visit(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme", slug="acme")
    browser = signed_in(viewer)

    browser.htmx("/accounts/acme")
    browser.get("/accounts/acme/contacts/999")

    assert visits() == []


def test_a_keystroke_costs_two_statements_on_accounts(
    viewer: Member, signed_in: SignIn, statements: Statements
) -> None:
    AccountFactory.create_batch(3)
    browser = signed_in(viewer)

    sent = statements(lambda: browser.htmx("/switch?q=account"))

    assert len([statement for statement in sent if "FROM accounts" in statement]) == 2


def test_a_limited_member_is_offered_their_own_accounts(agency: object, signed_in: SignIn) -> None:
    account_id = AccountFactory(name="Mine", slug="mine").id
    AccountFactory(name="Not mine")
    limited = MemberFactory(sees_all_accounts=False)
    db.session.add(AccountAccess(account_id=account_id, member_id=limited.id))
    browser = signed_in(limited)

    assert offered(browser.get("/switch?q=mine").text) == [("/accounts/mine", "Mine")]


def test_another_agencys_accounts_are_not_offered(
    canary_cakes: str, viewer: Member, signed_in: SignIn
) -> None:
    assert offered(signed_in(viewer).get("/switch?q=canary").text) == []
