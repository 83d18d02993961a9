from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, event

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.users import finding
from portal.users.models import User
from tests.factories.accounts import AccountFactory
from tests.factories.users import UserFactory


@pytest.fixture
def northwind(agency: Agency) -> Account:
    return AccountFactory(sees_sign_ins=True)


def found(**given: str) -> list[str]:
    """Return the last names found everywhere."""
    page = finding.users_everywhere(finding.read_filters(given), None).page
    return [row.last_name for row in page.rows]


@pytest.mark.parametrize(
    "text",
    [
        "annel",
        "ANNEL",
        "berg-smith",
        "an sm",
        "smith annel",
        "@corp.exa",
        'o"k',
        "100%",
        "a_b",
        "é",
        "or",
    ],
)
def test_any_part_of_a_name_or_address_finds(northwind: Account, text: str) -> None:
    name = 'Berg-Smith O"K 100% a_b ÉÉ'
    UserFactory(account_id=northwind.id, first_name="Annelies", last_name=name, email="x@corp.example")
    UserFactory(account_id=northwind.id, first_name="Bob", last_name="Miller", email="axb@1000.test")

    assert found(text=text) == [name]


@pytest.mark.parametrize("text", ["^*(", '"', "a OR b", "NOT anna", "berg*", "sort_name:anna", "\x00"])
def test_signs_of_the_index_mean_nothing_in_a_search(northwind: Account, text: str) -> None:
    UserFactory(account_id=northwind.id, last_name="Berg")

    assert found(text=text) == (["Berg"] if text == "\x00" else [])


def test_the_index_follows_changes_and_deletions(northwind: Account) -> None:
    user = UserFactory(account_id=northwind.id, last_name="Before")
    assert found(text="before") == ["Before"]

    user.last_name, user.sort_name, user.email = "After", "anna after", "after@client.example"
    db.session.flush()
    assert (found(text="before"), found(text="after")) == ([], ["After"])

    db.session.execute(delete(User).where(User.id == user.id))
    assert found(text="after") == []


def test_an_account_that_goes_takes_its_users_out_of_the_index(northwind: Account) -> None:
    UserFactory(account_id=northwind.id, last_name="Leaver")
    db.session.execute(delete(Account).where(Account.id == northwind.id))

    assert found(text="leaver") == []


def test_more_than_a_thousand_are_not_counted_but_shown_in_order(northwind: Account) -> None:
    UserFactory.create_batch(1001, account_id=northwind.id, email="same@client.example")
    UserFactory(account_id=northwind.id, first_name="Aaron", last_name="First", email="same@client.example")

    result = finding.users_everywhere(finding.read_filters({"text": "same@cl"}), None)

    assert (result.count, result.is_more, len(result.page.rows)) == (1000, True, 50)
    assert result.page.rows[0].last_name == "First"


def test_a_thousand_are_counted(northwind: Account) -> None:
    UserFactory.create_batch(12, account_id=northwind.id)

    result = finding.users_everywhere(finding.read_filters({"text": "berg"}), None)

    assert (result.count, result.is_more) == (12, False)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("", ["Boss", "Never", "Off", "Quiet", "Staff"]),
        ("never", ["Never"]),
        ("quiet", ["Quiet"]),
        ("super_admin", ["Boss"]),
        ("partner", ["Staff"]),
        ("deactivated", ["Off"]),
        ("gone", ["Gone"]),
        ("nonsense", ["Boss", "Never", "Off", "Quiet", "Staff"]),
    ],
)
def test_filters_by_status(northwind: Account, status: str, expected: list[str]) -> None:
    now, mine = clock.now(), {"account_id": northwind.id}
    UserFactory(**mine, last_name="Boss", super_admin=True, last_sign_in_at=now)
    UserFactory(**mine, last_name="Gone", gone_at=now)
    UserFactory(**mine, last_name="Never")
    UserFactory(**mine, last_name="Off", active=False)
    UserFactory(**mine, last_name="Quiet", last_sign_in_at=now - timedelta(days=91))
    UserFactory(**mine, last_name="Staff", seats=["Partner"], last_sign_in_at=now)

    assert found(status=status) == expected


def test_nobody_is_called_never_signed_in_where_sign_ins_are_hidden(agency: Agency) -> None:
    UserFactory(account_id=AccountFactory(sees_sign_ins=False).id)

    assert found(status="never") == []


def test_users_of_archived_accounts_are_left_out(agency: Agency) -> None:
    UserFactory(account_id=AccountFactory(archived_at=clock.now()).id)

    assert (found(), found(text="berg")) == ([], [])


def test_filters_by_seat_set_and_team(northwind: Account) -> None:
    mine = {"account_id": northwind.id}
    UserFactory(**mine, last_name="One", seats=['Sales "Plus" é'], permission_set_id="5", primary_team_id="7")
    UserFactory(**mine, last_name="Two", seats=["Sales"], permission_set_id="55", secondary_team_ids=["7"])
    UserFactory(**mine, last_name="Three", seats=["Plus"], secondary_team_ids=["77"])

    assert found(seat='Sales "Plus" é') == ["One"]
    assert found(seat="Plus") == ["Three"]
    assert found(permission_set="5") == ["One"]
    assert found(team="7") == ["One", "Two"]


@pytest.mark.parametrize("order", ["name", "last_sign_in"])
def test_pages_follow_each_other_without_gap_or_repeat(northwind: Account, order: str) -> None:
    now = clock.now()
    for n in range(120):
        at = None if n % 3 else now - timedelta(hours=n)
        UserFactory(account_id=northwind.id, last_name=f"N{n:03}", last_sign_in_at=at)
    filters, cursor, names = finding.read_filters({"order": order}), None, []
    while (page := finding.users_of(northwind, filters, cursor)).rows:
        names += [row.last_name for row in page.rows]
        cursor = page.next
        if cursor is None:
            break

    assert (len(names), len(set(names))) == (120, 120)
    if order == "name":
        assert names == sorted(names)
    else:
        assert names[:2] == ["N000", "N003"]


def test_sqlite_begins_with_the_rows_that_the_index_names(app: Flask, northwind: Account) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("about SQLite's plans")
    for number in range(300):
        UserFactory(account_id=northwind.id, last_name=f"Berg{number}")
    db.session.commit()
    app.extensions["jobs"].refresh_statistics()
    db.engine.dispose()

    plans = plans_of(lambda: found(text="berg9"))

    assert [step for step in plans if "users USING" in step] == [
        "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)"
    ] * 2


def plans_of(load: Callable[[], object]) -> list[str]:
    """Return the steps by which SQLite carries out what is loaded."""
    seen: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    load()
    event.remove(db.engine, "before_cursor_execute", note)
    queries = [(text, values) for text, values in seen if text.startswith("SELECT")]
    with scope.every_agency(reason="a plan is looked at, not rows"):
        explain = db.session.connection().exec_driver_sql
        return [row[3] for text, values in queries for row in explain(f"EXPLAIN QUERY PLAN {text}", values)]
