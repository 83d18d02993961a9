"""Every shape of statement that reads: each returns the names of the accounts or contacts it can see."""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload, subqueryload

from portal.accounts.models import Account, Contact
from portal.core.db import db

ACCOUNTS = Account.__table__
CONTACTS = Contact.__table__
NAMES = ("Foreign", "Hidden", "Seen")

SHAPES: dict[str, Callable[[], Iterable[str]]] = {}
COUNTS: dict[str, Callable[[], int]] = {}


def shape(look: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
    """List a shape that returns names."""
    SHAPES[look.__name__] = look
    return look


def count(look: Callable[[], int]) -> Callable[[], int]:
    """List a shape that returns how many there are."""
    COUNTS[look.__name__] = look
    return look


def names(statement: Any) -> list[str]:
    """Return the first column of what a statement finds."""
    return list(db.session.scalars(statement))


@shape
def entities() -> Iterable[str]:
    return [account.name for account in names(sa.select(Account))]


@shape
def columns() -> Iterable[str]:
    return names(sa.select(Account.name))


@shape
def legacy_query() -> Iterable[str]:
    return [name for (name,) in db.session.query(Account.name)]


@shape
def a_table() -> Iterable[str]:
    return names(sa.select(ACCOUNTS.c.name))


@shape
def a_whole_table() -> Iterable[str]:
    return [row.name for row in db.session.execute(sa.select(ACCOUNTS))]


@shape
def a_table_by_its_name_alone() -> Iterable[str]:
    return names(sa.select(sa.table("accounts", sa.column("name")).c.name))


@shape
def a_connection_of_its_own() -> Iterable[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(sa.select(ACCOUNTS.c.name)))


@shape
def an_alias() -> Iterable[str]:
    return names(sa.select(aliased(Account).name))


@shape
def an_alias_of_a_table() -> Iterable[str]:
    return names(sa.select(ACCOUNTS.alias("other_name").c.name))


@shape
def an_alias_named_like_another_table() -> Iterable[str]:
    return names(sa.select(ACCOUNTS.alias("contacts").c.name))


@shape
def a_table_joined_with_itself() -> Iterable[str]:
    one, two = aliased(Account), aliased(Account)
    return names(sa.select(two.name).join(one, one.id == two.id))


@shape
def a_join() -> Iterable[str]:
    return names(sa.select(Account.name).join(Contact, Contact.account_id == Account.id))


@shape
def an_outer_join() -> Iterable[str]:
    found = sa.select(Contact.name).select_from(
        sa.outerjoin(CONTACTS, ACCOUNTS, CONTACTS.c.account_id == ACCOUNTS.c.id)
    )
    return names(found)


@shape
def a_full_join() -> Iterable[str]:
    both = sa.outerjoin(ACCOUNTS, CONTACTS, CONTACTS.c.account_id == ACCOUNTS.c.id, full=True)
    return names(sa.select(sa.func.coalesce(ACCOUNTS.c.name, CONTACTS.c.name)).select_from(both))


@shape
def a_cross_join() -> Iterable[str]:
    return names(sa.select(Account.name).join(Contact, sa.true()).distinct())


@shape
def exists_for_each() -> Iterable[str]:
    asked = {name: sa.select(sa.exists().where(Account.name == name)) for name in NAMES}
    return [name for name, statement in asked.items() if db.session.scalar(statement)]


@shape
def not_exists_for_each() -> Iterable[str]:
    asked = {name: sa.select(~sa.exists().where(ACCOUNTS.c.name == name)) for name in NAMES}
    return [name for name, statement in asked.items() if not db.session.scalar(statement)]


@shape
def a_sub_select_in_where() -> Iterable[str]:
    return names(sa.select(Contact.name).where(Contact.account_id.in_(sa.select(Account.id))))


@shape
def a_sub_select_in_columns() -> Iterable[str]:
    name = sa.select(Account.name).where(Account.id == Contact.account_id).scalar_subquery()
    return [found for found in names(sa.select(name).select_from(Contact)) if found]


@shape
def a_sub_select_in_from() -> Iterable[str]:
    return names(sa.select(sa.select(Account).subquery().c.name))


@shape
def a_correlated_sub_select() -> Iterable[str]:
    has_contact = sa.exists().where(Contact.account_id == Account.id)
    return names(sa.select(Account.name).where(has_contact))


@shape
def any_of_a_relationship() -> Iterable[str]:
    return names(sa.select(Contact.name).where(Contact.account.has(Account.id > 0)))


@shape
def a_union() -> Iterable[str]:
    return names(sa.union(sa.select(Account.name), sa.select(Contact.name)))


@shape
def a_union_of_all() -> Iterable[str]:
    both = sa.union_all(sa.select(ACCOUNTS.c.name), sa.select(CONTACTS.c.name)).subquery()
    return names(sa.select(both.c.name).distinct())


@shape
def an_intersection() -> Iterable[str]:
    return names(sa.intersect(sa.select(Account.name), sa.select(Contact.name)))


@shape
def a_difference() -> Iterable[str]:
    return names(sa.except_(sa.select(Account.name), sa.select(Contact.name).where(Contact.id < 0)))


@shape
def a_common_table_expression() -> Iterable[str]:
    return names(sa.select(sa.select(Account.name).cte("some").c.name))


@shape
def a_recursive_expression() -> Iterable[str]:
    first = sa.select(Account.id, Account.name).cte("walk", recursive=True)
    walk = first.union(sa.select(Account.id, Account.name).where(Account.id == first.c.id + 1))
    return names(sa.select(walk.c.name).distinct())


@shape
def grouped() -> Iterable[str]:
    return names(sa.select(Account.name).group_by(Account.name).having(sa.func.count() > 0))


@shape
def a_window() -> Iterable[str]:
    place = sa.func.row_number().over(order_by=Account.name)
    return names(sa.select(Account.name, place))


@shape
def joined_loading() -> Iterable[str]:
    found = sa.select(Contact).options(joinedload(Contact.account))
    return [contact.account.name for contact in db.session.scalars(found)]


@shape
def loading_by_select() -> Iterable[str]:
    found = sa.select(Contact).options(selectinload(Contact.account))
    return [contact.account.name for contact in db.session.scalars(found)]


@shape
def loading_by_sub_query() -> Iterable[str]:
    found = sa.select(Contact).options(subqueryload(Contact.account))
    return [contact.account.name for contact in db.session.scalars(found)]


@shape
def loading_when_asked() -> Iterable[str]:
    return [contact.account.name for contact in db.session.scalars(sa.select(Contact))]


@shape
def row_by_row() -> Iterable[str]:
    return names(sa.select(Account.name).execution_options(yield_per=1))


@shape
def entities_from_a_statement() -> Iterable[str]:
    found = sa.select(Account).from_statement(sa.select(ACCOUNTS))
    return [account.name for account in db.session.scalars(found)]


@shape
def a_lambda() -> Iterable[str]:
    return names(sa.lambda_stmt(lambda: sa.select(Account.name)))


@shape
def locked_rows() -> Iterable[str]:
    return names(sa.select(Account.name).with_for_update())


@shape
def entities_locked_and_read_anew() -> Iterable[str]:
    found = sa.select(Account).with_for_update().execution_options(populate_existing=True)
    return [account.name for account in db.session.scalars(found)]


@shape
def by_primary_key() -> Iterable[str]:
    return [account.name for number in range(1, 10) if (account := db.session.get(Account, number))]


@count
def count_of_rows() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Account))


@count
def count_of_a_column() -> int:
    return db.session.scalar(sa.select(sa.func.count(Account.id)))


@count
def count_of_a_table() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(ACCOUNTS))


@count
def legacy_count() -> int:
    return db.session.query(Account).count()


@count
def count_in_a_sub_select() -> int:
    return db.session.scalar(sa.select(sa.select(sa.func.count(Account.id)).scalar_subquery()))


@count
def a_sum() -> int:
    return db.session.scalar(sa.select(sa.func.sum(sa.case((Account.id > 0, 1), else_=0))))


@count
def a_filtered_count() -> int:
    return db.session.scalar(sa.select(sa.func.count().filter(Account.id > 0)).select_from(Account))
