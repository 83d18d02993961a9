"""Takes a whole request off the network before a thread works on it, so that slow senders hold up nobody.

A WSGI server reads the body in the thread that answers: as many slow senders as there are threads stop it.
So the portal is served as an ASGI application that waits for the body beside all other connections, and
hands it to Flask, in one of a few threads, once it is there.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext
from asgiref.wsgi import WsgiToAsgi
from flask import Flask

from portal.web.bodies import largest_body

THREADS: Final = 4  # one may wait for a lock of the database while the others answer
PATIENCE: Final = 30  # seconds until the next piece of a body must have come
IN_MEMORY: Final = 64 * 1024  # bytes of a body; a larger one waits in a temporary file

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class _Refused(Exception):
    """The body is too large, too slow, or never comes; ``status`` is 0 where nobody is left to be told."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BufferedApp:
    """A Flask application as ASGI; threads see only requests that came whole."""

    def __init__(self, app: Flask, *, threads: int = THREADS, patience: float = PATIENCE) -> None:
        self._flask = app
        self._asgi = WsgiToAsgi(app)  # type: ignore[no-untyped-call]  # asgiref types this part not yet
        self._threads, self._patience = asyncio.Semaphore(threads), patience

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; connections of any other kind are closed."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        with SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                await self._take(scope, receive, body)
            except _Refused as error:
                if error.status:
                    await _refuse(send, error.status)
                return
            body.seek(0)
            # Threads are counted here, not before the body was there: waiting for it takes none.
            async with self._threads, ThreadSensitiveContext():
                await self._asgi(_without_lookalikes(scope), _again(body), _marked(send))

    async def _take(self, scope: Message, receive: Receive, body: "SpooledTemporaryFile[bytes]") -> None:
        largest, size, is_whole = largest_body(self._flask, scope["path"], scope["method"]), 0, False
        if _declared(scope) > largest:  # nobody need send what is refused
            raise _Refused(413)
        while not is_whole:
            try:
                message = await asyncio.wait_for(receive(), self._patience)
            except TimeoutError:
                raise _Refused(408) from None
            if message["type"] != "http.request":
                raise _Refused(0)
            size += body.write(message.get("body", b""))
            if size > largest:
                raise _Refused(413)
            is_whole = not message.get("more_body", False)


def _again(body: "SpooledTemporaryFile[bytes]") -> Receive:
    """Return what hands out a body that was taken before, piece by piece."""

    async def receive() -> Message:
        piece = body.read(IN_MEMORY)
        return {"type": "http.request", "body": piece, "more_body": len(piece) == IN_MEMORY}

    return receive


def _declared(scope: Message) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else 0


def _marked(send: Send) -> Send:
    """Return the server's own function as one that Python can see to be asynchronous."""

    async def deliver(message: Message) -> None:
        await send(message)

    return deliver


def _without_lookalikes(scope: Message) -> Message:
    """Drop headers that WSGI cannot tell from others: X_Forwarded_For would pose as the proxy's word."""
    return {**scope, "headers": [header for header in scope["headers"] if b"_" not in header[0]]}


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    words = {408: b"The request took too long to arrive.\n", 413: b"That is too large.\n"}[status]
    await send({"type": "http.response.body", "body": words})
