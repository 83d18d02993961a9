"""How the scope reaches the database: the last step before SQL leaves limits every owned table.

Reading: ``FROM users`` becomes ``FROM (SELECT * FROM users WHERE agency_id = ?) AS users``, which both
databases flatten, so plans and indexes stay the same. This covers count, exists, sub-selects, unions,
table-level selects, aliases and outer joins alike. Writing: UPDATE and DELETE get the same condition;
INSERT is checked value by value. Raw SQL is refused, wherever it hides.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    FromClause,
    Insert,
    Integer,
    Table,
    Update,
    and_,
    bindparam,
    column,
    event,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.util import LRUCache

from portal.agencies import scope
from portal.core.db import db

ACCOUNT_ACCESS = "account_access"
CACHE_SIZE = 1000


def agency_column(table: FromClause) -> str | None:
    """Return the column that says whose a row is, or None for a table nobody owns."""
    if "agency_id" in table.c:
        return "agency_id"
    return "id" if getattr(table, "name", None) == "agencies" else None


def _account_column(table: Table) -> str | None:
    if "account_id" in table.c:
        return "account_id"
    return "id" if table.name == "accounts" else None


_agency = bindparam("scope_agency", callable_=scope.current_agency_id, type_=Integer, unique=False)
_agency_or_null = bindparam(
    "scope_agency_or_null", callable_=lambda: scope.current().agency_id, type_=Integer, unique=False
)
_member = bindparam("scope_member", callable_=lambda: scope.current().member_id, type_=Integer, unique=False)

# Named without its agency, so that the condition below is itself written the same in every scope.
_access = table("account_access", column("account_id", Integer), column("member_id", Integer))


class ScopedCompiler(SQLCompiler):
    """Mixed into a dialect's own compiler; see the module."""

    def visit_table(self, table: Table, asfrom: Any = False, iscrud: Any = False, **kw: Any) -> Any:  # type: ignore[override]  # noqa: FBT002
        """Write a table out as the part of it that the scope may see."""
        text: str = super().visit_table(table, asfrom=asfrom, iscrud=iscrud, **kw)  # type: ignore[no-untyped-call]
        known = db.metadata.tables.get(table.name, table)  # whatever columns a statement gave it
        owner = agency_column(known)
        if not asfrom or iscrud or owner is None or table is _access or scope.current().kind == "every":
            return text
        where = self._criterion(known, owner)
        limited = f"(SELECT * FROM {self.preparer.quote(table.name)} WHERE {where})"  # noqa: S608 - own names
        alias = kw.get("enclosing_alias")
        if alias is not None and alias.element is table:
            return limited
        return f"{limited} AS {self.preparer.quote(table.name)}"

    def _criterion(self, table: Table, owner: str) -> str:
        quote = self.preparer.quote
        where = f"{quote(owner)} = {self.process(_agency)}"
        account = _account_column(table)
        if scope.current().kind == "limited" and account and table.name != ACCOUNT_ACCESS:
            mine = f"agency_id = {self.process(_agency)} AND member_id = {self.process(_member)}"
            given = f"(SELECT account_id FROM {ACCOUNT_ACCESS} WHERE {mine})"  # noqa: S608 - own names
            free = f"{quote(account)} IS NULL OR " if table.c[account].nullable else ""
            where += f" AND ({free}{quote(account)} IN {given})"
        return where

    def visit_update(self, update_stmt: Update, visiting_cte: Any = None, **kw: Any) -> str:
        """Write an UPDATE that reaches only rows in scope."""
        return super().visit_update(_limit_write(update_stmt), visiting_cte=visiting_cte, **kw)

    def visit_delete(self, delete_stmt: Delete, visiting_cte: Any = None, **kw: Any) -> str:
        """Write a DELETE that reaches only rows in scope."""
        limited = _limit_write(delete_stmt)
        return super().visit_delete(limited, visiting_cte=visiting_cte, **kw)  # type: ignore[no-untyped-call, no-any-return]

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kw: Any) -> str:
        """Refuse raw SQL that poses as a column."""
        if column.is_literal and "(" in column.name and scope.current().kind != "every":
            raise scope.CannotLimit(f"raw SQL cannot be limited to one agency: {column.name[:80]}")
        return super().visit_column(column, *args, **kw)

    def visit_textclause(self, textclause: TextClause, *args: Any, **kw: Any) -> str:
        """Refuse raw SQL inside a scope: nobody can see what it reads."""
        if scope.current().kind != "every":
            raise scope.CannotLimit(f"raw SQL cannot be limited to one agency: {textclause.text[:80]}")
        return super().visit_textclause(textclause, *args, **kw)  # type: ignore[no-untyped-call, no-any-return]


Write = TypeVar("Write", Update, Delete)


def _limit_write(statement: Write) -> Write:
    """Add the scope to a write; written the same for every scope, since the ORM keeps such SQL for reuse."""
    table = statement.table
    owner = agency_column(table)
    if owner is None or not isinstance(table, Table):
        return statement
    conditions: list[ColumnElement[bool]] = [
        or_(_agency_or_null.is_(null()), table.c[owner] == _agency_or_null),
    ]
    account = _account_column(table)
    if account and table.name != ACCOUNT_ACCESS:
        given = select(_access.c.account_id).where(_access.c.member_id == _member)
        conditions.append(or_(_member.is_(null()), table.c[account].is_(null()), table.c[account].in_(given)))
    return statement.where(and_(*conditions))


class ScopedCache(MutableMapping[Any, Any]):
    """Compiled statements, kept apart by kind of scope, since their SQL differs."""

    def __init__(self) -> None:
        self._compiled: LRUCache[Any, Any] = LRUCache(CACHE_SIZE)

    def __getitem__(self, key: Any) -> Any:
        return self._compiled[scope.current().kind, key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._compiled[scope.current().kind, key] = value

    def __delitem__(self, key: Any) -> None:
        del self._compiled[scope.current().kind, key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def limit_engine(engine: Engine) -> None:
    """Put the scope between this engine and every statement."""
    dialect = engine.dialect
    own = dialect.statement_compiler
    dialect.statement_compiler = type(f"Scoped{own.__name__}", (ScopedCompiler, own), {})
    engine.update_execution_options(compiled_cache=ScopedCache())
    event.listen(engine, "before_execute", _check_write)
    event.listen(engine, "before_cursor_execute", _refuse_uncompiled)


def _refuse_uncompiled(
    _connection: Connection, _cursor: Any, sql: str, _parameters: Any, context: Any, _many: Any
) -> None:
    """Refuse what comes past the compiler: SQL for the driver, and DDL."""
    is_limited = isinstance(getattr(context, "compiled", None), SQLCompiler)
    if not is_limited and scope.current().kind != "every":
        raise scope.CannotLimit(f"raw SQL cannot be limited to one agency: {sql[:80]}")


def _check_write(
    _connection: Connection,
    statement: Any,
    many: Any,
    one: Any,
    _options: Any,
) -> None:
    if isinstance(statement, Insert) and "agency_id" in statement.table.c:
        _check_insert(statement, many or [one])
    elif isinstance(statement, Update) and "agency_id" in statement.table.c:
        _refuse_moving(statement, many or [one])


def _check_insert(statement: Insert, rows: list[dict[str, Any]]) -> None:
    allowed = scope.current().agency_id
    if allowed is None:
        return
    if statement.select is not None:
        raise scope.CannotLimit("an INSERT from a SELECT cannot be checked row by row")
    if _may_update_other_rows(statement):
        raise scope.CannotLimit("an INSERT that may become an UPDATE must conflict within the agency")
    for row in [*rows, *_values(statement)]:
        owner = row.get("agency_id", allowed) if row else allowed
        if not isinstance(owner, int):
            raise scope.CannotLimit("whose row it will be must be known before it is written")
        if owner != allowed:
            raise scope.WrongAgency(f"a row of agency {owner} in the scope of agency {allowed}")


def _may_update_other_rows(statement: Insert) -> bool:
    conflict: Any = statement._post_values_clause  # noqa: SLF001 - as below
    if not hasattr(conflict, "update_values_to_set"):
        return False
    return "agency_id" not in [getattr(it, "key", it) for it in conflict.inferred_target_elements or ()]


def _refuse_moving(statement: Update, rows: list[dict[str, Any]]) -> None:
    if any("agency_id" in row for row in [*rows, *_values(statement)] if row):
        raise scope.WrongAgency("a row never moves to another agency")


def _values(statement: Insert | Update) -> list[dict[Any, Any]]:
    named: list[dict[Any, Any]] = [
        {getattr(column, "key", column): getattr(value, "value", value) for column, value in values.items()}
        for values in [dict(statement._values or {})]  # noqa: SLF001 - SQLAlchemy offers no public reading of it
    ]
    for rows in getattr(statement, "_multi_values", ()):
        named += [{getattr(column, "key", column): value for column, value in row.items()} for row in rows]
    return named


@event.listens_for(db.session, "before_flush")
def _own_new_rows(session: Session, _context: object, _instances: object) -> None:
    """Give new rows to the agency in scope, and refuse rows of any other."""
    for thing in session.new:
        if not hasattr(type(thing), "agency_id"):
            continue
        agency_id = scope.current().agency_id
        if thing.agency_id is None:
            thing.agency_id = scope.current_agency_id()
        elif agency_id is not None and thing.agency_id != agency_id:
            raise scope.WrongAgency(
                f"a {type(thing).__name__} of agency {thing.agency_id} in agency {agency_id}"
            )
