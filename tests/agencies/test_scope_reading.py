from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import permutations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import ObjectDeletedError

from portal.accounts.models import Account, Contact
from portal.agencies import scope
from portal.core.db import db
from tests.agencies.shapes import COUNTS, SHAPES
from tests.agencies.world import VISIBLE, World

Enter = Callable[[str], AbstractContextManager[None]]

each_scope = pytest.mark.parametrize("where", list(VISIBLE))
each_shape = pytest.mark.parametrize("look", [pytest.param(look, id=name) for name, look in SHAPES.items()])
each_count = pytest.mark.parametrize("look", [pytest.param(look, id=name) for name, look in COUNTS.items()])


@each_shape
def test_no_shape_of_statement_reads_beyond_its_scope(
    enter: Enter, look: Callable[[], Iterable[str]]
) -> None:
    seen = {}
    for where in VISIBLE:
        with enter(where):
            seen[where] = sorted(look())
        db.session.rollback()

    assert seen == VISIBLE


@each_count
def test_no_shape_of_statement_counts_beyond_its_scope(enter: Enter, look: Callable[[], int]) -> None:
    counted = {}
    for where in VISIBLE:
        with enter(where):
            counted[where] = look()

    assert counted == {where: len(names) for where, names in VISIBLE.items()}


@each_shape
def test_nothing_is_read_without_a_scope(world: World, look: Callable[[], Iterable[str]]) -> None:
    with pytest.raises(scope.NoAgency):
        sorted(look())


@pytest.mark.parametrize("order", list(permutations(VISIBLE)))
def test_statements_kept_for_reuse_do_not_leak_from_scope_to_scope(
    enter: Enter, order: tuple[str, ...]
) -> None:
    seen = {}
    for where in order:
        with enter(where):
            seen[where] = sorted(db.session.scalars(sa.select(Account.name)))

    assert seen == VISIBLE


def test_what_another_scope_loaded_is_not_handed_out(enter: Enter, world: World) -> None:
    with enter("every"):
        held = list(db.session.scalars(sa.select(Account)))  # what nobody holds is forgotten anyway
        foreign = {account.name: account.id for account in held}

    with enter("agency"):
        assert db.session.get(Account, foreign["Foreign"]) is None
        assert db.session.get(Account, foreign["Hidden"]).name == "Hidden"
    with enter("limited"):
        assert db.session.get(Account, foreign["Hidden"]) is None


def test_what_was_loaded_before_cannot_be_read_anew_from_elsewhere(enter: Enter, world: World) -> None:
    with enter("other"):
        foreign = db.session.scalars(sa.select(Account)).one()
    db.session.expire_all()

    with enter("agency"), pytest.raises((ObjectDeletedError, sa.exc.InvalidRequestError)):
        db.session.refresh(foreign)


def test_what_was_loaded_before_leads_a_limited_member_nowhere(enter: Enter, world: World) -> None:
    with enter("agency"):
        hidden = db.session.scalars(sa.select(Contact).where(Contact.name == "Hidden")).one()

    with enter("limited"), pytest.raises(ObjectDeletedError):
        hidden.account  # noqa: B018 - asked for is what it is


RAW = {
    "text": lambda: db.session.execute(sa.text("SELECT name FROM accounts")),
    "text with columns": lambda: db.session.execute(
        sa.text("SELECT name FROM accounts").columns(Account.name)
    ),
    "text in where": lambda: db.session.execute(sa.select(Account.name).where(sa.text("1 = 1"))),
    "text in from": lambda: db.session.execute(sa.select(sa.text("name")).select_from(sa.text("accounts"))),
    "text as order": lambda: db.session.execute(sa.select(Account.name).order_by(sa.text("name"))),
    "text as prefix": lambda: db.session.execute(sa.select(Account.name).prefix_with("DISTINCT")),
    "entities from text": lambda: db.session.scalars(
        sa.select(Account).from_statement(sa.text("SELECT * FROM accounts"))
    ),
    "literal column": lambda: db.session.execute(
        sa.select(sa.literal_column("(SELECT max(name) FROM accounts)"))
    ),
    "driver": lambda: db.session.connection().exec_driver_sql("SELECT name FROM accounts"),
    "ddl": lambda: db.session.execute(sa.DDL("DELETE FROM accounts")),
}


@pytest.mark.parametrize("ask", [pytest.param(ask, id=name) for name, ask in RAW.items()])
@pytest.mark.parametrize("where", ["agency", "limited"])
def test_sql_nobody_can_see_through_is_refused(enter: Enter, where: str, ask: Callable[[], object]) -> None:
    with enter(where), pytest.raises(scope.CannotLimit):
        ask()


def test_leaving_every_agency_takes_the_scope_back_that_was_before(enter: Enter, world: World) -> None:
    with enter("agency"):
        with enter("every"):
            pass
        assert sorted(db.session.scalars(sa.select(Account.name))) == VISIBLE["agency"]


def test_asking_for_one_agency_among_all_is_refused(enter: Enter) -> None:
    with enter("every"), pytest.raises(scope.NoAgency):
        scope.current_agency_id()
