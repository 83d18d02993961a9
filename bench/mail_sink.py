"""A mail server that keeps a journal: what stands in it was taken, whatever becomes of the answer.

python -m bench.mail_sink --port N --journal FILE [--puts-off 0.02] [--loses-answers 0.02]

With moods it puts some mails off, and takes some without saying so. A line is in the journal before the
answer is given, and survives that the sink is killed. Whoever reads the journal is the server's queue: it
passes mails on to the mailboxes they are for.
"""

import argparse
import asyncio
import json
import random
import re
import time
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
_ADDRESS = re.compile(rb"<(.*)>")
_MESSAGE_ID = re.compile(rb"^Message-ID: *(?:\r\n )?(\S+)", re.MULTILINE | re.IGNORECASE)


class Sink:
    """Takes every mail for every receiver."""

    def __init__(self, journal: Path, puts_off: float, loses_answers: float) -> None:
        self._journal = journal.open("ab", buffering=0)
        self._puts_off, self._loses_answers = puts_off, loses_answers

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation, of as many mails as wanted, whoever is killed meanwhile."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = b"", []
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"MAIL":
                sender, recipients = _address(line), []
            elif word == b"RCPT":
                recipients.append(_address(line))
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                luck = random.random()
                if luck < self._puts_off:
                    writer.write(b"451 later\r\n")
                    continue
                self._keep(sender, recipients, data)
                if luck < self._puts_off + self._loses_answers:
                    return
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return

    def _keep(self, sender: bytes, recipients: list[bytes], data: bytes) -> None:
        found = _MESSAGE_ID.search(data)
        taken = {
            "at": time.time(),
            "message_id": found[1].decode() if found else "",
            "sender": sender.decode(),
            "recipients": [recipient.decode() for recipient in recipients],
            "raw": re.sub(rb"(?m)^\.\.", b".", data[:-3]).decode("ascii"),
        }
        self._journal.write(json.dumps(taken).encode() + b"\n")


def _address(line: bytes) -> bytes:
    found = _ADDRESS.search(line)
    return found[1] if found else b""


async def serve(port: int, sink: Sink) -> None:
    """Take mails until killed; print the port when ready."""
    server = await asyncio.start_server(sink.talk, HOST, port, limit=2**25)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--puts-off", type=float, default=0)
    parser.add_argument("--loses-answers", type=float, default=0)
    given = parser.parse_args()
    asyncio.run(serve(given.port, Sink(given.journal, given.puts_off, given.loses_answers)))
