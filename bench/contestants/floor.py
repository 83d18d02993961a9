"""The floor: the same pages by hand, with Flask, raw SQL and Jinja, and nothing between them.

It takes the portal's own session cookie, checks it, and looks the session and its member up in the
database with one statement, as any page behind a sign-in must. Then it reads the same rows with the
same columns, formats the same moments as words, and writes them into a plain table below a navigation
and the same search form. A change checks its token, and writes its entry of the trail, hash and all.
It leaves out what makes a portal: tenancy, rights, translation, components, fragments, headers.
"""

import hashlib
import hmac
import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from flask import Flask, abort, g, redirect, render_template, request, session
from psycopg.rows import namedtuple_row

app = Flask(__name__, template_folder="floor_templates")
app.secret_key = os.environ["PORTAL_SECRET_KEY"]
app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

URL = os.environ["PORTAL_DATABASE_URL"]
IS_SQLITE = URL.startswith("sqlite")
PAGE = 50
UNITS = ((365, "year"), (30, "month"), (7, "week"), (1, "day"))
WAITING = ("answered", "returned", "stopped")

SESSION = """SELECT m.id, m.name, m.agency_id, a.name AS agency, s.seen_at FROM member_sessions s
JOIN members m ON m.id = s.member_id JOIN agencies a ON a.id = m.agency_id
WHERE s.token_hash = ? AND s.ended_at IS NULL AND m.ended_at IS NULL"""
ACCOUNT_COLUMNS = """a.id, a.slug, a.name, a.colour, a.crm, a.health, a.users_count, a.seats_used, a.seats_free,
a.waiting_for_client, a.waiting_for_us, a.last_read_at, a.sort_name, m.name AS consultant"""
ACCOUNTS = f"""SELECT {ACCOUNT_COLUMNS} FROM accounts a LEFT JOIN members m ON m.id = a.consultant_id
WHERE a.agency_id = ? AND a.archived_at IS NULL %s ORDER BY a.sort_name, a.id LIMIT 51"""
NAMED = {
    True: "AND a.id IN (SELECT rowid FROM account_search WHERE account_search MATCH ?)",
    False: "AND a.sort_name LIKE ?",
}
TAGS = "SELECT account_id, name FROM account_tags WHERE agency_id = ? AND account_id IN (%s)"
TAG_NAMES = """WITH RECURSIVE t(name) AS (SELECT min(name) FROM account_tags WHERE agency_id = ? UNION ALL
SELECT (SELECT min(name) FROM account_tags WHERE agency_id = ? AND name > t.name) FROM t WHERE name IS NOT NULL)
SELECT name FROM t WHERE name IS NOT NULL"""
USER_COLUMNS = """u.id, u.email, u.first_name, u.last_name, u.seats, u.permission_set_id, u.primary_team_id,
u.secondary_team_ids, u.super_admin, u.active, u.last_sign_in_at, u.gone_at"""
USERS = f"""SELECT {USER_COLUMNS} FROM users u WHERE u.agency_id = ? AND u.account_id = ? AND u.gone_at IS NULL
ORDER BY u.sort_name, u.id LIMIT 51"""
OF_ACCOUNT = "SELECT %s WHERE agency_id = ? AND account_id = ?"
FOUND = {
    True: """SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id
        WHERE u.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ? LIMIT 1001)
        AND u.agency_id = ? AND u.gone_at IS NULL AND a.archived_at IS NULL LIMIT 1001""",
    False: """SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id
        WHERE (u.sort_name LIKE ? OR u.email LIKE ?)
        AND u.agency_id = ? AND u.gone_at IS NULL AND a.archived_at IS NULL LIMIT 1001""",
}
EVERYWHERE = f"""SELECT {USER_COLUMNS}, a.slug, a.name AS account, a.colour, a.sees_sign_ins FROM users u
JOIN accounts a ON a.id = u.account_id WHERE u.id IN (%s) ORDER BY u.sort_name, u.id LIMIT 51"""
REQUESTS = """SELECT r.number, r.state, r.reason, r.changed_at, r.sent_at, a.slug, a.name AS account, a.colour,
c.name AS contact, m.name AS consultant,
(SELECT first_name || ' ' || last_name FROM request_people p
 WHERE p.agency_id = r.agency_id AND p.request_id = r.id ORDER BY place LIMIT 1) AS person,
(SELECT count(*) FROM request_people p WHERE p.agency_id = r.agency_id AND p.request_id = r.id) AS people
FROM access_requests r JOIN accounts a ON a.id = r.account_id JOIN contacts c ON c.id = r.contact_id
JOIN members m ON m.id = r.started_by_id
WHERE r.agency_id = ? AND r.state IN (%s) AND a.archived_at IS NULL ORDER BY r.changed_at LIMIT 6"""
COUNTED = "SELECT count(*) AS n FROM access_requests WHERE agency_id = ? AND state IN (%s)"
TOTALS = """SELECT count(*) AS accounts, sum(users_count) AS users, sum(seats_free) AS seats_free,
sum(never_signed_in) AS never_signed_in FROM accounts WHERE agency_id = ? AND archived_at IS NULL"""
TOP = """SELECT slug, name, colour, seats_free, seats_used, never_signed_in, users_count, health, last_read_at
FROM accounts WHERE agency_id = ? AND archived_at IS NULL AND %s LIMIT 6"""
TOPS = {
    "free": "seats_free > 0 ORDER BY seats_free DESC",
    "absent": "never_signed_in > 0 ORDER BY never_signed_in DESC",
    "broken": "health IN ('broken', 'stale') ORDER BY sort_name",
}
WEEKS = """SELECT sent_at, closed_at FROM access_requests
WHERE agency_id = ? AND (sent_at >= ? OR closed_at >= ?)"""


def connection() -> Any:
    """Return this request's connection; one is kept for each process."""
    kept = app.extensions.get("connection")
    if kept is None:
        kept = app.extensions["connection"] = _connect()
    return kept


def _connect() -> Any:
    if not IS_SQLITE:
        url = URL.replace("+psycopg", "")
        return psycopg.connect(url, row_factory=namedtuple_row, prepare_threshold=None)
    opened = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    opened.row_factory = sqlite3.Row
    opened.execute("PRAGMA journal_mode = WAL")
    opened.execute("PRAGMA synchronous = NORMAL")
    opened.execute("PRAGMA busy_timeout = 10000")
    return opened


def rows(statement: str, *values: Any) -> Any:
    """Return all rows of a statement."""
    return connection().execute(statement if IS_SQLITE else _for_psycopg(statement), values).fetchall()


def _for_psycopg(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


def among(statement: str, values: Any) -> str:
    """Return a statement with a place for each value."""
    return statement % ", ".join("?" for _ in values)


def ago(moment: Any) -> str:
    """Return "3 days ago"."""
    if moment is None:
        return "never"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    passed = datetime.now(UTC) - moment
    for days, unit in UNITS:
        if passed >= timedelta(days=days):
            count = passed // timedelta(days=days)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return f"{passed // timedelta(minutes=1)} minutes ago"


app.jinja_env.globals.update(ago=ago)
app.jinja_env.filters["listed"] = lambda value: ", ".join(
    json.loads(value) if isinstance(value, str) else value
)


@app.before_request
def sign_in() -> None:
    """Find out who asks."""
    if IS_SQLITE:
        connection().execute("BEGIN DEFERRED" if request.method == "GET" else "BEGIN IMMEDIATE")
    found = rows(SESSION, hashlib.sha256(session.get("_user_id", "").encode()).hexdigest())
    if not found:
        abort(403)
    g.member = found[0]
    g.agency = g.member["agency_id"] if IS_SQLITE else g.member.agency_id


@app.after_request
def commit(response: Any) -> Any:
    """End the transaction."""
    connection().commit()
    return response


@app.get("/accounts")
def accounts() -> str:
    """List accounts: a page after a key, by part of a name, by health."""
    given = request.args
    condition, values = "", []
    if given.get("after"):
        sort_name, _comma, last = given["after"].rpartition(",")
        condition, values = "AND (a.sort_name, a.id) > (?, ?)", [sort_name, int(last)]
    if given.get("q"):
        condition = NAMED[IS_SQLITE]
        values = [f'"{given["q"]}"' if IS_SQLITE else f"%{given['q']}%"]
    if given.get("health"):
        condition, values = "AND a.health = ?", [given["health"]]
    page = rows(ACCOUNTS % condition, g.agency, *values)[:PAGE]
    ids = [row[0] for row in page]
    tags: dict[int, list[str]] = {}
    for account_id, name in rows(among(TAGS, ids), g.agency, *ids):
        tags.setdefault(account_id, []).append(name)
    names = [row[0] for row in rows(TAG_NAMES, g.agency, g.agency)]
    return render_template("accounts.html", page=page, tags=tags, names=names)


@app.get("/accounts/<slug>/users")
def users(slug: str) -> str:
    """List the users of an account, with its seats, teams and permission sets."""
    (account,) = rows("SELECT * FROM accounts WHERE agency_id = ? AND slug = ?", g.agency, slug)
    mine = (g.agency, account["id"] if IS_SQLITE else account.id)
    return render_template(
        "users.html",
        account=account,
        page=rows(USERS, *mine)[:PAGE],
        seats=rows(OF_ACCOUNT % "name, used, remaining FROM seats", *mine),
        teams=dict(rows(OF_ACCOUNT % "external_id, name FROM teams", *mine)),
        sets=dict(rows(OF_ACCOUNT % "external_id, name FROM permission_sets", *mine)),
        connection=rows(OF_ACCOUNT % "state, failures FROM connections", *mine),
        reading=rows(
            OF_ACCOUNT % "state, stage, users_read FROM mirror_reads" + " ORDER BY id DESC LIMIT 1", *mine
        ),
    )


@app.get("/users")
def everywhere() -> str:
    """Search all users by part of a name or address."""
    text = request.args["text"]
    given = (f'"{text}"',) if IS_SQLITE else (f"%{text}%", f"%{text}%")
    ids = [row[0] for row in rows(FOUND[IS_SQLITE], *given, g.agency)]
    page = rows(among(EVERYWHERE, ids), *ids)[:PAGE] if ids else []
    return render_template("everywhere.html", page=page, count=len(ids), text=text)


@app.get("/")
def home() -> str:
    """Show what waits, and what is worth knowing."""
    since = datetime.now(UTC).replace(tzinfo=None) - timedelta(weeks=8)
    lists = {
        title: (
            rows(among(REQUESTS, states), g.agency, *states),
            rows(among(COUNTED, states), g.agency, *states),
        )
        for title, states in (
            ("Waiting for you", WAITING),
            ("Waiting for clients", ("waiting",)),
            ("Waiting for the first sign-in", ("onboarding",)),
        )
    }
    return render_template(
        "home.html",
        lists=lists,
        totals=rows(TOTALS, g.agency)[0],
        tops={name: rows(TOP % how, g.agency) for name, how in TOPS.items()},
        weeks=rows(WEEKS, g.agency, str(since), str(since)),
        beat=rows("SELECT max(at) FROM worker_beats"),
        mails=rows("SELECT id FROM outbox WHERE agency_id = ? AND state = 'in_doubt' LIMIT 6", g.agency),
    )


@app.get("/accounts/<slug>/contacts/<int:contact_id>")
def contact(slug: str, contact_id: int) -> str:
    """Show a contact to be changed."""
    (row,) = rows("SELECT * FROM contacts WHERE agency_id = ? AND id = ?", g.agency, contact_id)
    return render_template("contact.html", row=row, slug=slug, token=_token())


@app.post("/accounts/<slug>/contacts/<int:contact_id>")
def change_contact(slug: str, contact_id: int) -> Any:
    """Change a contact, and write the trail."""
    given = request.form
    if not hmac.compare_digest(given["csrf_token"], _token()):
        abort(400)
    (account,) = rows("SELECT id, name FROM accounts WHERE agency_id = ? AND slug = ?", g.agency, slug)
    rows_changed = "UPDATE contacts SET name = ?, email = ?, language = ? WHERE agency_id = ? AND id = ?"
    _write(rows_changed, given["name"], given["email"], given["language"], g.agency, contact_id)
    lock = "" if IS_SQLITE else " FOR UPDATE"
    ((sequence, before),) = rows(
        f"SELECT sequence, hash FROM audit_heads WHERE agency_id = ?{lock}", g.agency
    )
    entry = [
        g.agency, sequence + 1, str(datetime.now(UTC).replace(tzinfo=None)), "member", g.member[0], g.member[1],
        "contact.changed", "contacts", contact_id, given["name"], account[0], account[1],
        json.dumps({"name": given["name"]}), before,
    ]  # fmt: skip
    sealed = hashlib.sha256(json.dumps(entry).encode()).hexdigest()
    _write(
        "INSERT INTO audit_entries (agency_id, sequence, at, actor_kind, actor_id, actor_name, action,"
        " subject_kind, subject_id, subject_name, account_id, account_name, details, previous_hash, hash)"
        f" VALUES ({', '.join('?' * 15)})",
        *entry,
        sealed,
    )
    _write(
        "UPDATE audit_heads SET sequence = ?, hash = ? WHERE agency_id = ?", sequence + 1, sealed, g.agency
    )
    return redirect(f"/accounts/{slug}/contacts", 303)


def _write(statement: str, *values: Any) -> None:
    connection().execute(statement if IS_SQLITE else _for_psycopg(statement), values)


def _token() -> str:
    return hmac.digest(app.secret_key.encode(), session["_user_id"].encode(), "sha256").hex()
