"""The SMTP server of the demo: on loopback only, and whatever it takes stays here."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.demo.mailbox import storage

HOST = "127.0.0.1"


class Keeper:
    """Takes every mail for every receiver."""

    def __init__(self, database: Path) -> None:
        storage.prepare(database)
        self._database = database

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Store a mail before saying so."""
        sender, raw = envelope.mail_from or "", envelope.original_content or b""
        await asyncio.to_thread(storage.store, self._database, sender, envelope.rcpt_tos, raw)
        return "250 OK"


async def listen(port: int, database: Path, ready: Callable[[int], None], stopped: asyncio.Event) -> None:
    """Take mails until stopped; ``ready`` hears the port, which is a free one where 0 was asked for."""
    loop = asyncio.get_running_loop()
    keeper = Keeper(database)
    server = await loop.create_server(lambda: SMTP(keeper, hostname="demo", loop=loop), HOST, port)
    async with server:
        ready(server.sockets[0].getsockname()[1])
        await stopped.wait()


def serve(port: int, database: Path) -> None:
    """Run until interrupted, printing one line when ready."""
    asyncio.run(listen(port, database, _say_ready, asyncio.Event()))


def _say_ready(port: int) -> None:
    print(f"Demo mailbox ready on {HOST}:{port}", flush=True)  # noqa: T201 - the ready line
