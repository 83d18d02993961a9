import socket
import sys
from collections.abc import Iterator

import click
import pytest

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


def test_a_step_that_fails_is_named() -> None:
    with Supervisor({}) as running, pytest.raises(click.ClickException) as error:
        running.run("prepare", "no.such.module")

    assert error.value.message == ("The demo's prepare failed; what it said is above. Nothing is running.")
