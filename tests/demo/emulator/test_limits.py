import pytest

from portal.demo.emulator.limits import Budget, Meter
from portal.demo.emulator.problems import Problem
from tests.demo.emulator.shapes import ERROR, check
from tests.fixtures.emulator import Emulator

USERS = "/settings/users/2026-09"
SMALL = Budget(ten_seconds=3, daily=5)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def policy(meter: Meter, account_id: int = 1, *, searching: bool = False, budget: Budget = SMALL) -> str:
    try:
        meter.spend(account_id, budget, searching=searching)
    except Problem as problem:
        return str(problem.extra["policyName"])
    return ""


def test_the_budget_of_ten_seconds_rolls() -> None:
    meter = Meter(clock := Clock())
    assert [policy(meter) for _ in range(4)] == ["", "", "", "TEN_SECONDLY_ROLLING"]
    assert policy(meter, account_id=2) == ""
    clock.now += 10
    assert policy(meter) == ""


def test_the_budget_of_the_day_ends_at_midnight() -> None:
    meter = Meter(clock := Clock())
    for _ in range(5):
        clock.now += 10
        assert policy(meter) == ""
    clock.now += 10
    assert policy(meter) == "DAILY"
    clock.now += 86_400
    assert policy(meter) == ""


def test_five_searches_a_second_beside_other_calls() -> None:
    meter, large = Meter(clock := Clock()), Budget(100, 100)
    assert [policy(meter, searching=True, budget=large) for _ in range(6)] == [""] * 5 + ["SECONDLY"]
    assert policy(meter, budget=large) == ""
    clock.now += 1
    assert policy(meter, searching=True, budget=large) == ""


@pytest.mark.parametrize(
    ("tier", "most"), [("free", 100), ("starter", 100), ("professional", 190), ("enterprise", 190)]
)
def test_each_tier_has_its_budget_in_the_headers(emulator: Emulator, tier: str, most: int) -> None:
    with emulator.client(f"demo-{tier}-1") as client:
        headers = client.get(USERS).headers
    assert headers["X-HubSpot-RateLimit-Max"] == str(most)
    assert headers["X-HubSpot-RateLimit-Remaining"] == str(most - 1)
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"


@pytest.mark.parametrize(
    ("knob", "policy_name"), [("ten_seconds", "TEN_SECONDLY_ROLLING"), ("daily", "DAILY")]
)
def test_a_caller_over_budget_is_told_with_headers(emulator: Emulator, knob: str, policy_name: str) -> None:
    emulator.control("knobs", **{knob: 2})
    with emulator.client("demo-free-1") as client:
        answers = [client.get(USERS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    check(answers[2].json(), ERROR)
    assert answers[2].json()["policyName"] == policy_name
    header = "Daily-Remaining" if knob == "daily" else "Remaining"
    assert answers[2].headers[f"X-HubSpot-RateLimit-{header}"] == "0"


def test_limits_can_be_lifted(emulator: Emulator) -> None:
    emulator.control("knobs", ten_seconds=1, limits=False)
    with emulator.client("demo-free-1") as client:
        assert [client.get(USERS).status_code for _ in range(3)] == [200, 200, 200]
