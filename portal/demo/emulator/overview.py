"""What the pages show, read in one statement each."""

import sqlite3

from portal.demo.emulator.problems import not_found

PAGE = 50


def accounts(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Return all accounts with the number of their users and whether a live token opens them."""
    return db.execute(
        "SELECT a.*, 'demo-' || a.tier || '-' || a.number AS token,"
        " (SELECT count(*) FROM memberships m"
        " WHERE m.account_id = a.portal_id AND m.removed_at IS NULL) AS users,"
        " EXISTS (SELECT 1 FROM tokens t WHERE t.account_id = a.portal_id AND t.revoked) AS revoked"
        " FROM accounts a ORDER BY a.name, a.portal_id"
    ).fetchall()


def get_account(db: sqlite3.Connection, portal_id: int) -> sqlite3.Row:
    """Return one account as ``accounts`` does, or raise a 404."""
    for account in accounts(db):
        if account["portal_id"] == portal_id:
            return account
    raise not_found("account")


def users(db: sqlite3.Connection, portal_id: int, wanted: str, page: int) -> list[sqlite3.Row]:
    """Return a page of users whose name or address holds the text, and one more where there are more."""
    return db.execute(
        "SELECT u.*, r.name AS role, t.name AS team, (SELECT max(s.at) FROM sign_ins s"
        " WHERE s.person_id = u.person_id AND s.account_id = u.account_id AND s.succeeded) AS last_sign_in"
        " FROM users u LEFT JOIN roles r ON r.id = u.role_id LEFT JOIN teams t ON t.id = u.primary_team_id"
        " WHERE u.account_id = ? AND u.removed_at IS NULL"
        " AND instr(lower(u.first_name || ' ' || u.last_name || ' ' || u.email), ?)"
        " ORDER BY u.first_name, u.last_name, u.person_id LIMIT ? OFFSET ?",
        (portal_id, wanted.lower(), PAGE + 1, page * PAGE),
    ).fetchall()


def planned_faults(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Return the failures still to come, with the name of the account they are meant for."""
    return db.execute(
        "SELECT f.*, a.name AS account FROM faults f LEFT JOIN accounts a ON a.portal_id = f.account_id"
        " WHERE f.remaining > 0 ORDER BY f.id"
    ).fetchall()


def latest_calls(db: sqlite3.Connection, count: int) -> list[sqlite3.Row]:
    """Return the latest calls, newest first, with the name of their account."""
    return db.execute(
        "SELECT c.*, a.name AS account FROM calls c LEFT JOIN accounts a ON a.portal_id = c.account_id"
        " ORDER BY c.id DESC LIMIT ?",
        (count,),
    ).fetchall()
