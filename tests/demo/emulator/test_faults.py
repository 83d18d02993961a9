import time

import httpx
import pytest

from tests.demo.emulator.shapes import ERROR, check
from tests.fixtures.emulator import Emulator

TOKEN = "demo-enterprise-1"
USERS = "/settings/users/2026-09"
NEW = {"email": "new@acme.example", "sendWelcomeEmail": False}


def exists(emulator: Emulator) -> bool:
    with emulator.client(TOKEN) as client:
        return client.get(f"{USERS}/new@acme.example", params={"idProperty": "EMAIL"}).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "category"),
    [
        ("error", 503, "SERVICE_UNAVAILABLE"),
        ("locked", 423, "RESOURCE_LOCKED"),
        ("migrating", 477, "MIGRATION_IN_PROGRESS"),
    ],
)
def test_fails_as_planned_without_acting_and_then_works(
    emulator: Emulator, kind: str, status: int, category: str
) -> None:
    emulator.fail_next(kind, method="POST", path=USERS, status=status, category=category, retryAfter=7)
    with emulator.client(TOKEN) as client:
        answer = client.post(USERS, json=NEW)
        check(answer.json(), ERROR)
        assert (answer.status_code, answer.json()["category"]) == (status, category)
        assert answer.headers.get("Retry-After") == ("7" if kind == "migrating" else None)
        assert not exists(emulator)
        assert client.post(USERS, json=NEW).status_code == 201


@pytest.mark.parametrize(
    ("kind", "policy"),
    [("ten-secondly", "TEN_SECONDLY_ROLLING"), ("secondly", "SECONDLY"), ("daily", "DAILY")],
)
def test_each_rate_limit_can_be_asked_for(emulator: Emulator, kind: str, policy: str) -> None:
    emulator.fail_next(kind)
    with emulator.client(TOKEN) as client:
        answer = client.get(USERS)
    check(answer.json(), ERROR)
    assert (answer.status_code, answer.json()["errorType"], answer.json()["policyName"]) == (
        429,
        "RATE_LIMIT",
        policy,
    )


@pytest.mark.parametrize(("kind", "acted"), [("drop-before", False), ("drop-after", True)])
def test_drops_the_connection_before_or_after_acting(emulator: Emulator, kind: str, acted: bool) -> None:  # noqa: FBT001
    emulator.fail_next(kind, method="POST")
    with emulator.client(TOKEN) as client, pytest.raises(httpx.TransportError):
        client.post(USERS, json=NEW)
    assert exists(emulator) is acted
    assert [call["status"] for call in emulator.calls("POST", USERS)] == [None]


def test_can_act_and_then_answer_with_an_error(emulator: Emulator) -> None:
    emulator.fail_next("error-after", method="POST", status=500)
    with emulator.client(TOKEN) as client:
        assert client.post(USERS, json=NEW).status_code == 500
    assert exists(emulator)


def test_a_plan_strikes_as_often_as_it_says_and_only_its_own_calls(emulator: Emulator) -> None:
    emulator.fail_next("error", method="GET", path=f"{USERS}/*", times=2, token=TOKEN)
    paths = [USERS, f"{USERS}/roles", f"{USERS}/teams", f"{USERS}/seats"]
    with emulator.client(TOKEN) as client, emulator.client("demo-enterprise-2") as other:
        assert other.get(f"{USERS}/roles").status_code == 200
        assert [client.get(path).status_code for path in paths] == [200, 502, 502, 200]


def test_the_same_seed_gives_the_same_bad_luck(emulator: Emulator) -> None:
    def run() -> list[int]:
        emulator.control("knobs", error_rate=0.5, seed=7)
        with emulator.client(TOKEN) as client:
            return [client.get(f"{USERS}/teams").status_code for _ in range(12)]

    first = run()
    assert run() == first
    assert set(first) == {200, 502}


def test_answers_late_when_told_to(emulator: Emulator) -> None:
    emulator.control("knobs", latency=0.2)
    start = time.monotonic()
    with emulator.client(TOKEN) as client:
        client.get(USERS)
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize(
    "wrong", [{"kind": "fire"}, {"kind": "error", "status": 200}, {"kind": "error", "times": "x"}]
)
def test_refuses_plans_it_does_not_understand(emulator: Emulator, wrong: dict[str, object]) -> None:
    assert emulator.http.post("/_control/faults", json=wrong).status_code == 400
    assert emulator.http.get("/_control/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    "wrong", [{"latency": "soon"}, {"latency": -1}, {"latency": "nan"}, {"first_call": 1}, {"x": 1}]
)
def test_refuses_knobs_it_does_not_have(emulator: Emulator, wrong: dict[str, object]) -> None:
    before = emulator.http.get("/_control/knobs").json()
    assert emulator.http.post("/_control/knobs", json=wrong).status_code == 400
    assert emulator.http.get("/_control/knobs").json() == before


def test_logs_calls_with_secrets_cut(emulator: Emulator) -> None:
    portal_id = emulator.control("accounts", token=TOKEN)["portalId"]
    with emulator.client(TOKEN) as client:
        client.post(USERS, json=NEW, params={"a": "b"})
        client.post("/oauth/2026-09/token", data={"client_secret": "s3cret", "grant_type": "x"})
    created, granted = emulator.calls("POST")
    assert {name: created[name] for name in ("method", "path", "query", "portalId", "body", "status")} == {
        "method": "POST",
        "path": USERS,
        "query": "a=b",
        "portalId": portal_id,
        "body": NEW,
        "status": 201,
    }
    assert granted["body"] == {"client_secret": "(cut)", "grant_type": "x"}
    assert emulator.calls("PUT") == []


def test_tells_the_calls_of_one_account_apart(emulator: Emulator) -> None:
    for token in (TOKEN, "demo-enterprise-2", "unknown"):
        with emulator.client(token) as client:
            client.get(USERS)
    of_one = emulator.http.get("/_control/calls", params={"token": TOKEN}).json()["calls"]
    assert (len(emulator.calls()), len(of_one)) == (3, 1)
