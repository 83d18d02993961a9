from importlib import import_module

import pytest
import sqlalchemy as sa

from portal.agencies.ownership import AgencyOwned
from portal.core.db import Model, UtcDateTime
from tests.architecture.sources import PORTAL, dotted

for _models in sorted(PORTAL.glob("*/models.py")):
    import_module(dotted(_models))

# Tables that belong to no agency, and why.
NOBODYS = {
    "agencies": "the agency itself",
    "inbound_arrivals": "whose a mail is, is known only once it was judged",
    "inbound_mailboxes": "the mails of all agencies come through one",
    "mail_canaries": "the way to our own mailbox is that of every agency's mail",
    "mail_tokens": "the mail servers are those of the installation, and so are the tokens for them",
    "mail_server_pauses": "a mail server makes every agency wait alike",
    "try_counts": "who tries to sign in has no agency yet",
    "restores": "a database is restored for every agency",
    "worker_beats": "a worker serves every agency",
}

# Columns that hold an id without a link, and why.
LOOSE = {
    "audit_entries.account_id": "the trail outlives what it speaks of",
}

TABLES = sorted(Model.metadata.tables.values(), key=lambda table: table.name)
OWNED = [table for table in TABLES if table.name not in NOBODYS]


def named(tables: list[sa.Table]) -> list[object]:
    return [pytest.param(table, id=table.name) for table in tables]


@pytest.mark.parametrize("table", named(OWNED))
def test_every_table_has_an_agency(table: sa.Table) -> None:
    assert not table.c.agency_id.nullable


def test_the_list_of_tables_nobody_owns_is_not_stale() -> None:
    assert {table.name for table in TABLES if "agency_id" not in table.c} == set(NOBODYS)


@pytest.mark.parametrize("table", named(OWNED))
def test_links_between_owned_tables_carry_the_agency(table: sa.Table) -> None:
    alone = [
        key.name
        for key in table.foreign_key_constraints
        if key.referred_table.name not in NOBODYS
        and next((element.parent.name, element.column.name) for element in key.elements)
        != ("agency_id", "agency_id")
    ]

    assert alone == []


@pytest.mark.parametrize("table", named(OWNED))
def test_a_column_that_names_a_row_of_ours_is_a_link(table: sa.Table) -> None:
    ours = {"account_id", "member_id", "contact_id", "consultant_id", "request_id", "run_id", "job_role_id"}
    linked = {column.name for key in table.foreign_key_constraints for column in key.columns}
    loose = {f"{table.name}.{name}" for name in (ours & set(table.c.keys())) - linked}

    assert loose <= set(LOOSE)


def test_the_list_of_loose_columns_is_not_stale() -> None:
    columns = {f"{table.name}.{column.name}" for table in TABLES for column in table.c}
    linked = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for key in table.foreign_key_constraints
        for column in key.columns
    }

    assert set(LOOSE) <= columns - linked


@pytest.mark.parametrize("table", named(OWNED))
def test_an_index_that_finds_rows_of_one_agency_begins_with_it_or_says_what_is_due(table: sa.Table) -> None:
    first = {index.name: next(iter(index.columns)) for index in table.indexes}

    assert {
        name
        for name, column in first.items()
        if column.name not in {"agency_id", "state"} and not isinstance(column.type, UtcDateTime)
    } == set()


def test_every_owned_model_is_one_of_ours() -> None:
    models = [mapper.class_ for mapper in Model.registry.mappers]

    assert [
        model.__name__
        for model in models
        if model.__tablename__ not in NOBODYS and not issubclass(model, AgencyOwned)
    ] == []
