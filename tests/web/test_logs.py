import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.ids import random_token
from tests.fixtures.databases import Database
from tests.fixtures.web_server import HOST, web_server

TOKEN = random_token()
SELECTOR = "k3v9x2m7q4tz"
ADDRESSES = (
    f"/r/{SELECTOR}.{TOKEN}",
    f"/r/{SELECTOR}%2E{TOKEN}",
    f"/answer/{SELECTOR}?pass=WyJrM3Y5eDJtN3E0dHoiLCJlbiJd.awjcHw.{TOKEN}",
    f"/reset/{TOKEN}",
    f"/invitation/{TOKEN}",
)


def requests_in(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith("GET")]


def wait_for_lines(log: Path, count: int) -> None:
    """Wait until the server wrote a line for each request, which it does after it answered."""
    deadline = time.monotonic() + 20
    while len(requests_in(log.read_text())) < count and time.monotonic() < deadline:
        time.sleep(0.05)


def ask(port: int, address: str) -> None:
    connection = HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", address, headers={"Referer": address})
    connection.getresponse().read()
    connection.close()


def test_the_servers_own_log_holds_no_secret(app: Flask, database: Database, tmp_path: Path) -> None:
    with web_server(tmp_path, database) as port:
        for address in ADDRESSES:
            ask(port, address)
        wait_for_lines(tmp_path / "log", len(ADDRESSES))

    log = (tmp_path / "log").read_text()
    assert requests_in(log) == [
        f"GET /r/{SELECTOR}.... ? from /r/{SELECTOR}....",
        f"GET /r/{SELECTOR}.... ? from /r/{SELECTOR}%...",
        f"GET /answer/{SELECTOR} ?pass=....awjcHw.... from /answer/{SELECTOR}?pass=....awjcHw....",
        "GET /reset/... ? from /reset/...",
        "GET /invitation/... ? from /invitation/...",
    ]
    assert TOKEN not in log


def test_a_request_that_fails_for_good_is_logged_without_the_secret_in_its_address(
    crooked: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert crooked.get(f"/cannot-be-committed/{TOKEN}").status_code == 500

    assert "Exception on /cannot-be-committed/... [GET]" in caplog.text
    assert TOKEN not in caplog.text


def test_what_could_not_be_stored_is_not_logged_either(
    crooked: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert crooked.get("/cannot-be-stored").status_code == 500

    assert "UNIQUE constraint failed: agencies.id" in caplog.text or "agencies_pkey" in caplog.text
    assert "Petrel & Sons" not in caplog.text
