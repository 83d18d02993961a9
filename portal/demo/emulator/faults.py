"""Things that go wrong on purpose: planned ones, and bad luck by chance."""

import random
import socket
import sqlite3
from dataclasses import dataclass
from fnmatch import fnmatchcase

from flask import request

from portal.demo.emulator.knobs import Knobs
from portal.demo.emulator.problems import Problem, invalid, locked, migrating, rate_limited

KINDS = {
    "error": "answer with a status, without acting",
    "error-after": "act, then answer with a status",
    "drop-before": "close the connection without acting",
    "drop-after": "act, then close the connection",
    "ten-secondly": "429, ten-second budget used up",
    "secondly": "429, searches of this second used up",
    "daily": "429, budget of the day used up",
    "locked": "423, resource locked",
    "migrating": "477, account being moved",
}
FIRST_STATUS, LAST_STATUS = 400, 599


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one call."""

    kind: str
    status: int = 502
    category: str = "INTERNAL_ERROR"
    code: str = ""
    retry_after: int = 10

    @property
    def strikes_after(self) -> bool:
        """Whether the call acts first."""
        return self.kind.endswith("-after")

    def strike(self) -> Problem:
        """Return the refusal to answer with, after closing the connection where the fault says so."""
        if self.kind.startswith("drop"):
            hang_up()
        policies = {"ten-secondly": "TEN_SECONDLY_ROLLING", "secondly": "SECONDLY", "daily": "DAILY"}
        if self.kind in policies:
            return rate_limited(policies[self.kind])
        if self.kind == "locked":
            return locked()
        if self.kind == "migrating":
            return migrating(self.retry_after)
        return Problem(self.status, self.category, "This failure was asked for.", code=self.code)


def plan_fault(
    db: sqlite3.Connection, fault: Fault, *, method: str, path: str, times: int, account_id: int | None
) -> int:
    """Let the next ``times`` matching calls fail; ``path`` may hold ``*``. Return the number of the plan."""
    if fault.kind not in KINDS:
        raise invalid(f"There is no fault named {fault.kind}.")
    if not FIRST_STATUS <= fault.status <= LAST_STATUS:
        raise invalid("The status of a failure is between 400 and 599.")
    cursor = db.execute(
        "INSERT INTO faults (account_id, method, path, kind, status, category, code, retry_after, remaining)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account_id,
            method.upper(),
            path,
            fault.kind,
            fault.status,
            fault.category,
            fault.code,
            fault.retry_after,
            times,
        ),
    )
    return cursor.lastrowid or 0


def next_fault(
    db: sqlite3.Connection, knobs: Knobs, number: int, method: str, path: str, account_id: int | None
) -> Fault | None:
    """Return what goes wrong with this call, using up one turn of the plan that says so."""
    for row in db.execute("SELECT * FROM faults WHERE remaining > 0 ORDER BY id").fetchall():
        meant = row["account_id"] in {None, account_id} and row["method"] in {"*", method}
        if meant and fnmatchcase(path, row["path"]) and _use_turn(db, row["id"]):
            return Fault(row["kind"], row["status"], row["category"], row["code"], row["retry_after"])
    return _bad_luck(knobs, number)


def hang_up() -> None:
    """Close the caller's connection without a word."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


def _use_turn(db: sqlite3.Connection, fault_id: int) -> bool:
    used = db.execute(
        "UPDATE faults SET remaining = remaining - 1 WHERE id = ? AND remaining > 0", (fault_id,)
    )
    return used.rowcount == 1


def _bad_luck(knobs: Knobs, number: int) -> Fault | None:
    if not knobs.error_rate and not knobs.drop_rate:
        return None
    rng = random.Random(f"{knobs.seed}-{number - knobs.first_call}")  # noqa: S311  # repeatable, not secret
    luck = rng.random()
    if luck < knobs.error_rate:
        return Fault("error")
    if luck < knobs.error_rate + knobs.drop_rate:
        return Fault(rng.choice(("drop-before", "drop-after")))
    return None
