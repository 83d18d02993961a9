"""What a page costs in an agency of 100 accounts, and in one of 10,000: it should be the same.

python -m bench.growth [--small 100] [--large 10000]

For each page: how many statements it sends, and how many steps SQLite's virtual machine takes to answer
them, which no other work on the machine changes; then the milliseconds of processor of the whole page, and
the blocks that PostgreSQL touches. Both agencies have 100 users an account and are made by ``flask seed``.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bench.ground import Ground, ground
from bench.pages import PART_OF_A_NAME, PART_OF_AN_ADDRESS, sample
from portal.agencies import scope
from portal.app import create_app
from portal.core.db import db
from portal.jobs import work
from portal.web.limits import limiter

USERS_EACH = 100
STEP = 10  # steps of SQLite's machine between two looks
BLOCKS = """SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))
FROM pg_statio_user_tables"""
TIMES = 15


@dataclass(slots=True)
class Cost:
    """What one page took."""

    statements: int = 0
    work: int = 0  # steps of SQLite's machine, or blocks of PostgreSQL
    milliseconds: float = 0.0


def pages(place: Ground) -> dict[str, str]:
    """Return the pages, by name."""
    about = sample(place)
    return {
        "home": "/",
        "accounts": "/accounts",
        "accounts by part of a name": f"/accounts?q={PART_OF_A_NAME}",
        "accounts by health": "/accounts?health=broken",
        "accounts that wait for us": "/accounts?waiting=us",
        "archived accounts": "/accounts?archived=yes",
        "accounts by free seats": "/accounts?sort=free_seats",
        "one account": f"/accounts/{about.slug}",
        "users of an account": f"/accounts/{about.slug}/users",
        "users": "/users",
        "users by part of an address": f"/users?text={PART_OF_AN_ADDRESS}",
        "users who never signed in": "/users?status=never",
        "access requests": "/access-requests",
        "access requests that wait for us": "/access-requests?waiting=us",
        "mails": "/mails",
        "switcher": "/switch",
        "switcher, some letters": f"/switch?q={PART_OF_A_NAME}",
    }


def browser_of(app: Flask, place: Ground) -> FlaskClient:
    """Return a browser in which the owner is signed in."""
    browser = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    email, password = place.credentials
    assert token is not None
    fields = {"csrf_token": token[1], "email": email, "password": password}
    assert browser.post("/sign-in", data=fields).status_code == 303
    return browser


def cost_of(app: Flask, load: Callable[[], object]) -> Cost:
    """Return what it costs to load something, once everything is warm."""
    load()
    load()
    cost = Cost()
    with app.app_context(), counted(cost):
        load()
    best = min(_timed(load) for _ in range(TIMES))
    return Cost(cost.statements, cost.work, 1000 * best)


def _timed(load: Callable[[], object]) -> float:
    began = time.process_time()
    load()
    return time.process_time() - began


@contextmanager
def counted(cost: Cost) -> Iterator[None]:
    """Count statements, and what the database does for them."""

    def note(connection: Any, _cursor: Any, _sql: str, _values: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's own form
        cost.statements += 1
        if db.engine.dialect.name == "sqlite":
            connection.connection.driver_connection.set_progress_handler(step, STEP)

    def step() -> int:
        cost.work += STEP
        return 0

    before = _blocks()
    event.listen(db.engine, "before_cursor_execute", note)
    yield
    event.remove(db.engine, "before_cursor_execute", note)
    cost.work += _blocks() - before
    db.engine.dispose()  # and with the connections what looks at their steps


def _blocks() -> int:
    """Return how many blocks PostgreSQL touched so far."""
    if db.engine.dialect.name == "sqlite":
        return 0
    db.engine.dispose()  # a process tells what it touched when it ends
    time.sleep(0.2)
    with scope.every_agency(reason="figures of the server are nobody's"), db.engine.connect() as connection:
        return int(connection.exec_driver_sql(BLOCKS).scalar() or 0)


def measure(database: str, accounts: int) -> dict[str, Cost]:
    """Return what each page and the sweeps cost in an agency of that size."""
    with ground(database, accounts, accounts * USERS_EACH) as place:
        os.environ.update(
            {name: text for name, text in place.environment.items() if name.startswith("PORTAL_")}
        )
        app = create_app()
        limiter.enabled = False
        app.extensions["jobs"].refresh_statistics()
        browser = browser_of(app, place)
        costs = {
            name: cost_of(app, lambda path=path: browser.get(path).get_data())
            for name, path in pages(place).items()
        }
        costs["all sweeps of a minute"] = cost_of(app, lambda: work.find_left_behind(app))
        with app.app_context():
            db.engine.dispose()
        return costs


@click.command()
@click.option("--database", "databases", multiple=True, default=("sqlite", "postgresql"))
@click.option("--small", default=100)
@click.option("--large", default=10_000)
def main(databases: tuple[str, ...], small: int, large: int) -> None:
    """Compare a small agency with a large one."""
    for database in databases:
        unit = "steps" if database == "sqlite" else "blocks"
        few, many = measure(database, small), measure(database, large)
        print(f"\n{database}, {small:,} and {large:,} accounts\n")
        print(f"| page | statements | {unit} | cpu ms |\n|---|---|---|---|")
        for name, cost in few.items():
            other = many[name]
            print(
                f"| {name} | {cost.statements} → {other.statements} | {cost.work:,} → {other.work:,}"
                f" | {cost.milliseconds:.1f} → {other.milliseconds:.1f} |"
            )


if __name__ == "__main__":
    main()
