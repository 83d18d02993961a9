"""The users of an account: reading, creating, replacing and removing them as HubSpot does."""

import json
import sqlite3
from dataclasses import dataclass
from typing import cast

from portal.demo.emulator.database import now_ms, writing
from portal.demo.emulator.problems import Problem, no_seat, not_found, not_on_any_hubs
from portal.demo.emulator.store import person_id

PARTNER = "Partner"
FREE_USERS = 2  # of a free account, beside the agency's own staff


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a create or replace asks for, already checked against the account."""

    role: sqlite3.Row | None = None
    primary_team_id: int | None = None
    secondary_team_ids: tuple[int, ...] = ()
    seat_names: tuple[str, ...] = ()
    first_name: str = ""
    last_name: str = ""


def page_of_users(
    db: sqlite3.Connection, account_id: int, *, after: int, limit: int, list_lag: float
) -> list[sqlite3.Row]:
    """Return users with ids above ``after``; lately removed ones linger for ``list_lag`` seconds.

    The deactivated are not among them, as in HubSpot.
    """
    return db.execute(
        "SELECT * FROM users WHERE account_id = ? AND person_id > ? AND NOT deactivated"
        " AND (removed_at IS NULL OR removed_at > ?) ORDER BY person_id LIMIT ?",
        (account_id, after, _ago(list_lag), limit),
    ).fetchall()


def get_listed(db: sqlite3.Connection, account_id: int, value: str, *, by_email: bool) -> sqlite3.Row:
    """Return the user as the API knows them, or raise a 404: it knows nothing of the deactivated."""
    found = get_user(db, account_id, value, by_email=by_email)
    if found["deactivated"]:
        raise not_found("user")
    return found


def find_user(db: sqlite3.Connection, account_id: int, value: str, *, by_email: bool) -> sqlite3.Row | None:
    """Return the user with this id or address, or None."""
    if by_email:
        query = "SELECT * FROM users WHERE account_id = ? AND email = ? AND removed_at IS NULL"
    else:
        query = "SELECT * FROM users WHERE account_id = ? AND person_id = ? AND removed_at IS NULL"
    key = value.lower() if by_email else _number(value)
    return cast("sqlite3.Row | None", db.execute(query, (account_id, key)).fetchone())


def get_user(db: sqlite3.Connection, account_id: int, value: str, *, by_email: bool) -> sqlite3.Row:
    """Return the user with this id or address, or raise a 404."""
    found = find_user(db, account_id, value, by_email=by_email)
    if found is None:
        raise not_found("user")
    return found


def create_user(
    db: sqlite3.Connection, account_id: int, email: str, wanted: Wanted, *, seat_lag: float
) -> sqlite3.Row:
    """Write a new user; the same address always gets the same id. Raise a 409 where it is there already."""
    with writing(db):
        if find_user(db, account_id, email, by_email=True):
            message = "A user with this email address already exists in this account."
            raise Problem(409, "CONFLICT", message, code="USER_ALREADY_EXISTS")
        seats = _seats_for_new(db, account_id, wanted, seat_lag)
        user_id = person_id(db, email, wanted.first_name, wanted.last_name)
        db.execute(
            "INSERT OR REPLACE INTO memberships (account_id, person_id, role_id, primary_team_id,"
            " secondary_team_ids, seat_names, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account_id, user_id, *_assignment(wanted, seats), now_ms()),
        )
    return get_user(db, account_id, str(user_id), by_email=False)


def replace_user(
    db: sqlite3.Connection, user: sqlite3.Row, wanted: Wanted, *, seat_lag: float
) -> sqlite3.Row:
    """Put what is wanted in place of what was, role included; raise a 400 before the first sign-in."""
    account_id, user_id = user["account_id"], user["person_id"]
    with writing(db):
        if not has_signed_in(db, user_id):
            raise not_on_any_hubs()
        seats = _claim_seats(db, account_id, wanted, json.loads(user["seat_names"]), seat_lag)
        person_id(db, user["email"], wanted.first_name, wanted.last_name)
        db.execute(
            "UPDATE memberships SET role_id = ?, primary_team_id = ?, secondary_team_ids = ?, seat_names = ?"
            " WHERE account_id = ? AND person_id = ?",
            (*_assignment(wanted, seats), account_id, user_id),
        )
    return get_user(db, account_id, str(user_id), by_email=False)


def remove_user(db: sqlite3.Connection, account_id: int, value: str, *, by_email: bool) -> None:
    """Remove a user; repeating it changes nothing."""
    user = find_user(db, account_id, value, by_email=by_email)
    if user is not None:
        db.execute(
            "UPDATE memberships SET removed_at = ? WHERE account_id = ? AND person_id = ?",
            (now_ms(), account_id, user["person_id"]),
        )


def has_signed_in(db: sqlite3.Connection, user_id: int) -> bool:
    """Whether this person ever signed in, to any account."""
    query = "SELECT EXISTS (SELECT 1 FROM sign_ins WHERE person_id = ? AND succeeded)"
    return bool(db.execute(query, (user_id,)).fetchone()[0])


def seats_of(
    db: sqlite3.Connection, account_id: int, *, seat_lag: float
) -> list[tuple[sqlite3.Row, int | None]]:
    """Return the kinds of seat and what is left of each; None where HubSpot stays silent."""
    rows = db.execute(
        "SELECT s.*, coalesce(h.held, 0) AS held FROM seats s LEFT JOIN ("
        " SELECT name.value AS name, count(*) AS held FROM memberships m, json_each(m.seat_names) name"
        " WHERE m.account_id = ? AND (m.removed_at IS NULL OR m.removed_at > ?) GROUP BY name.value"
        ") h ON h.name = s.name WHERE s.account_id = ? ORDER BY s.rowid",
        (account_id, _ago(seat_lag), account_id),
    )
    return [(row, None if row["total"] is None else max(0, row["total"] - row["held"])) for row in rows]


def _seats_for_new(db: sqlite3.Connection, account_id: int, wanted: Wanted, seat_lag: float) -> list[str]:
    """Return the seats of a new user: nobody is without one, and free accounts hold two users."""
    tier = db.execute("SELECT tier FROM accounts WHERE portal_id = ?", (account_id,)).fetchone()["tier"]
    if tier == "free" and PARTNER not in wanted.seat_names:
        held = "SELECT count(*) FROM memberships WHERE account_id = ? AND seat_names NOT LIKE ?"
        there = " AND (removed_at IS NULL OR removed_at > ?)"
        users = db.execute(held + there, (account_id, f'%"{PARTNER}"%', _ago(seat_lag))).fetchone()[0]
        if users >= FREE_USERS:
            raise no_seat()
    claimed = _claim_seats(db, account_id, wanted, (), seat_lag)
    return claimed or _seat_nobody_named(db, account_id, seat_lag)


def _seat_nobody_named(db: sqlite3.Connection, account_id: int, seat_lag: float) -> list[str]:
    """Return the seat that HubSpot gives by itself: a free one, else any that is left."""
    kinds = [kind for kind in seats_of(db, account_id, seat_lag=seat_lag) if kind[0]["name"] != PARTNER]
    left = sorted((row["paid"], place, row["name"]) for place, (row, left) in enumerate(kinds) if left != 0)
    if kinds and not left:
        raise no_seat()
    return [left[0][2]] if left else []


def _claim_seats(
    db: sqlite3.Connection, account_id: int, wanted: Wanted, holding: tuple[str, ...], seat_lag: float
) -> list[str]:
    seats = {row["name"]: (row, left) for row, left in seats_of(db, account_id, seat_lag=seat_lag)}
    names = list(wanted.seat_names)
    costs = wanted.role is not None and wanted.role["seat"] is not None
    if wanted.role is not None and costs and not any(seats[name][0]["paid"] for name in names):
        names.append(wanted.role["seat"])
    for name in names:
        if name not in holding and seats[name][1] == 0:
            raise no_seat()
    return names


def _assignment(wanted: Wanted, seats: list[str]) -> tuple[object, ...]:
    role_id = wanted.role["id"] if wanted.role else None
    return role_id, wanted.primary_team_id, json.dumps(wanted.secondary_team_ids), json.dumps(seats)


def _ago(seconds: float) -> int:
    return now_ms() - round(seconds * 1000)


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < len(str(2**63)) else -1
