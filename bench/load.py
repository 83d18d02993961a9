"""A small generator of load: so many connections ask for one address, one request after the other on each."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, RemoteDisconnected

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: a GET, or a POST where there is a body; ``answers`` are the statuses of success."""

    path: str
    headers: dict[str, str]
    bodies: Sequence[str] = ()
    answers: tuple[int, ...] = (200,)


@dataclass(slots=True)
class Taken:
    """What was measured so far: seconds of each request, seconds of all, and seconds of processor."""

    each: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0
    size: int = 0
    failed: int = 0

    def part(self, share: float) -> float:
        """Return the milliseconds that this share of the requests stayed below."""
        ordered = sorted(self.each)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each) / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of the server's processor for each request."""
        return 1000 * self.processor / len(self.each)


class Unexpected(Exception):
    """An answer that is none."""


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=120)

    def ask(self, ask: Ask, turn: int = 0) -> tuple[float, bytes]:
        """Send a request and return the seconds it took, and the body."""
        method = "POST" if ask.bodies else "GET"
        body = ask.bodies[turn % len(ask.bodies)] if ask.bodies else None
        began = time.perf_counter()
        try:
            self._connection.request(method, ask.path, body, ask.headers)
            answer = self._connection.getresponse()
        except RemoteDisconnected:  # hung up between two requests; http.client dials again by itself
            self._connection.request(method, ask.path, body, ask.headers)
            answer = self._connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        if answer.status not in ask.answers:
            raise Unexpected(f"{method} {ask.path} answered {answer.status}: {content[:300]!r}")
        return took, content

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def burst(port: int, ask: Ask, connections: int, seconds: float, taken: Taken) -> None:
    """Ask over so many connections for so long, and add what was seen to ``taken``."""
    lines = [Line(port) for _ in range(connections)]
    for line in lines:
        taken.size = len(line.ask(ask)[1])
    began = time.perf_counter()

    def go_on(line: Line) -> list[float]:
        each: list[float] = []
        while time.perf_counter() - began < seconds:
            try:
                each.append(line.ask(ask, len(each))[0])
            except Unexpected:
                taken.failed += 1
        return each

    with ThreadPoolExecutor(connections) as pool:
        for each in pool.map(go_on, lines):
            taken.each += each
    taken.seconds += time.perf_counter() - began
    for line in lines:
        line.close()
