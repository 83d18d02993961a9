"""The list of accounts: what is found, in which order, at what cost."""

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.accounts.models import AccountTag
from portal.accounts.states import Crm, Health
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from tests.factories.accounts import AccountFactory

SignIn = Callable[[Member], FlaskClient]


def names_on(page: str) -> list[str]:
    """Return the accounts a page lists, from top to bottom."""
    return re.findall(r'<a class="fw-medium text-break" href="[^"]*">([^<]*)</a>', page)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bakery", ["Acme Bakery", "Zoë's Bakery"]),
        ("BAK", ["Acme Bakery", "Zoë's Bakery"]),
        ("zoe", ["Zoë's Bakery"]),
        ("ac", ["Acme Bakery", "Pace Cycles"]),
        ("bakery acme", ["Acme Bakery"]),
        ("bakery ac", ["Acme Bakery"]),
        ("100%", ["Pure 100% Juice"]),
        ('"', []),
        ('bakery" OR "cycles', []),
        ("NOT", []),
        ("a\x00cme", ["Acme Bakery"]),
        ("\x00\x07", ["Acme Bakery", "Pace Cycles", "Pure 100% Juice", "Zoë's Bakery"]),
        ("x" * 5000, []),
    ],
)
def test_accounts_are_found_by_any_part_of_their_name(
    viewer: Member, signed_in: SignIn, words: str, found: list[str]
) -> None:
    for name in ("Acme Bakery", "Zoë's Bakery", "Pace Cycles", "Pure 100% Juice"):
        AccountFactory(name=name)

    answer = signed_in(viewer).get("/accounts", query_string={"q": words})

    assert answer.status_code == 200
    assert names_on(answer.text.replace("&#39;", "'")) == found


def test_a_renamed_account_is_found_by_its_new_name_only(viewer: Member, signed_in: SignIn) -> None:
    account = AccountFactory(name="Old Mill")
    account.name = "New Mill"
    browser = signed_in(viewer)

    assert names_on(browser.get("/accounts?q=new+mill").text) == ["New Mill"]
    assert names_on(browser.get("/accounts?q=old+mill").text) == []


def test_an_accounts_row_tells_what_matters(viewer: Member, consultant: Member, signed_in: SignIn) -> None:
    account = AccountFactory(
        name="Acme",
        slug="acme",
        colour="teal",
        health=Health.STALE,
        users_count=12,
        seats_used=9,
        seats_free=3,
        waiting_for_client=2,
        waiting_for_us=1,
        consultant_id=consultant.id,
        last_read_at=clock.now() - timedelta(minutes=2),
    )
    db.session.add(AccountTag(account_id=account.id, name="vip"))

    page = signed_in(viewer).get("/accounts").text

    row = page[page.index("<tbody>") : page.index("</tbody>")]
    assert " ".join(re.sub(r"<[^>]+>", " ", row).split()) == (
        "Acme vip HubSpot Reading fails 12 9 used, 3 free 1 for us 2 for the client"
        " Cora Consultant 2 minutes ago"
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("crm=pipedrive", ["Beta"]),
        ("health=broken", ["Gamma"]),
        ("waiting=client", ["Beta"]),
        ("waiting=us", ["Gamma"]),
        ("tag=vip", ["Alpha"]),
        ("archived=yes", ["Delta"]),
        ("crm=pipedrive&health=broken", []),
        ("", ["Alpha", "Beta", "Gamma"]),
    ],
)
def test_filters_leave_out_what_does_not_fit(
    viewer: Member, signed_in: SignIn, query: str, found: list[str]
) -> None:
    alpha = AccountFactory(name="Alpha")
    AccountFactory(name="Beta", crm=Crm.PIPEDRIVE, waiting_for_client=1)
    AccountFactory(name="Gamma", health=Health.BROKEN, waiting_for_us=1)
    AccountFactory(name="Delta", archived_at=clock.now())
    db.session.add(AccountTag(account_id=alpha.id, name="vip"))

    assert names_on(signed_in(viewer).get(f"/accounts?{query}").text) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("name", ["Alpha", "Beta", "Gamma"]),
        ("last_read", ["Beta", "Gamma", "Alpha"]),
        ("waiting", ["Gamma", "Alpha", "Beta"]),
        ("free_seats", ["Alpha", "Gamma", "Beta"]),
    ],
)
def test_the_order_is_the_one_asked_for(
    viewer: Member, signed_in: SignIn, sort: str, found: list[str]
) -> None:
    now = clock.now()
    AccountFactory(name="Gamma", waiting_for_us=1, seats_free=0, last_read_at=now - timedelta(days=1))
    AccountFactory(name="Alpha", seats_free=5)
    AccountFactory(name="Beta", last_read_at=now)

    assert names_on(signed_in(viewer).get(f"/accounts?sort={sort}").text) == found


@pytest.mark.parametrize("sort", ["name", "last_read", "waiting", "free_seats"])
def test_paging_shows_every_account_once_and_leads_back(viewer: Member, signed_in: SignIn, sort: str) -> None:
    now = clock.now()
    for number in range(120):
        read = now - timedelta(hours=number % 7) if number % 3 else None
        AccountFactory(name=f"Shop {number:03}", waiting_for_us=number % 4, last_read_at=read)
    browser = signed_in(viewer)

    pages = [browser.get(f"/accounts?sort={sort}&q=shop").text]
    while following := _way(pages[-1], "next"):
        pages.append(browser.get(following).text)
    before = browser.get(_way(pages[1], "prev")).text

    listed = [name for page in pages for name in names_on(page)]
    assert len(pages) == 3
    assert sorted(listed) == [f"Shop {number:03}" for number in range(120)]
    assert names_on(before) == names_on(pages[0])


def _way(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_a_list_costs_the_same_whatever_its_length(
    viewer: Member, signed_in: SignIn, statements: Callable[[Callable[[], object]], list[str]]
) -> None:
    AccountFactory()
    browser = signed_in(viewer)
    browser.get("/accounts")
    one = len(statements(lambda: browser.get("/accounts")))
    AccountFactory.create_batch(2)

    assert len(statements(lambda: browser.get("/accounts"))) == one


def test_the_search_answers_htmx_with_the_rows_and_their_address(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme")

    answer = signed_in(viewer).htmx("/accounts?q=acme&crm=&sort=name&waiting=")

    assert answer.headers["HX-Replace-Url"] == "/accounts?q=acme"
    assert answer.text.lstrip().startswith('<section id="accounts"')
    assert names_on(answer.text) == ["Acme"]


def test_filters_nobody_knows_are_left_out_with_a_hint(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme")

    answer = signed_in(viewer).get("/accounts?crm=fax&sort=luck&health=fine&_scheme=x&endpoint=y&_external=1")

    assert answer.status_code == 200
    assert names_on(answer.text) == ["Acme"]
    assert "Part of the address was not understood" in answer.text


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        "é",
        "x" * 5000,
        "WzAsMV0",  # [0,1]
        "WzAseyJhdCI6MX0sMV0",  # [0,{"at":1},1]
        "WzAse30sMV0",  # [0,{},1]
        "WzAsMSwyXQ",  # [0,1,2]: a number where a name belongs
        "WzAsImEiLCJiIl0",  # [0,"a","b"]: a name where a number belongs
        "WzAsImFcdTAwMDAiLDFd",  # [0,"a\\u0000",1]
        "WzAsIlx1ZDgwMCIsMV0",  # [0,"\\ud800",1]
        "WzAsImEiLDEwMDAwMDAwMDAwMDAwMDAwMDAwXQ",  # [0,"a",10000000000000000000]
    ],
)
def test_a_page_nobody_linked_to_is_refused_plainly(viewer: Member, signed_in: SignIn, cursor: str) -> None:
    answer = signed_in(viewer).get("/accounts", query_string={"page": cursor})

    assert answer.status_code == 400
    assert "That could not be read" in answer.text


@pytest.mark.parametrize("moment", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_no_page_ends_at_is_refused_plainly(viewer: Member, signed_in: SignIn, moment: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([0, {"at": moment}, "a", 1]).encode()).decode()

    answer = signed_in(viewer).get("/accounts", query_string={"sort": "last_read", "page": cursor})

    assert answer.status_code == 400


def test_an_empty_list_says_what_to_do_next(consultant: Member, viewer: Member, signed_in: SignIn) -> None:
    assert "No accounts yet" in signed_in(consultant).get("/accounts").text
    assert "Ask an owner" in signed_in(viewer).get("/accounts").text
    assert "Clear filters" in signed_in(viewer).get("/accounts?q=nothing").text
    assert "Nothing archived" in signed_in(viewer).get("/accounts?archived=yes").text


def test_another_agencys_accounts_are_nowhere(canary_cakes: str, viewer: Member, signed_in: SignIn) -> None:
    browser = signed_in(viewer)

    assert names_on(browser.get("/accounts?q=canary").text) == []
    assert names_on(browser.get("/accounts?q=ca").text) == []
    assert browser.get(f"/accounts/{canary_cakes}").status_code == 404
