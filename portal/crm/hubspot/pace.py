"""Keeps calls within a budget, and waiting within patience."""

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_WHOLE = re.compile(r"[0-9]{1,9}")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and a way to let some pass."""

    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """So many calls in any window of so many seconds."""

    def __init__(self, calls: int, seconds: float, clock: Clock) -> None:
        self._calls = calls
        self._window = timedelta(seconds=seconds)
        self._clock = clock
        self._sent: deque[datetime] = deque()
        self._opens_at: datetime | None = None

    def wait(self) -> float:
        """Return the seconds until the next call fits."""
        now = self._clock.now()
        while self._sent and self._sent[0] <= now - self._window:
            self._sent.popleft()
        opens_at = self._opens_at or now
        if len(self._sent) >= self._calls:
            opens_at = max(opens_at, self._sent[0] + self._window)
        return max(0.0, (opens_at - now).total_seconds())

    def note(self) -> None:
        """Count one call."""
        self._sent.append(self._clock.now())

    def heed(self, headers: Mapping[str, str]) -> None:
        """Take over the budget HubSpot states, and pause when it says that nothing is left.

        Other programs may spend from the same budget: what HubSpot counts goes before our own count.
        """
        interval = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
        if interval is None or timedelta(milliseconds=interval) != self._window:
            return
        self._calls = _number(headers.get("x-hubspot-ratelimit-max")) or self._calls
        if _number(headers.get("x-hubspot-ratelimit-remaining")) == 0:
            self._opens_at = self._clock.now() + self._window


class Patience:
    """How long one call may spend waiting, all its attempts together."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._left = seconds
        self._clock = clock

    def spend(self, seconds: float) -> bool:
        """Wait if that much is left, and say whether it was."""
        if seconds > self._left:
            return False
        if seconds > 0:
            self._left -= seconds
            self._clock.sleep(seconds)
        return True


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None
