import asyncio
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request

from portal.web.bodies import SMALL
from portal.web.buffering import BufferedApp
from tests.fixtures.databases import Database
from tests.fixtures.web_server import HOST, web_server

SLOW = 50
HEAD = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
Messages = list[dict[str, Any]]


@pytest.fixture
def server(app: Flask, database: Database, tmp_path: Path) -> Iterator[int]:
    with web_server(tmp_path, database) as port:
        yield port


def begin(port: int, head: str, body: bytes) -> socket.socket:
    """Open a connection and send part of a request."""
    connection = socket.create_connection((HOST, port), timeout=20)
    connection.sendall(f"{head}\r\n".encode() + body)
    return connection


def test_fifty_slow_senders_hold_up_nobody(server: int) -> None:
    slow = [begin(server, f"{HEAD}Content-Length: 1000\r\n", b"ab") for _ in range(SLOW)]

    began = time.perf_counter()
    visitor = HTTPConnection(HOST, server, timeout=20)
    visitor.request("GET", "/sign-in")
    answer = visitor.getresponse()
    answer.read()

    assert (answer.status, time.perf_counter() - began < 1) == (200, True)
    for connection in (*slow, visitor):
        connection.close()


def test_a_body_without_end_is_cut_off(server: int) -> None:
    piece = b"%x\r\n%s\r\n" % (SMALL, b"x" * SMALL)
    endless = begin(server, f"{HEAD}Transfer-Encoding: chunked\r\n", piece)
    endless.sendall(piece)

    assert endless.recv(1000).startswith(b"HTTP/1.1 413 ")
    endless.close()


@pytest.fixture
def echo() -> Flask:
    """An application that says what it was sent."""
    app = Flask("echo")

    @app.post("/")
    def say() -> Any:
        return jsonify(
            body=request.get_data(as_text=True), forwarded=request.headers.getlist("X-Forwarded-For")
        )

    return app


def ask(app: BufferedApp, *pieces: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> Messages:
    """Return what an application sends for a request that comes in pieces; after them nothing comes."""
    sent: Messages = []
    ahead = list(pieces)

    async def receive() -> dict[str, Any]:
        return ahead.pop(0) if ahead else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": headers,
    }
    asyncio.run(app(scope, receive, send))
    return sent


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def text_of(messages: Messages) -> str:
    return b"".join(message.get("body", b"") for message in messages).decode()


def test_a_body_in_pieces_comes_whole(echo: Flask) -> None:
    pieces = [piece(b"a" * 70_000, more=True), piece(b"b" * 70_000, more=True), piece(b"c")]
    headers = [(b"content-length", b"140001")]

    sent = ask(BufferedApp(echo), *pieces, headers=headers)

    assert "a" * 70_000 + "b" * 70_000 + "c" in text_of(sent)


def test_a_header_that_only_looks_like_a_proxys_word_is_dropped(echo: Flask) -> None:
    headers = [(b"x-forwarded-for", b"192.0.2.1"), (b"x_forwarded_for", b"192.0.2.66")]

    assert '["192.0.2.1"]' in text_of(ask(BufferedApp(echo), piece(b""), headers=headers)).replace("\n", "")


def test_a_sender_who_falls_silent_is_told_so_and_one_who_went_away_is_not(echo: Flask) -> None:
    silent = ask(BufferedApp(echo, patience=0.01), piece(b"a", more=True), headers=[])
    gone = ask(BufferedApp(echo), piece(b"a", more=True), {"type": "http.disconnect"}, headers=[])

    assert ([message.get("status") for message in silent], gone) == ([408, None], [])


def test_what_says_that_it_is_too_large_need_not_be_sent(echo: Flask) -> None:
    sent = ask(BufferedApp(echo), headers=[(b"content-length", b"%d" % (SMALL + 1))])

    assert sent[0]["status"] == 413


def test_a_connection_of_another_kind_is_closed(echo: Flask) -> None:
    sent: Messages = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(BufferedApp(echo)({"type": "websocket", "path": "/", "headers": []}, asyncio.Future, send))

    assert sent == [{"type": "websocket.close"}]
