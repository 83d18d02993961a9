"""The budgets HubSpot gives each account, counted as calls arrive."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from portal.demo.emulator.knobs import Knobs
from portal.demo.emulator.problems import TEN_SECONDS_MS, rate_limited

SEARCHES_PER_SECOND = 5
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Budget:
    """How many calls an account may make in any 10 seconds and in a day."""

    ten_seconds: int
    daily: int


BUDGETS = {
    "free": Budget(100, 250_000),
    "starter": Budget(100, 250_000),
    "professional": Budget(190, 625_000),
    "enterprise": Budget(190, 1_000_000),
}


def budget_of(tier: str, knobs: Knobs) -> Budget:
    """Return the budget of a tier, or what the knobs put in its place."""
    usual = BUDGETS[tier]
    return Budget(knobs.ten_seconds or usual.ten_seconds, knobs.daily or usual.daily)


class Meter:
    """Counts the calls of every account; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Start counting from nothing."""
        self._recent: dict[int, deque[float]] = defaultdict(deque)
        self._searches: dict[int, deque[float]] = defaultdict(deque)
        self._days: dict[tuple[int, int], int] = defaultdict(int)

    def spend(self, account_id: int, budget: Budget, *, searching: bool) -> dict[str, str]:
        """Count one call and return its rate limit headers; raise a 429 where a budget is used up."""
        now = self._clock()
        with self._lock:
            recent = _since(self._recent[account_id], now - TEN_SECONDS_MS / 1000)
            searches = _since(self._searches[account_id], now - 1)
            day = (account_id, int(now // DAY_SECONDS))
            policy = self._exceeded(budget, self._days[day], len(recent), len(searches) if searching else 0)
            if policy:
                raise rate_limited(policy, headers_of(budget, len(recent), self._days[day]))
            recent.append(now)
            self._days[day] += 1
            if searching:
                searches.append(now)
            return headers_of(budget, len(recent), self._days[day])

    @staticmethod
    def _exceeded(budget: Budget, today: int, recent: int, searches: int) -> str:
        if today >= budget.daily:
            return "DAILY"
        if recent >= budget.ten_seconds:
            return "TEN_SECONDLY_ROLLING"
        return "SECONDLY" if searches >= SEARCHES_PER_SECOND else ""


def headers_of(budget: Budget, recent: int, today: int) -> dict[str, str]:
    """Return the headers that tell a caller where they stand."""
    return {
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(TEN_SECONDS_MS),
        "X-HubSpot-RateLimit-Max": str(budget.ten_seconds),
        "X-HubSpot-RateLimit-Remaining": str(budget.ten_seconds - recent),
        "X-HubSpot-RateLimit-Daily": str(budget.daily),
        "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, budget.daily - today)),
    }


def _since(moments: deque[float], start: float) -> deque[float]:
    while moments and moments[0] <= start:
        moments.popleft()
    return moments
