import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.ids import random_token
from portal.demo.supervisor import free_port, is_taken
from tests.fixtures.databases import Database
from tests.fixtures.portal import ROOT

HOST = "127.0.0.1"
EVERYTHING = "%(method)s %(path)s ?%(query_string)s from %(header{referer})s"
TOKEN = random_token()
SELECTOR = "k3v9x2m7q4tz"
ADDRESSES = (
    f"/r/{SELECTOR}.{TOKEN}",
    f"/r/{SELECTOR}%2E{TOKEN}",
    f"/answer/{SELECTOR}?pass=WyJrM3Y5eDJtN3E0dHoiLCJlbiJd.awjcHw.{TOKEN}",
    f"/reset/{TOKEN}",
    f"/invitation/{TOKEN}",
)


@contextmanager
def granian(folder: Path, database: Database) -> Iterator[int]:
    """Serve the portal as the manual says, and let the server write down whatever it knows of requests."""
    settings = {
        "BASE_URL": "http://localhost",
        "SECRET_KEY": "s" * 32,
        "AUDIT_KEY": "a" * 32,
        "ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database.url,
        "SMTP_HOST": HOST,
        "MAIL_FROM": "portal@portal.example",
    }
    environment = {**os.environ, **{f"PORTAL_{name}": value for name, value in settings.items()}}
    port = free_port(HOST, 0)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    log = ("--access-log", "--access-log-fmt", EVERYTHING)
    with (folder / "log").open("wb") as written:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, *log, "wsgi:app"], cwd=ROOT, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
        try:
            wait_for_it(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_for_it(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while not is_taken(HOST, port):
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)


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
    with granian(tmp_path, database) as port:
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
