from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.accounts.models import Account, AccountTag, Contact
from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from tests.agencies.world import VISIBLE, World

Enter = Callable[[str], AbstractContextManager[None]]

ACCOUNTS = Account.__table__
CONTACTS = Contact.__table__


def colours() -> dict[str, str]:
    """Return the colour of every account there is."""
    db.session.commit()
    db.session.expire_all()
    with scope.every_agency(reason="test"):
        return {row.name: row.colour for row in db.session.execute(sa.select(Account.name, Account.colour))}


def every_id() -> list[int]:
    with scope.every_agency(reason="test"):
        return list(db.session.scalars(sa.select(Account.id)))


def from_contacts() -> sa.Update:
    return sa.update(Account).where(Contact.account_id == Account.id).values(colour="red")


PAINT = {
    "bulk": lambda: db.session.execute(sa.update(Account).values(colour="red")),
    "a table": lambda: db.session.execute(sa.update(ACCOUNTS).values(colour="red")),
    "legacy": lambda: db.session.query(Account).update({"colour": "red"}),
    "evaluated": lambda: db.session.execute(
        sa.update(Account).values(colour="red").execution_options(synchronize_session="evaluate")
    ),
    "fetched": lambda: db.session.execute(
        sa.update(Account).values(colour="red").execution_options(synchronize_session="fetch")
    ),
    "with a sub-select": lambda: db.session.execute(
        sa.update(Account).where(Account.id.in_(sa.select(Contact.account_id))).values(colour="red")
    ),
    "from another table": lambda: db.session.execute(from_contacts()),
    "returning": lambda: db.session.scalars(
        sa.update(Account).values(colour="red").returning(Account.name)
    ).all(),
    "row by row": lambda: [
        db.session.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == number).values(colour="red"))
        for number in every_id()
    ],
    "many at once": lambda: db.session.connection().execute(
        sa.update(ACCOUNTS).where(ACCOUNTS.c.id == sa.bindparam("number")).values(colour="red"),
        [{"number": number} for number in every_id()],
    ),
    "objects": lambda: [
        setattr(account, "colour", "red") for account in db.session.scalars(sa.select(Account))
    ],
}


@pytest.mark.parametrize("paint", [pytest.param(paint, id=name) for name, paint in PAINT.items()])
@pytest.mark.parametrize("where", list(VISIBLE))
def test_no_shape_of_update_reaches_beyond_its_scope(
    enter: Enter, where: str, paint: Callable[[], object]
) -> None:
    with enter(where):
        paint()
        db.session.flush()

    assert sorted(name for name, colour in colours().items() if colour == "red") == VISIBLE[where]


@pytest.mark.parametrize("order", list(permutations(["agency", "limited", "other", "every"])))
def test_updates_kept_for_reuse_do_not_leak_from_scope_to_scope(enter: Enter, order: tuple[str, ...]) -> None:
    painted: dict[str, list[str]] = {}
    for where in order:
        with enter(where):
            PAINT["bulk"]()
        painted[where] = sorted(name for name, colour in colours().items() if colour == "red")
        with enter("every"):
            db.session.execute(sa.update(Account).values(colour="blue"))

    assert painted == VISIBLE


def names_left(model: Any) -> list[str]:
    db.session.commit()
    with scope.every_agency(reason="test"):
        return sorted(db.session.scalars(sa.select(model.name)))


DELETE = {
    "bulk": lambda: db.session.execute(sa.delete(Contact)),
    "a table": lambda: db.session.execute(sa.delete(CONTACTS)),
    "legacy": lambda: db.session.query(Contact).delete(),
    "with a sub-select": lambda: db.session.execute(
        sa.delete(Contact).where(Contact.account_id.in_(sa.select(Account.id)))
    ),
    "returning": lambda: db.session.scalars(sa.delete(Contact).returning(Contact.name)).all(),
    "objects": lambda: [db.session.delete(contact) for contact in db.session.scalars(sa.select(Contact))],
}


@pytest.mark.parametrize("delete", [pytest.param(delete, id=name) for name, delete in DELETE.items()])
@pytest.mark.parametrize("where", list(VISIBLE))
def test_no_shape_of_delete_reaches_beyond_its_scope(
    enter: Enter, where: str, delete: Callable[[], object]
) -> None:
    with enter(where):
        delete()
        db.session.flush()

    assert names_left(Contact) == sorted(set(VISIBLE["every"]) - set(VISIBLE[where]))


@pytest.mark.parametrize("write", [PAINT["bulk"], DELETE["bulk"]])
def test_nothing_is_written_without_a_scope(world: World, write: Callable[[], object]) -> None:
    with pytest.raises(scope.NoAgency):
        write()


def account(**values: Any) -> dict[str, Any]:
    return {
        "name": "New",
        "slug": "new",
        "sort_name": "new",
        "crm": "hubspot",
        "colour": "blue",
        "language": "en",
        "health": "not_connected",
        **dict.fromkeys(("users_count", "seats_used", "never_signed_in"), 0),
        **dict.fromkeys(("waiting_for_client", "waiting_for_us"), 0),
        "created_at": sa.func.now(),
        **values,
    }


INSERT = {
    "values": lambda row: db.session.execute(sa.insert(Account).values(row)),
    "several values": lambda row: db.session.execute(sa.insert(Account).values([row])),
    "rows": lambda row: db.session.execute(sa.insert(Account), [row]),
    "a table": lambda row: db.session.connection().execute(sa.insert(ACCOUNTS), [row]),
    "an object": lambda row: (db.session.add(Account(**row)), db.session.flush()),
    "objects in bulk": lambda row: db.session.bulk_save_objects([Account(**row)]),
    "mappings in bulk": lambda row: db.session.bulk_insert_mappings(Account, [row]),
    "merge": lambda row: (db.session.merge(Account(**row)), db.session.flush()),
}


@pytest.mark.parametrize("insert", [pytest.param(insert, id=name) for name, insert in INSERT.items()])
@pytest.mark.parametrize("where", ["agency", "limited"])
def test_no_shape_of_insert_writes_a_row_of_another_agency(
    enter: Enter, world: World, where: str, insert: Callable[[dict[str, Any]], object]
) -> None:
    row = account(agency_id=world.other_id, created_at=None)

    with enter(where), pytest.raises(scope.WrongAgency):
        insert(row)


def test_a_new_row_belongs_to_the_agency_in_scope(enter: Enter, world: World) -> None:
    with enter("agency"):
        new = Account(name="New", slug="new", sort_name="new")
        db.session.add(new)
        db.session.flush()

        assert new.agency_id == world.agency_id


def test_a_new_row_needs_an_agency(enter: Enter) -> None:
    def write() -> None:
        with enter("every"):
            db.session.add(Account(name="New", slug="new", sort_name="new"))
            db.session.flush()

    with pytest.raises(scope.NoAgency):
        write()


def test_an_insert_from_a_select_is_refused(enter: Enter, world: World) -> None:
    copied = sa.select(CONTACTS.c.agency_id, CONTACTS.c.account_id, CONTACTS.c.name)
    statement = sa.insert(AccountTag).from_select(["agency_id", "account_id", "name"], copied)

    with enter("agency"), pytest.raises(scope.CannotLimit):
        db.session.execute(statement)


def test_an_owner_worked_out_by_the_database_is_refused(enter: Enter, world: World) -> None:
    owner = sa.select(sa.func.max(Account.agency_id)).scalar_subquery()

    with enter("agency"), pytest.raises(scope.CannotLimit):
        db.session.execute(sa.insert(Account).values(account(agency_id=owner)))


def upsert(world: World, keys: list[str]) -> sa.Insert:
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    row = account(agency_id=world.agency_id, slug="seen", created_at=clock.now())
    return (
        dialect.insert(Account).values(row).on_conflict_do_update(index_elements=keys, set_={"colour": "red"})
    )


def test_an_insert_may_become_an_update_where_the_conflict_is_within_the_agency(
    enter: Enter, world: World
) -> None:
    with enter("agency"):
        db.session.execute(upsert(world, ["agency_id", "slug"]))

    assert colours() == {"Seen": "red", "Hidden": "blue", "Foreign": "blue"}


def test_an_insert_that_may_become_an_update_of_any_row_is_refused(enter: Enter, world: World) -> None:
    with enter("agency"), pytest.raises(scope.CannotLimit):
        db.session.execute(upsert(world, ["id"]))


@pytest.mark.parametrize("where", ["agency", "limited", "every"])
def test_a_row_never_moves_to_another_agency(enter: Enter, world: World, where: str) -> None:
    with enter(where), pytest.raises(scope.WrongAgency):
        db.session.execute(sa.update(Account).values(agency_id=world.other_id))


def test_an_object_never_moves_to_another_agency(enter: Enter, world: World) -> None:
    with enter("agency"):
        moved = db.session.scalars(sa.select(Contact).where(Contact.name == "Seen")).one()
        moved.agency_id = world.other_id
        with pytest.raises(scope.WrongAgency):
            db.session.flush()


def test_an_object_of_another_agency_cannot_be_changed_from_here(enter: Enter, world: World) -> None:
    with enter("other"):
        foreign = db.session.scalars(sa.select(Account)).one()
        foreign.colour = "red"

        with enter("agency"), pytest.raises(StaleDataError):
            db.session.flush()


def test_an_object_of_another_agency_cannot_be_deleted_from_here(enter: Enter, world: World) -> None:
    with enter("other"):
        foreign = db.session.scalars(sa.select(Contact)).one()
        db.session.delete(foreign)
        with enter("agency"):
            db.session.flush()

    assert names_left(Contact) == VISIBLE["every"]


def test_the_database_itself_refuses_a_link_to_another_agencys_row(enter: Enter, world: World) -> None:
    with enter("other"):
        foreign_id = db.session.scalar(sa.select(Account.id))

    with enter("agency"):
        db.session.add(Contact(account_id=foreign_id, name="Spy", email="spy@client.example"))
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_locked_rows_are_locked(enter: Enter, world: World) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite locks the whole file")
    with enter("agency"), db.engine.connect() as one, db.engine.connect() as two:
        one.execute(sa.select(ACCOUNTS.c.id).with_for_update()).all()
        free = two.scalars(sa.select(ACCOUNTS.c.id).with_for_update(skip_locked=True)).all()

        assert free == []
