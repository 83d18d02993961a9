import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account
from portal.agencies.models import Agency
from portal.core.errors import BadInput
from portal.web.paging import MAX_CURSOR, Cursor, Key, Page, cursor_from_request, fetch_page
from tests.factories.accounts import AccountFactory

ELSEWHERE = Flask("elsewhere", static_folder=None)  # an end of its requests leaves our agency alone
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
SEATS = (5, 3, 5, 1, 3, 5, 3)  # of the accounts a to g

ORDERS = {
    "one key": ([Key(Account.name)], "abcdefg"),
    "one key, down": ([Key(Account.name, descending=True)], "gfedcba"),
    "ties": ([Key(Account.users_count), Key(Account.name)], "dbegacf"),
    "ties, down": (
        [Key(Account.users_count, descending=True), Key(Account.name, descending=True)],
        "fcagebd",
    ),
    "both ways": ([Key(Account.users_count, descending=True), Key(Account.name)], "acfbegd"),
    "moments": ([Key(Account.created_at, descending=True), Key(Account.name)], "fgdebca"),
}


@pytest.fixture
def accounts(agency: Agency) -> None:
    """Seven accounts, alike in pairs."""
    for number, (name, seats) in enumerate(zip("abcdefg", SEATS, strict=True)):
        created_at = NOON + timedelta(days=(number + 1) // 2)
        AccountFactory(name=name, slug=name, users_count=seats, created_at=created_at)


def names(page: Page[Account]) -> str:
    return "".join(row.name for row in page.rows)


def fetch(keys: Sequence[Key], cursor: Cursor | None, size: int) -> Page[Account]:
    """Fetch a page as a browser does, by way of an address."""
    with ELSEWHERE.test_request_context(query_string={"page": str(cursor or "")}):
        asked = cursor_from_request()
    return fetch_page(select(Account.name), keys, asked, size=size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("order", ORDERS)
def test_the_pages_there_and_back_again_are_the_list(accounts: None, order: str, size: int) -> None:
    keys, expected = ORDERS[order]
    chunks = [expected[start : start + size] for start in range(0, 7, size)]
    page = fetch(keys, None, size)
    there, back = [names(page)], []
    while page.next:
        page = fetch(keys, page.next, size)
        there.append(names(page))
    while page.previous:
        page = fetch(keys, page.previous, size)
        back.append(names(page))

    assert there == chunks
    assert "".join(reversed(back)) == expected[: sum(map(len, chunks[:-1]))]


def test_each_page_has_the_ways_there_are(accounts: None) -> None:
    keys = [Key(Account.name)]
    first = fetch(keys, None, 3)
    middle = fetch(keys, first.next, 3)
    last = fetch(keys, middle.next, 3)
    again = fetch(keys, middle.previous, 3)

    assert (first.previous, first.next) == (None, Cursor(("c",)))
    assert (middle.previous, middle.next) == (Cursor(("d",), backwards=True), Cursor(("f",)))
    assert (last.previous, last.next) == (Cursor(("g",), backwards=True), None)
    assert (again.previous, again.next, names(again)) == (None, Cursor(("c",)), "abc")


def test_an_empty_list_and_a_full_page_lead_nowhere(agency: Agency) -> None:
    assert fetch([Key(Account.name)], None, 3) == Page([])

    AccountFactory(name="a", slug="a")
    page = fetch([Key(Account.name)], None, 1)
    assert (page.next, page.previous) == (None, None)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "!",
        "a",
        "é",
        "AAAA",
        packed({}),
        packed(None),
        packed(7),
        packed([]),
        packed([0, [1]]),
        packed([0, None]),
        packed([0, {}]),
        packed([0, {"at": 5}]),
        packed([0, {"at": "noon"}]),
        "A" * (MAX_CURSOR + 1),
    ],
)
def test_a_cursor_that_nobody_here_wrote_is_refused(text: str) -> None:
    with ELSEWHERE.test_request_context(query_string={"page": text}), pytest.raises(BadInput):
        cursor_from_request()


@pytest.mark.parametrize("values", [(), ("a", 1), (1,), (True,), (1.5,), (NOON,), ("\0",), ("\ud800",)])
def test_a_cursor_of_another_list_is_refused(agency: Agency, values: tuple[object, ...]) -> None:
    with pytest.raises(BadInput):
        fetch_page(select(Account.name), [Key(Account.name)], Cursor(values))


@pytest.mark.parametrize("number", [2**31, -(2**31), 10**30, True, 1.0, "1"])
def test_a_number_that_no_row_can_have_is_refused(agency: Agency, number: object) -> None:
    with pytest.raises(BadInput):
        fetch_page(select(Account.name), [Key(Account.id)], Cursor((number,)))
