"""The whole loop on a bad line, small: pages, a worker that is killed, a CRM and a mail server with moods."""

import subprocess
import sys

import pytest

from tests.fixtures.portal import ROOT

SMALL = ("--requests", "2", "--people", "3", "--kills", "5", "--seed", "7")
LONGEST = 300  # seconds, on a machine with other things to do


def test_whoever_is_killed_whenever_nobody_is_set_up_or_written_to_twice_and_nobody_forgotten(
    request: pytest.FixtureRequest,
) -> None:
    database = request.config.getoption("--database")
    command = [sys.executable, "-m", "bench.crash", "--database", database, *SMALL]
    done = subprocess.run(  # noqa: S603 - our own script
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "12 demands met, 0 not met"
