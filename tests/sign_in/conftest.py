"""A clock that tests can move, and a browser that can be told from others."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def get(self) -> datetime:
        return self.moment


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that lets time pass, in requests too: ``later(minutes=5)``."""
    moved = MovedClock()
    monkeypatch.setattr(clock, "_moved", moved)

    def pass_by(**time: float) -> None:
        moved.moment += timedelta(**time)

    return pass_by
