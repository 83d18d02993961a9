"""Tokens: which account they open and what they may do there."""

import json
import re
import secrets
import sqlite3
from dataclasses import dataclass

from portal.demo.emulator.content import believable_account
from portal.demo.emulator.database import now_ms, writing
from portal.demo.emulator.problems import unauthorized
from portal.demo.emulator.store import write_account

SCOPES = (
    "oauth",
    "settings.users.read",
    "settings.users.write",
    "settings.users.teams.read",
    "settings.users.teams.write",
    "settings.billing.write",
    "account-info.security.read",
    "crm.objects.users.read",
    "crm.objects.owners.read",
)
BEARERS = frozenset({"static", "access"})  # what opens calls; codes and refresh tokens do not
DEMO_TOKEN = re.compile(
    r"demo-(free|starter|professional|enterprise)-(\d{1,5})((?:\.(?:with|without)-[a-z.-]+?)*)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """An opened token."""

    value: str
    account_id: int
    use: str
    scopes: tuple[str, ...]
    expires_at: int | None


def use_code(db: sqlite3.Connection, value: str) -> None:
    """Use up an authorisation code; raise a 401 where it was used before."""
    if db.execute("INSERT OR IGNORE INTO used_codes (value) VALUES (?)", (value,)).rowcount == 0:
        raise unauthorized()


def open_token(db: sqlite3.Connection, value: str) -> Token:
    """Return the token, creating a demo account on its first use; raise a 401 where it opens nothing."""
    row = _row(db, value) or _first_use(db, value)
    if row is None or row["revoked"]:
        raise unauthorized()
    if row["expires_at"] is not None and row["expires_at"] <= now_ms():
        raise unauthorized(expired=True)
    return Token(value, row["account_id"], row["use"], tuple(json.loads(row["scopes"])), row["expires_at"])


def issue(
    db: sqlite3.Connection, account_id: int, use: str, scopes: tuple[str, ...], life_ms: int | None
) -> str:
    """Store and return a new random token of an account; ``use`` is "access", "refresh" or "code"."""
    value = f"{use}-{secrets.token_urlsafe(24)}"
    expires_at = None if life_ms is None else now_ms() + life_ms
    _insert(db, value, account_id, use, scopes, expires_at)
    return value


def account_of(db: sqlite3.Connection, value: str) -> int:
    """Return the account a token belongs to, even when it is revoked or expired; raise a 401 for none."""
    row = _row(db, value) or _first_use(db, value)
    if row is None:
        raise unauthorized()
    return int(row["account_id"])


def _row(db: sqlite3.Connection, value: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM tokens WHERE value = ?", (value,)).fetchone()
    return row


def _first_use(db: sqlite3.Connection, value: str) -> sqlite3.Row | None:
    match = DEMO_TOKEN.fullmatch(value)
    if match is None:
        return None
    tier, number = match[1], int(match[2])
    with writing(db):
        if (row := _row(db, value)) is not None:
            return row  # another thread was first
        known = db.execute(
            "SELECT portal_id FROM accounts WHERE tier = ? AND number = ?", (tier, number)
        ).fetchone()
        account_id = known[0] if known else write_account(db, believable_account(tier, number))
        _insert(db, value, account_id, "static", _scopes(match[3]), None)
    return _row(db, value)


def _scopes(endings: str) -> tuple[str, ...]:
    """Return the usual scopes, with those taken away and added that the token's endings name."""
    named = re.findall(r"\.(with|without)-((?:(?!\.with(?:out)?-).)+)", endings)
    without = {scope for kind, scope in named if kind == "without"}
    added = [scope for kind, scope in named if kind == "with"]
    return tuple(scope for scope in dict.fromkeys((*SCOPES, *added)) if scope not in without)


def _insert(
    db: sqlite3.Connection,
    value: str,
    account_id: int,
    use: str,
    scopes: tuple[str, ...],
    expires_at: int | None,
) -> None:
    db.execute(
        "INSERT INTO tokens (value, account_id, use, scopes, expires_at) VALUES (?, ?, ?, ?, ?)",
        (value, account_id, use, json.dumps(scopes), expires_at),
    )
