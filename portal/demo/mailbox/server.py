"""The SMTP server of the demo: on loopback only, and whatever it takes stays here."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.demo.mailbox import storage
from portal.demo.mailbox.replying import hand_over

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PortalDoor:
    """Where mails to the portal itself go, such as the copies that prove what it sent."""

    domain: str
    url: str
    key: str

    @classmethod
    def from_environment(cls) -> Self:
        """Read what the demo told all its processes."""
        given = os.environ.get
        key = given("PORTAL_INBOUND_WEBHOOK_SECRET", "")
        return cls(given("PORTAL_INBOUND_DOMAIN", ""), given("PORTAL_BASE_URL", ""), key)

    def part(self, receivers: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the receivers that are the portal itself, and the others."""
        ours = [each for each in receivers if self.domain and each.lower().endswith(f"@{self.domain}")]
        return ours, [each for each in receivers if each not in ours]

    def take(self, receiver: str, raw: bytes) -> None:
        """Hand a mail over; while the portal is not up, as at the first filling, nothing hangs on it."""
        with suppress(httpx.HTTPError):
            hand_over(self.url, self.key, raw, receiver)


class Keeper:
    """Takes every mail for every receiver."""

    def __init__(self, database: Path) -> None:
        storage.prepare(database)
        self._database = database
        self._portal = PortalDoor.from_environment()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Store a mail before saying so."""
        sender, raw = envelope.mail_from or "", envelope.original_content or b""
        ours, theirs = self._portal.part(envelope.rcpt_tos)
        await asyncio.to_thread(storage.store, self._database, sender, theirs, raw)
        for receiver in ours:
            await asyncio.to_thread(self._portal.take, receiver, raw)
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
