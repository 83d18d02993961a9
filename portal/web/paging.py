"""Lists page by key: the next page begins after the last row shown, however long the list is."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import ColumnElement, Select, and_, literal, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.db import db
from portal.core.errors import BadInput

PAGE_SIZE = 50
MAX_CURSOR = 600
MAX_INTEGER = 2**31
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Key:
    """One column of the order; its values are never NULL, and the last key of a list is unique."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after (or, going back, before) these values of the keys."""

    values: tuple[Any, ...]
    backwards: bool = False

    def __str__(self) -> str:
        packed = json.dumps([int(self.backwards), *map(_pack, self.values)], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows of a list, and the ways to the rows around them."""

    rows: Sequence[R]
    next: Cursor | None = None
    previous: Cursor | None = None


def cursor_from_request(name: str = "page") -> Cursor | None:
    """Read the cursor out of the address, or raise ``BadInput`` if nobody here wrote it."""
    text = request.args.get(name, "")
    if not text:
        return None
    if len(text) > MAX_CURSOR:
        raise BadInput
    try:
        backwards, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Cursor(tuple(map(_unpack, values)), backwards=bool(backwards))
    except (ValueError, TypeError, LookupError):
        raise BadInput from None


def fetch_page(
    statement: Select[*tuple[Any, ...]],
    keys: Sequence[Key],
    cursor: Cursor | None,
    *,
    size: int = PAGE_SIZE,
    given: Mapping[str, Any] | None = None,
) -> Page[Any]:
    """Return one page in the order of ``keys``, whose columns the statement must select; one statement.

    ``given`` are the values of the statement's parameters, where it has any.
    """
    backwards = cursor is not None and cursor.backwards
    if cursor is not None:
        if len(cursor.values) != len(keys) or not all(map(_fits, keys, cursor.values)):
            raise BadInput
        statement = statement.where(_beyond(keys, cursor))
    rows = list(db.session.execute(_in_order(statement, tuple(keys), size + 1, backwards=backwards), given))
    has_more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    return Page(rows, *_ways(rows, len(keys), cursor, has_more=has_more))


@lru_cache(maxsize=64)
def _in_order(
    statement: Select[*tuple[Any, ...]], keys: tuple[Key, ...], most: int, *, backwards: bool
) -> Select[*tuple[Any, ...]]:
    """Return the statement with its order; a list whose statement is a constant has it written only once."""
    order = [key.column.desc() if key.descending != backwards else key.column.asc() for key in keys]
    labelled = statement.add_columns(*(key.column.label(f"key_{n}") for n, key in enumerate(keys)))
    return labelled.order_by(*order).limit(most)


def _ways(
    rows: list[Any], width: int, cursor: Cursor | None, *, has_more: bool
) -> tuple[Cursor | None, Cursor | None]:
    if not rows:
        return None, None
    backwards = cursor is not None and cursor.backwards
    after = Cursor(tuple(rows[-1])[-width:])
    before = Cursor(tuple(rows[0])[-width:], backwards=True)
    has_next = has_more or backwards
    has_previous = has_more if backwards else cursor is not None
    return after if has_next else None, before if has_previous else None


def _beyond(keys: Sequence[Key], cursor: Cursor) -> ColumnElement[bool]:
    """Return ``(a, b) > (x, y)``: as a row, which indexes like, where all keys run one way."""
    columns = [key.column for key in keys]
    values = [literal(value, column.type) for value, column in zip(cursor.values, columns, strict=True)]
    down = [key.descending != cursor.backwards for key in keys]
    if len(set(down)) == 1:
        here, there = tuple_(*columns), tuple_(*values)
        return here < there if down[0] else here > there
    ways: list[ColumnElement[bool]] = []
    for last, column in enumerate(columns):
        same = [earlier == value for earlier, value in zip(columns[:last], values, strict=False)]
        ways.append(and_(*same, column < values[last] if down[last] else column > values[last]))
    return or_(*ways)


def _fits(key: Key, value: Any) -> bool:
    """Tell whether the database can compare the key with a value that came out of an address."""
    if type(value) is not key.column.type.python_type:
        return False
    if isinstance(value, datetime):
        return value.tzinfo is not None and MINYEAR < value.year < MAXYEAR
    if isinstance(value, int):
        return abs(value) < MAX_INTEGER
    return not isinstance(value, str) or not _UNSTORABLE.search(value)


def _pack(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"])
    if not isinstance(value, str | int | float):
        raise TypeError
    return value
