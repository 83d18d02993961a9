"""Once a minute the sweeps look over all agencies: each statement finds its rows through an index."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from portal.agencies import scope
from portal.core.db import db
from portal.jobs import work
from tests.architecture.sources import PORTAL, dotted

for _jobs in sorted(PORTAL.glob("*/jobs.py")):
    import_module(dotted(_jobs))

# Tables that a plan may name without an index, and why.
HARMLESS = {
    "account_access": "for limited members alone, which a sweep is not: never carried out",
    "agencies": "a handful in one installation; one without a chain is found only among all of them",
    "mail_canaries": "sent while a mail is in doubt, and kept for days only",
    "mail_server_pauses": "a handful of mail servers",
    "mail_stops": "at most one of each agency",
    "worker_beats": "a handful of workers",
}


@pytest.fixture
def statements(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database while the test runs."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def names() -> list[Any]:
    return [pytest.param(sweep, id=sweep.__name__) for sweep in work.SWEEPS]


@pytest.mark.parametrize("sweep", names())
def test_a_sweep_reads_no_table_from_end_to_end(
    sweep: work.Sweep, app: Flask, statements: list[tuple[str, Any]]
) -> None:
    with scope.every_agency(reason="as a sweep does"), work.step():
        list(sweep())
        asked = [
            (text, values) for text, values in statements if text.startswith(("SELECT", "UPDATE", "DELETE"))
        ]
        read_through = [table for text, values in asked for table in tables_read_through(text, values)]

    assert set(read_through) <= set(HARMLESS)


def test_a_statement_that_finds_its_rows_without_an_index_is_noticed(app: Flask) -> None:
    with scope.every_agency(reason="as a sweep does"):
        assert tables_read_through("SELECT id FROM accounts WHERE colour = 'blue'", ()) == ["accounts"]


def tables_read_through(statement: str, values: Any) -> list[str]:
    """Return the tables of which a plan reads every row."""
    explain = db.session.connection().exec_driver_sql
    if db.engine.dialect.name == "sqlite":
        plan = [row[3] for row in explain(f"EXPLAIN QUERY PLAN {statement}", values)]
        scanned = [step.split()[1] for step in plan if step.startswith("SCAN ")]
        return [table for table in scanned if table != "CONSTANT" and not table.startswith("(")]
    for way in ("seqscan", "indexscan", "indexonlyscan"):  # a bitmap of an index needs a condition for it
        explain(f"SET LOCAL enable_{way} = off")
    answer = explain(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar()
    plan = answer if isinstance(answer, list) else json.loads(answer)
    return list(_read_through(plan[0]["Plan"]))


def _read_through(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _read_through(child)
