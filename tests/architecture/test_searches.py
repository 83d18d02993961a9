"""A part of a name or an address is found through an index, on either database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert

from portal.accounts.models import Account
from portal.accounts.queries import AccountFilters, account_rows
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import db
from portal.users.finding import Filters, users_everywhere
from portal.users.models import User

MANY = 4000
SEARCHES = {
    "accounts": (
        lambda: account_rows(AccountFilters(words="llwick"), None),
        "account_search",
        "ix_accounts_search",
    ),
    "users": (lambda: users_everywhere(Filters(text="k@mill"), None), "users_search", "users_search"),
}


@pytest.fixture
def crowd(app: Flask, agency: Agency) -> None:
    """So many accounts and users that finding one by looking at all of them would be felt."""
    mine = {"agency_id": scope.current_agency_id()}
    names = [f"{chr(97 + n % 26)}{n * 7919 % 10007} works" for n in range(MANY)]
    names[MANY // 2] = "millwick"
    db.session.execute(
        insert(Account.__table__),
        [
            {**mine, "id": n + 1, "slug": f"a{n}", "name": name, "sort_name": name}
            for n, name in enumerate(names)
        ],
    )
    db.session.execute(
        insert(User.__table__),
        [
            {
                **mine,
                "account_id": n + 1,
                "external_id": "1",
                "email": f"jo@{name}.example",
                "sort_name": name,
            }
            for n, name in enumerate(names)
        ],
    )
    db.session.execute(
        insert(User.__table__),
        {**mine, "account_id": 1, "external_id": "2", "email": "rick@millwick.example", "sort_name": "rick"},
    )
    db.session.commit()
    with scope.every_agency(reason="statistics of whole tables"):
        run = db.session.connection().exec_driver_sql
        for table, index in (("accounts", "ix_accounts_search"), ("users", "users_search")):
            run(f"ANALYZE {table}")
            if (
                db.engine.dialect.name == "postgresql"
            ):  # what its housekeeping does by itself, some time later
                run(f"SELECT gin_clean_pending_list('{index}')")
        db.session.commit()
    db.engine.dispose()


@pytest.fixture
def plans(app: Flask) -> Iterator[Callable[[Callable[[], object]], str]]:
    """Return a function that tells how the database carries out what is loaded."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        seen.append((statement, values))

    def plan(load: Callable[[], object]) -> str:
        event.listen(db.engine, "before_cursor_execute", note)
        load()
        event.remove(db.engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
        with scope.every_agency(reason="a plan is looked at, not rows"):
            run = db.session.connection().exec_driver_sql
            if explain == "EXPLAIN":
                run("SET LOCAL enable_seqscan = off")  # some thousand rows are soon looked through
            return "\n".join(str(row) for text, values in seen for row in run(f"{explain} {text}", values))

    return plan


@pytest.mark.parametrize("what", SEARCHES)
def test_a_search_begins_with_what_the_index_names(
    crowd: None, plans: Callable[[Callable[[], object]], str], what: str
) -> None:
    search, on_sqlite, on_postgresql = SEARCHES[what]

    plan = plans(search)

    if db.engine.dialect.name == "sqlite":
        assert f"SCAN {on_sqlite} VIRTUAL TABLE INDEX" in plan
        assert f"SCAN {what}'" not in plan
    else:
        assert f"Bitmap Index Scan on {on_postgresql}" in plan
        assert f"Seq Scan on {what}" not in plan
