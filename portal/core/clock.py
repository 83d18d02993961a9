"""The time, in UTC, from one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_moved: ContextVar[datetime | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return _moved.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be another time inside; for the demo's history, and for tests of what time does."""
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)
