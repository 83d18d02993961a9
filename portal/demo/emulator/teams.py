"""The teams of an account and who is in them."""

import json
import sqlite3
from collections import defaultdict

from portal.demo.emulator.problems import not_found


def teams_of(db: sqlite3.Connection, account_id: int) -> list[dict[str, object]]:
    """Return every team with the ids of its members, as HubSpot shows it."""
    primary: dict[int, list[str]] = defaultdict(list)
    secondary: dict[int, list[str]] = defaultdict(list)
    for row in db.execute(
        "SELECT person_id, primary_team_id, secondary_team_ids FROM memberships"
        " WHERE account_id = ? AND removed_at IS NULL AND NOT deactivated",
        (account_id,),
    ):
        primary[row["primary_team_id"]].append(str(row["person_id"]))
        for team_id in json.loads(row["secondary_team_ids"]):
            secondary[team_id].append(str(row["person_id"]))
    teams = db.execute("SELECT * FROM teams WHERE account_id = ? ORDER BY id", (account_id,))
    return [
        {
            "id": str(row["id"]),
            "name": row["name"],
            "userIds": primary[row["id"]],
            "secondaryUserIds": secondary[row["id"]],
        }
        | ({} if row["parent_id"] is None else {"parentTeamId": str(row["parent_id"])})
        for row in teams
    ]


def get_team(db: sqlite3.Connection, account_id: int, team_id: int) -> dict[str, object]:
    """Return one team, or raise a 404."""
    for team in teams_of(db, account_id):
        if team["id"] == str(team_id):
            return team
    raise not_found("team")


def join_team(db: sqlite3.Connection, user: sqlite3.Row, team_id: int, *, secondary: bool) -> None:
    """Put a user into a team, as their primary one or beside it."""
    leave_team(db, user, team_id)
    if not secondary:
        _set_primary(db, user, team_id)
    else:
        _set_secondary(db, user, [*_others(user, team_id), team_id])


def leave_team(db: sqlite3.Connection, user: sqlite3.Row, team_id: int) -> None:
    """Take a user out of a team; repeating it changes nothing."""
    if user["primary_team_id"] == team_id:
        _set_primary(db, user, None)
    _set_secondary(db, user, _others(user, team_id))


def _others(user: sqlite3.Row, team_id: int) -> list[int]:
    return [other for other in json.loads(user["secondary_team_ids"]) if other != team_id]


def _set_primary(db: sqlite3.Connection, user: sqlite3.Row, team_id: int | None) -> None:
    db.execute(
        "UPDATE memberships SET primary_team_id = ? WHERE account_id = ? AND person_id = ?",
        (team_id, user["account_id"], user["person_id"]),
    )


def _set_secondary(db: sqlite3.Connection, user: sqlite3.Row, team_ids: list[int]) -> None:
    db.execute(
        "UPDATE memberships SET secondary_team_ids = ? WHERE account_id = ? AND person_id = ?",
        (json.dumps(team_ids), user["account_id"], user["person_id"]),
    )
