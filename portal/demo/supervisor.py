"""Starts the demo's processes, watches them, starts a dead one again, and stops all of them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import click

START_SECONDS = 30
STOP_SECONDS = 8
LOOK_EVERY = 0.05
RESTART_AFTER = 1.0


def is_taken(host: str, port: int) -> bool:
    """Tell whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port, or any free one if it is taken."""
    with socket.socket() as probe:
        try:
            probe.bind((host, wanted))
        except OSError:
            probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


class Supervisor:
    """A handful of Python modules as processes; leaving the block stops all of them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._commands: dict[str, list[str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._stop()
        return kind is KeyboardInterrupt

    def begin(self, name: str, module: str, *arguments: str, **settings: str) -> None:
        """Begin a module that comes to an end, some of its settings changed; ``finish`` waits for it."""
        self._launch(name, self._command(module, arguments), {**self._environment, **settings})

    def finish(self, name: str) -> None:
        """Wait for what was begun, or say that it failed."""
        if self._running[name].wait():
            raise click.ClickException(
                f"The demo's {name} failed; what it said is above. Nothing is running."
            )
        del self._running[name]

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start a module; ``watch`` keeps it running."""
        self._commands[name] = self._command(module, arguments)
        self._launch(name, self._commands[name], self._environment)

    def wait_for_port(self, name: str, host: str, port: int) -> None:
        """Wait until a process answers at its port, or say that it does not."""
        self.wait_until(name, lambda: is_taken(host, port))

    def wait_until(self, name: str, is_so: Callable[[], bool]) -> None:
        """Wait for what a process brings about, or say that it did not start."""
        deadline = time.monotonic() + START_SECONDS
        while not is_so():
            has_ended = self._running[name].poll() is not None
            if (has_ended and not is_so()) or time.monotonic() > deadline:
                raise click.ClickException(f"The demo's {name} did not start; what it said is above.")
            time.sleep(LOOK_EVERY)

    def watch(self) -> None:
        """Start again whatever ends, until somebody presses Ctrl-C."""
        while True:
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    click.echo(f"The {name} ended ({process.returncode}); starting it again.")
                    time.sleep(RESTART_AFTER)
                    self._launch(name, self._commands[name], self._environment)
            time.sleep(LOOK_EVERY * 4)

    def _command(self, module: str, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", module, *arguments]

    def _launch(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        # A session of its own: Ctrl-C reaches us alone, and we stop the others in order.
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own modules
            command, env=environment, start_new_session=True
        )

    def _stop(self) -> None:
        # An impatient second Ctrl-C would leave processes behind.
        before = {again: signal.signal(again, signal.SIG_IGN) for again in (signal.SIGINT, signal.SIGTERM)}
        for process in reversed(self._running.values()):
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # with the workers it started
                process.wait()
        for again, handler in before.items():
            signal.signal(again, handler)
