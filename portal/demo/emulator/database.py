"""The emulator's own SQLite file: its tables, connections and transactions. Times are milliseconds, UTC."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  portal_id INTEGER PRIMARY KEY, tier TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
  time_zone TEXT NOT NULL, currency TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (tier, number));
CREATE TABLE IF NOT EXISTS people (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, first_name TEXT NOT NULL, last_name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS roles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  name TEXT NOT NULL, seat TEXT);
CREATE INDEX IF NOT EXISTS roles_by_account ON roles (account_id);
CREATE TABLE IF NOT EXISTS teams (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  name TEXT NOT NULL, parent_id INTEGER);
CREATE INDEX IF NOT EXISTS teams_by_account ON teams (account_id);
CREATE TABLE IF NOT EXISTS seats (
  account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE, name TEXT NOT NULL,
  description TEXT NOT NULL, paid INTEGER NOT NULL, total INTEGER, PRIMARY KEY (account_id, name));
CREATE TABLE IF NOT EXISTS memberships (
  account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  person_id INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
  role_id INTEGER, primary_team_id INTEGER, secondary_team_ids TEXT NOT NULL DEFAULT '[]',
  seat_names TEXT NOT NULL DEFAULT '[]', super_admin INTEGER NOT NULL DEFAULT 0,
  deactivated INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, removed_at INTEGER,
  PRIMARY KEY (account_id, person_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sign_ins (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  person_id INTEGER NOT NULL REFERENCES people ON DELETE CASCADE, at INTEGER NOT NULL,
  succeeded INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS sign_ins_by_account ON sign_ins (account_id, at, id);
CREATE INDEX IF NOT EXISTS sign_ins_by_person ON sign_ins (person_id, account_id, at);
CREATE TABLE IF NOT EXISTS tokens (
  value TEXT PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  use TEXT NOT NULL, scopes TEXT NOT NULL, expires_at INTEGER, revoked INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS tokens_by_account ON tokens (account_id);
CREATE TABLE IF NOT EXISTS used_codes (value TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER REFERENCES accounts ON DELETE CASCADE,
  method TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, status INTEGER NOT NULL,
  category TEXT NOT NULL, code TEXT NOT NULL, retry_after INTEGER NOT NULL, remaining INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS knobs (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  query TEXT NOT NULL, account_id INTEGER, body TEXT, status INTEGER);
CREATE VIEW IF NOT EXISTS users AS
  SELECT m.*, p.email, p.first_name, p.last_name FROM memberships m JOIN people p ON p.id = m.person_id;
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'roles', 4810000 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'roles');
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'teams', 17230000 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'teams');
"""
WAIT_FOR_LOCK_SECONDS = 30


def prepare(path: Path) -> None:
    """Create the file and its tables where they are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection that commits each statement by itself outside of ``writing``."""
    db = sqlite3.connect(path, timeout=WAIT_FOR_LOCK_SECONDS, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA foreign_keys = ON")
    return db


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Lend a connection and close it."""
    db = connect(path)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Hold the only writer's place from the first read to the commit; undo everything on an error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def now_ms() -> int:
    """Return the present moment in milliseconds."""
    return time.time_ns() // 1_000_000
