import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from portal.demo.emulator.commands import emulator_command
from portal.demo.emulator.seeds import SeedAccount, SeedSeat, SeedUser
from tests.fixtures.emulator import Emulator

USERS = "/settings/users/2026-09"
HALF_A_CHARACTER = rb'{"email": "\ud800@x.example", "sendWelcomeEmail": false}'
READY = "Emulated HubSpot ready on "


@contextmanager
def running(database: Path) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "portal.demo.emulator", "--port", "0", "--database", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603  # our own module
        line = process.stdout.readline()
        assert line.startswith(READY)
        headers = {"Authorization": "Bearer demo-starter-5"}
        with httpx.Client(base_url=line.removeprefix(READY).strip(), headers=headers) as client:
            yield client
        process.terminate()
        assert process.stdout.read() == ""


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path / "state.sqlite") as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        created = client.post(USERS, json={"email": "new@acme.example", "sendWelcomeEmail": False}).json()
        client.post("/_control/knobs", json={"list_lag": 2})
    with running(tmp_path / "state.sqlite") as client:
        assert client.get(f"{USERS}/{created['id']}").json() == created
        assert client.get("/_control/knobs").json()["knobs"]["list_lag"] == 2


def test_does_not_start_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PORTAL_MODE", "production")
    result = CliRunner().invoke(emulator_command, ["--database", str(tmp_path / "state.sqlite")])
    assert result.exit_code == 1
    assert "does not start with PORTAL_MODE=production" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_said_in_words(emulator: Emulator, tmp_path: Path) -> None:
    port = emulator.base_url.rpartition(":")[2]
    result = CliRunner().invoke(
        emulator_command, ["--port", port, "--database", str(tmp_path / "state.sqlite")]
    )
    assert (result.exit_code, result.output) == (
        1,
        f"Error: Port {port} is taken. Choose another one with --port.\n",
    )


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1"])
def test_refuses_changes_from_other_sites_pages(emulator: Emulator, origin: str) -> None:
    given = {"token": "demo-free-1"}
    refused = emulator.http.post("/_control/accounts", json=given, headers={"Origin": origin})
    own = emulator.http.post("/_control/accounts", json=given, headers={"Origin": emulator.base_url})
    assert (refused.status_code, own.status_code) == (403, 200)


def test_refuses_other_host_names(emulator: Emulator) -> None:
    answer = emulator.http.get("/_control/accounts", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 403


def test_wrong_addresses_methods_and_bodies_get_a_shaped_refusal(emulator: Emulator) -> None:
    with emulator.client("demo-free-1") as client:
        answers = [
            client.get("/nowhere"),
            client.patch(USERS),
            client.post(USERS, content=b"{"),
            client.post(USERS, json=[]),
            client.post(USERS, content=HALF_A_CHARACTER, headers={"Content-Type": "application/json"}),
            client.get(f"{USERS}/{10**30}"),
            emulator.http.get(f"/settings/{10**30}/x"),
            emulator.http.post("/_control/sign-in", json={"at": "x", "token": "demo-free-1"}),
            client.post(USERS, content=b"x" * 1_000_001, headers={"Content-Type": "application/json"}),
        ]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [
        (404, "error"),
        (405, "error"),
        (400, "error"),
        (400, "error"),
        (400, "error"),
        (404, "error"),
        (404, "error"),
        (400, "error"),
        (413, "error"),
    ]


def test_many_callers_at_once_create_each_user_once(emulator: Emulator) -> None:
    emulator.control("knobs", limits=False)
    emails = [f"user{number % 20}@crowd.example" for number in range(80)]

    def create(email: str) -> int:
        with emulator.client("demo-enterprise-8") as client:
            return client.post(USERS, json={"email": email, "sendWelcomeEmail": False}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, emails))
    assert statuses == [201] * 20 + [409] * 60


def test_the_last_seat_is_given_once(emulator: Emulator) -> None:
    token = emulator.seed(SeedAccount("starter", 8, "Small", seats=(SeedSeat("Core", 1, paid=True),)))

    def create(number: int) -> int:
        wanted = {"email": f"user{number}@small.example", "sendWelcomeEmail": False, "seatNames": ["Core"]}
        with emulator.client(token) as client:
            return client.post(USERS, json=wanted).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(16)))
    assert statuses == [201] + [400] * 15


def test_holds_twenty_thousand_users_in_one_account(emulator: Emulator) -> None:
    people = (SeedUser(f"user{number}@large.example", seats=("Core",)) for number in range(20_000))
    token = emulator.seed(SeedAccount("enterprise", 99, "Large", users=people, seats=(SeedSeat("Core", 3),)))
    emulator.control("knobs", limits=False)
    seen, after = set(), None
    with emulator.client(token) as client:
        while after != "":
            page = client.get(USERS, params={"after": after} if after else {}).json()
            seen.update(user["id"] for user in page["results"])
            after = page.get("paging", {}).get("next", {}).get("after", "")
        assert client.get(f"{USERS}/seats").json()["results"][0]["remainingSeats"] == 3
    assert len(seen) == 20_000
