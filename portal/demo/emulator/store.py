"""Writing whole accounts into the emulator's file, from one user to tens of thousands."""

import json
import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path

from portal.demo.emulator.database import now_ms, opened, prepare, writing
from portal.demo.emulator.seeds import SeedAccount, SeedRole, SeedUser

FIRST_PERSON_ID = 61_400_000


def seed_account(database: Path, account: SeedAccount) -> int:
    """Write the account into the file, in place of what it held, and return its portal id.

    Works beside a running emulator. Tokens of the account are forgotten: the next use opens the new content.
    """
    prepare(database)
    with opened(database) as db, writing(db):
        return write_account(db, account)


def write_account(db: sqlite3.Connection, account: SeedAccount) -> int:
    """Write the account inside the caller's transaction and return its portal id."""
    portal_id = account.portal_id
    db.execute("DELETE FROM accounts WHERE portal_id = ?", (portal_id,))
    db.execute(
        "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            portal_id,
            account.tier,
            account.number,
            account.name,
            account.time_zone,
            account.currency,
            _ms(account.created_at),
        ),
    )
    roles = {role.name: _new_role(db, portal_id, role) for role in account.roles}
    teams = {name: _new_team(db, portal_id, name) for name in account.teams}
    users = list(account.users)
    _write_memberships(db, portal_id, users, roles, teams)
    _write_sign_ins(db, portal_id, users)
    _write_seats(db, account, users)
    return portal_id


def person_id(db: sqlite3.Connection, email: str, first_name: str = "", last_name: str = "") -> int:
    """Return the global id of an address, new or known; names given here show in every account."""
    next_id = db.execute("SELECT coalesce(max(id) + 1, ?) FROM people", (FIRST_PERSON_ID,)).fetchone()[0]
    db.execute(
        "INSERT INTO people VALUES (?, ?, ?, ?) ON CONFLICT (email) DO UPDATE SET"
        " first_name = coalesce(nullif(excluded.first_name, ''), first_name),"
        " last_name = coalesce(nullif(excluded.last_name, ''), last_name)",
        (next_id, email.lower(), first_name, last_name),
    )
    row = db.execute("SELECT id FROM people WHERE email = ?", (email.lower(),)).fetchone()
    return int(row["id"])


def _new_role(db: sqlite3.Connection, portal_id: int, role: SeedRole) -> int:
    values = (portal_id, role.name, role.seat)
    return db.execute("INSERT INTO roles (account_id, name, seat) VALUES (?, ?, ?)", values).lastrowid or 0


def _new_team(db: sqlite3.Connection, portal_id: int, name: str) -> int:
    return db.execute("INSERT INTO teams (account_id, name) VALUES (?, ?)", (portal_id, name)).lastrowid or 0


def _write_memberships(
    db: sqlite3.Connection,
    portal_id: int,
    users: list[SeedUser],
    roles: dict[str, int],
    teams: dict[str, int],
) -> None:
    db.executemany(
        "INSERT INTO memberships (account_id, person_id, role_id, primary_team_id, secondary_team_ids,"
        " seat_names, super_admin, deactivated, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                portal_id,
                person_id(db, user.email, user.first_name, user.last_name),
                roles[user.role] if user.role else None,
                teams[user.primary_team] if user.primary_team else None,
                json.dumps([teams[name] for name in user.secondary_teams]),
                json.dumps(user.seats),
                user.super_admin,
                user.deactivated,
                _ms(user.created_at) if user.created_at else now_ms(),
            )
            for user in users
        ),
    )


def _write_sign_ins(db: sqlite3.Connection, portal_id: int, users: list[SeedUser]) -> None:
    db.executemany(
        "INSERT INTO sign_ins (account_id, person_id, at, succeeded)"
        " VALUES (?, (SELECT id FROM people WHERE email = ?), ?, 1)",
        ((portal_id, user.email.lower(), _ms(at)) for user in users for at in user.sign_ins),
    )


def _write_seats(db: sqlite3.Connection, account: SeedAccount, users: list[SeedUser]) -> None:
    held = Counter(name for user in users for name in user.seats)
    db.executemany(
        "INSERT INTO seats (account_id, name, description, paid, total) VALUES (?, ?, ?, ?, ?)",
        (
            (
                account.portal_id,
                seat.name,
                seat.description,
                seat.paid,
                None if seat.remaining is None else seat.remaining + held[seat.name],
            )
            for seat in account.seats
        ),
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
