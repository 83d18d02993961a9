import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from portal.demo.housekeeping import ROOT
from portal.demo.supervisor import Supervisor, free_port, is_taken


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_noticed_and_another_one_is_found(taken: int) -> None:
    assert is_taken("127.0.0.1", taken)
    assert free_port("127.0.0.1", taken) != taken


def test_a_process_that_never_listens_is_named() -> None:
    with Supervisor({"PATH": sys.path[0]}) as running:
        running.start("clock", "this")
        with pytest.raises(click.ClickException) as error:
            running.wait_for_port("clock", "127.0.0.1", free_port("127.0.0.1", 0))

    assert error.value.message == "The demo's clock did not start; what it said is above."


def test_leaving_stops_every_process() -> None:
    with Supervisor({}) as running:
        running.start("server", "http.server", "--bind", "127.0.0.1", str(port := free_port("127.0.0.1", 0)))
        running.wait_for_port("server", "127.0.0.1", port)

    assert not is_taken("127.0.0.1", port)


def test_a_second_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port("127.0.0.1", 0)
    script = tmp_path / "impatient.py"
    script.write_text(
        "import signal, sys\n"
        "from portal.demo.supervisor import Supervisor\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "with Supervisor({}) as running:\n"
        f"    running.start('server', 'http.server', '--bind', '127.0.0.1', '{port}')\n"
        f"    running.wait_for_port('server', '127.0.0.1', {port})\n"
        "    print('ready', flush=True)\n"
        "    running.watch()\n"
    )
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        process.terminate()

    assert not is_taken("127.0.0.1", port)


def test_a_step_that_fails_is_named() -> None:
    with Supervisor({}) as running:
        running.begin("prepare", "no.such.module")
        with pytest.raises(click.ClickException) as error:
            running.finish("prepare")

    assert error.value.message == ("The demo's prepare failed; what it said is above. Nothing is running.")
