"""The mails the mailbox took, in an SQLite file of its own."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from portal.core import clock
from portal.mail.reading import read_mail

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS mails (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, receiver TEXT NOT NULL,
  envelope_sender TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL,
  raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS replies (
  id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, raw BLOB NOT NULL);
"""
_WAIT_SECONDS: Final = 10
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One mail as it lies in the mailbox of one receiver."""

    id: int
    at: datetime
    receiver: str
    envelope_sender: str
    sender: str
    recipient: str
    subject: str


def prepare(database: Path) -> None:
    """Make the file and its table where they are not there yet."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with _connected(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)


def store(database: Path, envelope_sender: str, receivers: Sequence[str], raw: bytes) -> None:
    """Put a mail into the mailbox of each of its receivers."""
    read = read_mail(raw)
    shown = (read.sender, read.recipient, read.subject, raw)
    rows = [(clock.now().timestamp(), receiver.lower(), envelope_sender, *shown) for receiver in receivers]
    with _connected(database) as connection:
        connection.executemany(
            "INSERT INTO mails (at, receiver, envelope_sender, sender, recipient, subject, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def mails(database: Path, search: str = "") -> list[StoredMail]:
    """Return the latest mails, newest first; ``search`` is found in receivers and subjects."""
    if not database.exists():
        return []
    statement = (
        "SELECT id, at, receiver, envelope_sender, sender, recipient, subject FROM mails"
        " WHERE ? = '' OR instr(lower(recipient || ' ' || receiver || ' ' || subject), ?) > 0"
        " ORDER BY id DESC LIMIT ?"
    )
    wanted = search.strip().lower()
    with _connected(database) as connection:
        return [_stored(row) for row in connection.execute(statement, (wanted, wanted, MOST_SHOWN))]


def find_mail(database: Path, mail_id: int) -> tuple[StoredMail, bytes] | None:
    """Return one mail and its bytes, or None."""
    if not database.exists():
        return None
    statement = (
        "SELECT id, at, receiver, envelope_sender, sender, recipient, subject, raw FROM mails WHERE id = ?"
    )
    with _connected(database) as connection:
        row = connection.execute(statement, (mail_id,)).fetchone()
    return None if row is None else (_stored(row[:-1]), row[-1])


def keep_reply(database: Path, recipient: str, raw: bytes) -> int:
    """Keep a reply that is to be handed over, and return its number."""
    with _connected(database) as connection:
        connection.executescript(_SCHEMA)
        rows = connection.execute("INSERT INTO replies (recipient, raw) VALUES (?, ?)", (recipient, raw))
        return rows.lastrowid or 0


def find_reply(database: Path, reply_id: int) -> tuple[str, bytes] | None:
    """Return the address a reply goes to and its bytes, or None."""
    with _connected(database) as connection:
        found: tuple[str, bytes] | None = connection.execute(
            "SELECT recipient, raw FROM replies WHERE id = ?", (reply_id,)
        ).fetchone()
        return found


@contextmanager
def _connected(database: Path) -> Iterator[sqlite3.Connection]:
    """One connection, one transaction."""
    with closing(sqlite3.connect(database, timeout=_WAIT_SECONDS)) as connection, connection:
        yield connection


def _stored(row: tuple[int, float, str, str, str, str, str]) -> StoredMail:
    mail_id, at, *texts = row
    return StoredMail(mail_id, datetime.fromtimestamp(at, UTC), *texts)
