"""The log of calls received, with secrets cut."""

import json
import sqlite3

from flask import Request

from portal.demo.emulator.database import now_ms

SECRETS = frozenset({"client_secret", "refresh_token", "access_token", "token", "tokenKey", "code"})
KEPT = 20_000
SWEEP_EVERY = 1_000


def log_call(db: sqlite3.Connection, request: Request, account_id: int | None) -> int:
    """Write down a call as it arrives and return its number."""
    values = (
        now_ms(),
        request.method,
        request.path,
        request.query_string.decode(),
        account_id,
        _body(request),
    )
    cursor = db.execute(
        "INSERT INTO calls (at, method, path, query, account_id, body) VALUES (?, ?, ?, ?, ?, ?)", values
    )
    number = cursor.lastrowid or 0
    if number % SWEEP_EVERY == 0:
        db.execute("DELETE FROM calls WHERE id <= ?", (number - KEPT,))
    return number


def log_answer(db: sqlite3.Connection, number: int, status: int | None) -> None:
    """Write down how a call was answered; None where the connection was closed instead."""
    db.execute("UPDATE calls SET status = ? WHERE id = ?", (status, number))


def read_calls(
    db: sqlite3.Connection, *, method: str, path: str, account_id: int | None, last: int
) -> list[dict[str, object]]:
    """Return the latest matching calls, oldest first; ``*`` as method is any, in a path anything."""
    rows = db.execute(
        "SELECT * FROM (SELECT id AS number, at, method, path, query, account_id AS portalId, body, status"
        " FROM calls WHERE ? IN ('*', method) AND path GLOB ? AND (? IS NULL OR account_id = ?)"
        " ORDER BY id DESC LIMIT ?) ORDER BY number",
        (method, path, account_id, account_id, last),
    )
    return [dict(row) | {"body": json.loads(row["body"]) if row["body"] else None} for row in rows]


def _body(request: Request) -> str | None:
    content = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not content:
        return None
    if isinstance(content, dict):
        content = {key: "(cut)" if key in SECRETS else value for key, value in content.items()}
    return json.dumps(content)
