"""The processes that read mails: warm, limited, and replaced when a hostile mail has spent one.

Each reads one mail after the other. One that takes too long is killed from outside; one that takes too much
memory ends by itself. A process that was forked off starts children of its own: a pipe has two ends only.
"""

import atexit
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import portal
from portal.core.errors import PortalError
from portal.core.texts import _l
from portal.replies import limits
from portal.replies.facts import Problem
from portal.replies.wire import Closed, Letter, receive, send

_ROOT: Final = Path(portal.__file__).parent.parent
_START_SECONDS: Final = 30.0
_KEPT_WARM: Final = 2

idle: list["_Child"] = []  # warm and waiting


class CannotRead(PortalError):
    """No child could be started: the fault of this machine, not of the mail."""

    message = _l("No process to read mails could be started. The mail is kept as it came; try again later.")


def ask(task: Letter, payload: bytes) -> bytes | Problem:
    """Have one task done, and return its result, or why there is none. Raises ``CannotRead``."""
    child = _borrow()
    try:
        letter, answer = child.ask(task, payload)
    except Closed:
        child.end()
        return Problem.TOO_SLOW if child.was_too_slow else Problem.BROKEN
    problem = None if letter is Letter.RESULT else Problem(answer.decode())
    if problem is Problem.TOO_HUNGRY or child.was_too_slow:  # killed just as it answered
        child.end()
    else:
        _give_back(child)
    return problem or answer


def end_all() -> None:
    """End the children that are idle."""
    while idle:
        idle.pop().end()


atexit.register(end_all)


class _Child:
    """One process that reads mails, and the pipes to it."""

    def __init__(self) -> None:
        self.was_too_slow = False
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "portal.replies.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it would quote the mail into the log
            cwd=_ROOT,
        )
        try:
            self._within(_START_SECONDS, None)
        except Closed:
            self.end()
            raise CannotRead from None

    @property
    def pid(self) -> int:
        """The number the system knows it by."""
        return self._process.pid

    @property
    def is_fit(self) -> bool:
        """Tell whether this very process started it, and it is still there."""
        return self._is_ours and self._process.poll() is None

    def ask(self, task: Letter, payload: bytes) -> tuple[Letter, bytes]:
        """Hand over one task and wait for what comes back; raises ``Closed`` when nothing does."""
        return self._within(_seconds_for(task), (task, payload))

    def end(self) -> None:
        """Stop it, whatever it is doing; one that another process started is only let go."""
        if self._is_ours:
            self._process.kill()
            self._process.wait()
        for pipe in self._pipes():
            _close(pipe)

    @property
    def _is_ours(self) -> bool:
        return self._owner == os.getpid()

    def _within(self, seconds: float, task: tuple[Letter, bytes] | None) -> tuple[Letter, bytes]:
        to_child, from_child = self._pipes()
        watch = threading.Timer(seconds, self._stop)
        watch.start()
        try:
            if task:
                send(to_child, *task)
            return receive(from_child)
        finally:
            watch.cancel()

    def _stop(self) -> None:
        self.was_too_slow = True
        self._process.kill()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        to_child, from_child = self._process.stdin, self._process.stdout
        if to_child is None or from_child is None:
            raise Closed
        return to_child, from_child


def _seconds_for(task: Letter) -> float:
    if task is Letter.LIST:
        return limits.LIST_SECONDS
    return limits.UNPACK_SECONDS if task is Letter.UNPACK else limits.READ_SECONDS


def _borrow() -> _Child:
    """A warm child, or a new one where all are busy."""
    while True:
        try:
            child = idle.pop()
        except IndexError:
            return _Child()
        if child.is_fit:
            return child
        child.end()


def _give_back(child: _Child) -> None:
    if len(idle) < _KEPT_WARM:
        idle.append(child)
    else:
        child.end()


def _close(pipe: IO[bytes]) -> None:
    """Closing writes what is left, which a dead child does not take."""
    with suppress(OSError):
        pipe.close()
