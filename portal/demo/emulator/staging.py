"""What happens in HubSpot without the API: people sign in, admins click, tokens die."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from portal.demo.emulator.database import now_ms, writing
from portal.demo.emulator.people import get_user, seats_of
from portal.demo.emulator.problems import invalid, not_found
from portal.demo.emulator.tokens import account_of, issue, open_token

CODE_LIFE_MS = 60_000


def new_code(db: sqlite3.Connection, token: str) -> str:
    """Return a new authorisation code that grants what a token may do."""
    granted = open_token(db, token)
    return issue(db, granted.account_id, "code", granted.scopes, CODE_LIFE_MS)


def sign_in(db: sqlite3.Connection, account_id: int, email: str, at: datetime | None = None) -> bool:
    """Let a user sign in, now or then; return whether it succeeded: deactivated users are turned away."""
    user = get_user(db, account_id, email, by_email=True)
    moment = now_ms() if at is None else round(at.timestamp() * 1000)
    succeeded = not user["deactivated"]
    db.execute(
        "INSERT INTO sign_ins (account_id, person_id, at, succeeded) VALUES (?, ?, ?, ?)",
        (account_id, user["person_id"], moment, succeeded),
    )
    return succeeded


def set_super_admin(db: sqlite3.Connection, account_id: int, email: str, *, on: bool) -> None:
    """Make a user super admin, or no longer; a view-only seat cannot hold it."""
    user = get_user(db, account_id, email, by_email=True)
    if on and json.loads(user["seat_names"]) == ["View-only"]:
        raise invalid("A view-only seat can hold no super admin.", "SEAT_TOO_SMALL")
    db.execute(
        "UPDATE memberships SET super_admin = ? WHERE account_id = ? AND person_id = ?",
        (on, account_id, user["person_id"]),
    )


def set_deactivated(db: sqlite3.Connection, account_id: int, email: str, *, on: bool) -> None:
    """Deactivate a user or let them in again."""
    user = get_user(db, account_id, email, by_email=True)
    db.execute(
        "UPDATE memberships SET deactivated = ? WHERE account_id = ? AND person_id = ?",
        (on, account_id, user["person_id"]),
    )


def set_remaining(db: sqlite3.Connection, account_id: int, seat: str, remaining: int | None) -> None:
    """Buy or return seats until this many are left; None lets HubSpot say nothing about them."""
    with writing(db):
        held = {row["name"]: row["held"] for row, _ in seats_of(db, account_id, seat_lag=0)}
        if seat not in held:
            raise not_found("seat")
        total = None if remaining is None else held[seat] + max(0, remaining)
        db.execute("UPDATE seats SET total = ? WHERE account_id = ? AND name = ?", (total, account_id, seat))


def set_revoked(db: sqlite3.Connection, token: str, *, on: bool) -> None:
    """Let a token open nothing, or open its account again; it may never have been used before."""
    account_of(db, token)
    db.execute("UPDATE tokens SET revoked = ? WHERE value = ?", (on, token))


def set_all_revoked(db: sqlite3.Connection, account_id: int, *, on: bool) -> None:
    """Let all tokens of an account open nothing, or open it again."""
    row = db.execute("SELECT tier, number FROM accounts WHERE portal_id = ?", (account_id,)).fetchone()
    account_of(db, f"demo-{row['tier']}-{row['number']}")  # so that the usual token is there to be revoked
    db.execute("UPDATE tokens SET revoked = ? WHERE account_id = ?", (on, account_id))


def expire(db: sqlite3.Connection, token: str) -> None:
    """Let a token's life end now."""
    account_of(db, token)
    db.execute("UPDATE tokens SET expires_at = ? WHERE value = ?", (now_ms(), token))


def remove_scopes(db: sqlite3.Connection, token: str, scopes: Iterable[str]) -> None:
    """Take scopes away from a token."""
    account_of(db, token)
    with writing(db):
        row = db.execute("SELECT scopes FROM tokens WHERE value = ?", (token,)).fetchone()
        gone = set(scopes)
        kept = [scope for scope in json.loads(row["scopes"]) if scope not in gone]
        db.execute("UPDATE tokens SET scopes = ? WHERE value = ?", (json.dumps(kept), token))


def forget_everything(db: sqlite3.Connection) -> None:
    """Empty the emulator: accounts, people, tokens, faults, knobs and log."""
    with writing(db):
        for statement in (
            "DELETE FROM accounts",
            "DELETE FROM people",
            "DELETE FROM used_codes",
            "DELETE FROM faults",
            "DELETE FROM knobs",
            "DELETE FROM calls",
        ):
            db.execute(statement)
