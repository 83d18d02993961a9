"""Finding a part of a text in a large table, through trigrams.

SQLite keeps a shadow table by triggers, PostgreSQL an index. On both, a page begins with the rows that the
index names: asked for the first fifty, a database would rather read the table until it has met as many.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Integer, Select, String, column, func, literal_column, or_, select, table

from portal.core.db import Model, add_sql, db

TRIGRAM: Final = 3  # shorter words are in no index
MOST: Final = 1000  # found through the index and counted; beyond that we say "1000+"

FEW: Final = 5000  # rows of which a page is sorted out in some milliseconds


_indexed: dict[str, tuple[str, ...]] = {}


def add_index(model: type[Model], *columns: str) -> None:
    """Let parts of these columns be found; migrations carry it."""
    name = model.__tablename__
    _indexed[name] = columns
    add_sql(model, "after_create", _statements(name, columns))
    add_sql(model, "after_drop", {"sqlite": (f"DROP TABLE {name}_search",)})


def ids_in_index(model: type[Model], words: Sequence[str]) -> Sequence[int] | None:
    """Return the rows that the index names; None if too many to be of use, or if every word is too short."""
    long_words = [word for word in words if len(word) >= TRIGRAM]
    if not long_words:
        return None
    ids = db.session.scalars(named_by_index(model, long_words).limit(MOST + 1)).all()
    return ids if len(ids) <= MOST else None


def named_by_index(model: type[Model], long_words: Sequence[str]) -> Select[int]:
    """Return the statement for all rows that the index names, as ``id``; on SQLite they are of any agency."""
    name = model.__tablename__
    if db.engine.dialect.name == "sqlite":
        index = table(f"{name}_search", column("rowid", Integer), column(f"{name}_search", String))
        matches = index.c[f"{name}_search"].op("MATCH")(" ".join(map(_quoted, long_words)))
        return select(index.c.rowid.label("id")).where(matches)
    rows = model.__table__.c
    holds_all = (
        or_(*(rows[part].contains(word, autoescape=True) for part in _indexed[name])) for word in long_words
    )
    # Without a fence, a limit from outside would have PostgreSQL read the table instead.
    return select(rows.id).where(*holds_all).offset(literal_column("0"))


def are_few(named: Select[int]) -> bool:
    """Tell whether so few are named that sorting them is quicker than walking a list in its order."""
    some = named.limit(FEW + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) <= FEW


@contextmanager
def told_at_once(model: type[Model]) -> Iterator[None]:
    """Tell SQLite's index of the rows added inside all at once, which takes a tenth of the time.

    For filling a database, not for daily work: it changes the table as long, within the transaction.
    """
    if db.engine.dialect.name != "sqlite":
        yield
        return
    run, name = db.session.connection().exec_driver_sql, model.__tablename__
    columns = _indexed[name]
    listed = ", ".join(columns)
    last = run(f"SELECT max(id) FROM {name}").scalar() or 0  # noqa: S608 - names of our own tables
    run(f"DROP TRIGGER {name}_search_insert")
    yield
    added = f"SELECT id, {listed} FROM {name} WHERE id > ?"  # noqa: S608 - as above
    run(f"INSERT INTO {name}_search (rowid, {listed}) {added}", (last,))
    run(_statements(name, columns)["sqlite"][1])


def _quoted(word: str) -> str:
    """Return a word as FTS5 reads text, so that nothing in it is taken for an operator."""
    return '"' + word.replace('"', '""') + '"'


def _statements(name: str, columns: Sequence[str]) -> Mapping[str, Sequence[str]]:
    listed, indexed = ", ".join(columns), ", ".join(f"{each} gin_trgm_ops" for each in columns)
    old, new = (", ".join(f"{row}.{each}" for each in columns) for row in ("old", "new"))
    forget = f"""INSERT INTO {name}_search ({name}_search, rowid, {listed})
    VALUES ('delete', old.id, {old});"""  # noqa: S608 - names of our own tables
    note = f"""INSERT INTO {name}_search (rowid, {listed})
    VALUES (new.id, {new});"""  # noqa: S608 - names of our own tables
    return {
        "sqlite": (
            f"""CREATE VIRTUAL TABLE {name}_search USING fts5(
        {listed}, content='{name}', content_rowid='id', tokenize='trigram')""",
            f"CREATE TRIGGER {name}_search_insert AFTER INSERT ON {name} BEGIN {note} END",
            f"CREATE TRIGGER {name}_search_delete AFTER DELETE ON {name} BEGIN {forget} END",
            f"""CREATE TRIGGER {name}_search_update AFTER UPDATE OF {listed} ON {name}
        BEGIN {forget} {note} END""",
        ),
        "postgresql": (
            "CREATE EXTENSION IF NOT EXISTS pg_trgm",
            f"CREATE INDEX {name}_search ON {name} USING gin ({indexed})",
        ),
    }
