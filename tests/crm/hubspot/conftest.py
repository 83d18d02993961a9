"""A scripted HubSpot on loopback, for what an honest emulator never says."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from portal.crm.hubspot import HubSpotConnector
from portal.crm.hubspot.pace import Clock

TOKEN = "pat-eu1-0f0f0f0f-1234-5678-9abc-def012345678"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What the scripted server says next; ``body`` bytes go out as they are, None drops the line."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Received:
    """What the scripted server was sent."""

    method: str
    path: str
    body: object


class Time:
    """A time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, sleep=self.sleep)


class Script:
    """A server that answers what it was told, in order; the last answer stays."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.answers: list[Answer] = []
        self.received: list[Received] = []

    def say(self, *answers: Answer) -> None:
        self.answers.extend(answers)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def calls(self) -> list[tuple[str, str]]:
        return [(call.method, call.path) for call in self.received]


def _handler(scripts: list[Script]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            sent = json.loads(self.rfile.read(length)) if length else None
            scripts[0].received.append(Received(self.command, self.path, sent))
            answer = scripts[0].next()
            if answer.body is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            content = answer.content()
            for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def script() -> Iterator[Script]:
    scripts: list[Script] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(scripts))
    scripts.append(Script(f"http://127.0.0.1:{server.server_port}"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield scripts[0]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def connect(script: Script, time: Time) -> Iterator[Callable[..., HubSpotConnector]]:
    opened: list[HubSpotConnector] = []

    def open_one(**settings: int) -> HubSpotConnector:
        opened.append(HubSpotConnector(TOKEN, base_url=script.base_url, clock=time.clock(), **settings))
        return opened[-1]

    yield open_one
    for connector in opened:
        connector.close()


@pytest.fixture
def hubspot(connect: Callable[..., HubSpotConnector]) -> HubSpotConnector:
    return connect()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
