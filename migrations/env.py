"""How migrations are run and written; ``flask db upgrade`` and ``make migration`` come through here.

What autogenerate knows nothing of - triggers and search indexes, which the models add with
``portal.core.db.add_sql`` - is written into a migration beside its table, for each database its own.
"""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate import renderers
from alembic.operations import ops
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from portal.agencies import scope
from portal.core.db import added_sql, db, may_write

metadata = db.metadata

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}
AS_TEXT = {"literal_binds": True, "include_table": False}


class OnlyOn(ops.MigrateOperation):
    """A statement for one kind of database."""

    def __init__(self, dialect: str, statement: str) -> None:
        self.dialect = dialect
        self.statement = statement


@renderers.dispatch_for(OnlyOn)
def _render_only_on(_context: Any, operation: OnlyOn) -> str:
    return f"only_on({operation.dialect!r}, {operation.statement!r})"


def _with_own_sql(operations: list[Any]) -> Iterator[Any]:
    for operation in operations:
        yield operation
        moment = {ops.CreateTableOp: "after_create", ops.DropTableOp: "after_drop"}.get(type(operation))
        if moment:
            for dialect, statement in added_sql(operation.table_name, moment):
                yield OnlyOn(dialect, statement)


def _in_each_dialects_words(operations: list[Any]) -> None:
    """Write the condition of a partial index as its own database would; autogenerate knows one of them."""
    for operation in operations:
        _in_each_dialects_words(getattr(operation, "ops", []))
        if isinstance(operation, ops.CreateIndexOp):
            for name, condition in operation.kw.items():
                dialect = DIALECTS.get(name.removesuffix("_where"))
                if dialect and isinstance(condition, sa.ClauseElement):
                    words = condition.compile(dialect=dialect, compile_kwargs=AS_TEXT)
                    operation.kw[name] = sa.text(str(words))


def _finish(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Number the migration, and put the tables' own SQL into it; write none where nothing changed."""
    script = directives[0]
    if script.upgrade_ops.is_empty():
        if getattr(context.config.cmd_opts, "autogenerate", False):  # not where it is only a check
            directives.clear()
        return
    script.rev_id = f"{int(context.script.get_current_head() or 0) + 1:04}"
    for operations in (script.upgrade_ops, script.downgrade_ops):
        _in_each_dialects_words(operations.ops)
        operations.ops = list(_with_own_sql(operations.ops))


def _render(kind: str, thing: Any, _context: Any) -> str | bool:
    """Write types as the database has them, so that a migration never changes with the code."""
    if kind == "type" and isinstance(thing, sa.Enum):
        return f"sa.String(length={thing.length})"
    if kind == "type" and isinstance(thing, sa.TypeDecorator):
        return f"sa.{thing.impl!r}"
    return False


MADE = re.compile(r"CREATE (?:VIRTUAL TABLE|INDEX) (\w+)")


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Tell whether autogenerate should compare it; what ``add_sql`` made is compared by the tests."""
    if kind not in {"table", "index"} or name is None:
        return True
    statements = [text for table in metadata.tables for _, text in added_sql(table, "after_create")]
    made = [found[1] for text in statements for found in MADE.finditer(text)]
    return not any(name == other or name.startswith(f"{other}_") for other in made)


class BrokenLinks(Exception):
    """A migration would have left rows that point to nothing."""


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_render,
        include_name=_is_ours,
        process_revision_directives=_finish,
    )
    with context.begin_transaction():
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise BrokenLinks(f"nothing was changed: links would lead nowhere from {broken[:5]}")


def _run_all() -> None:
    engine = current_app.extensions["migrate"].db.engine
    may_write()
    with scope.every_agency(reason="a table holds every agency's rows"), engine.connect() as connection:
        driver = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":  # while a table is rebuilt, no row may follow the old one
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            _run(connection)
        finally:
            connection.invalidate()


_run_all()
