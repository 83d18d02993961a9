"""Creating teams and moving people between them: /settings/teams."""

import sqlite3

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue

from portal.demo.emulator import people
from portal.demo.emulator.account_api import moment
from portal.demo.emulator.database import now_ms, writing
from portal.demo.emulator.gate import account, body, db, needs, token
from portal.demo.emulator.paging import page_after, page_limit, page_of
from portal.demo.emulator.problems import Problem, invalid
from portal.demo.emulator.settings import API_VERSION
from portal.demo.emulator.teams import get_team, join_team, leave_team, teams_of

teams_api = Blueprint("teams_api", __name__, url_prefix=f"/settings/teams/{API_VERSION}")
READ = "settings.users.teams.read"
WRITE = "settings.users.teams.write"
PRIMARY, FURTHER = "DEFAULT", "EXTRA"
MOST_AT_ONCE = 100


@teams_api.get("")
@needs(READ)
def list_teams() -> ResponseReturnValue:
    """Answer with a page of teams, without their members."""
    return _page([_shown(team) for team in teams_of(db(), token().account_id)])


@teams_api.post("")
@needs(WRITE)
def create_team() -> ResponseReturnValue:
    """Create a team with its first members."""
    if account()["tier"] == "free":
        raise Problem(403, "FORBIDDEN", "This account has no access to teams.")
    name, members, parent = _name(), body().get("members"), body().get("parentTeamId")
    if not isinstance(members, list):
        raise invalid("members is a list.", "MISSING_REQUIRED_FIELD", propertyName="members")
    with writing(db()):
        _refuse_taken(name)
        values = (token().account_id, name, None if parent is None else _parent(parent))
        query = "INSERT INTO teams (account_id, name, parent_id) VALUES (?, ?, ?)"
        team_id = db().execute(query, values).lastrowid or 0
        for member in members:
            _add(team_id, member)
    place = url_for("hubspot.teams_api.show_team", team_id=team_id)
    return jsonify(_shown(_team(team_id))), 201, {"Location": place}


@teams_api.get("/<int:team_id>")
@needs(READ)
def show_team(team_id: int) -> ResponseReturnValue:
    """Answer with one team."""
    return jsonify(_shown(_team(team_id)))


@teams_api.patch("/<int:team_id>")
@needs(WRITE)
def change_team(team_id: int) -> ResponseReturnValue:
    """Give a team another name or another team above it."""
    with writing(db()):
        team = _team(team_id)
        if "name" in body() and team["name"] != _name():
            _refuse_taken(_name())
            db().execute("UPDATE teams SET name = ? WHERE id = ?", (_name(), team_id))
        if body().get("parentTeamId") is not None:
            parent = _parent(body()["parentTeamId"])
            db().execute("UPDATE teams SET parent_id = ? WHERE id = ?", (parent, team_id))
    return jsonify(_shown(_team(team_id)))


@teams_api.delete("/<int:team_id>")
@needs(WRITE)
def remove_team(team_id: int) -> ResponseReturnValue:
    """Remove a team; its people stay in the account."""
    with writing(db()):
        for member in _members(team_id):
            leave_team(db(), _user(member["userId"]), team_id)
        db().execute("DELETE FROM teams WHERE id = ?", (team_id,))
    return "", 204


@teams_api.get("/<int:team_id>/members")
@needs(READ)
def list_members(team_id: int) -> ResponseReturnValue:
    """Answer with a page of who is in a team, and how."""
    return _page(_members(team_id))


@teams_api.post("/<int:team_id>/members")
@needs(WRITE)
def add_member(team_id: int) -> ResponseReturnValue:
    """Put a user into a team, as their primary one or as a further one."""
    with writing(db()):
        _team(team_id)
        added = _add(team_id, body())
    return jsonify(added), 201, {"Location": url_for("hubspot.teams_api.list_members", team_id=team_id)}


@teams_api.post("/<int:team_id>/members/batch")
@needs(WRITE)
def add_members(team_id: int) -> ResponseReturnValue:
    """Put several users into a team, all or none."""
    inputs, started = body().get("inputs"), moment(now_ms())
    if not isinstance(inputs, list) or len(inputs) > MOST_AT_ONCE:
        raise invalid("inputs is a list of up to 100.", "INVALID_TYPE", propertyName="inputs")
    with writing(db()):
        _team(team_id)
        added = [_add(team_id, member) for member in inputs]
    times = {"startedAt": started, "completedAt": moment(now_ms())}
    return jsonify({"status": "COMPLETE", "results": added} | times), 201


@teams_api.delete("/<int:team_id>/members/<user_id>")
@needs(WRITE)
def remove_member(team_id: int, user_id: str) -> ResponseReturnValue:
    """Take a user out of a team; repeating it changes nothing."""
    with writing(db()):
        _team(team_id)
        leave_team(db(), _user(user_id), team_id)
    return "", 204


def _team(team_id: int) -> dict[str, object]:
    return get_team(db(), token().account_id, team_id)


def _shown(team: dict[str, object]) -> dict[str, object]:
    return {name: team[name] for name in ("id", "name", "parentTeamId") if name in team}


def _members(team_id: int) -> list[dict[str, object]]:
    kinds = {"userIds": PRIMARY, "secondaryUserIds": FURTHER}
    team = _team(team_id)
    return [{"userId": user_id, "type": kind} for name, kind in kinds.items() for user_id in _ids(team[name])]


def _add(team_id: int, wanted: object) -> dict[str, object]:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if not isinstance(wanted, dict) or kind not in {PRIMARY, FURTHER}:
        raise invalid("A member has a userId, and DEFAULT or EXTRA as type.", "INVALID_TYPE")
    user = _user(wanted.get("userId"))
    join_team(db(), user, team_id, secondary=kind == FURTHER)
    return {"userId": str(user["person_id"]), "type": kind}


def _user(user_id: object) -> sqlite3.Row:
    return people.get_listed(db(), token().account_id, str(user_id), by_email=False)


def _name() -> str:
    name = body().get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("A team needs a name.", "MISSING_REQUIRED_FIELD", propertyName="name")
    return name.strip()


def _parent(team_id: object) -> int:
    text = str(team_id)
    return int(str(_team(int(text) if text.isascii() and text.isdigit() else 0)["id"]))


def _refuse_taken(name: str) -> None:
    if name in {team["name"] for team in teams_of(db(), token().account_id)}:
        raise Problem(409, "CONFLICT", "A team with this name exists already.", code="TEAM_ALREADY_EXISTS")


def _page(rows: list[dict[str, object]]) -> ResponseReturnValue:
    limit, (start,) = page_limit(), page_after(0)
    more = (start + limit,) if start + limit < len(rows) else None
    return jsonify(page_of(rows[start : start + limit], more))


def _ids(value: object) -> list[str]:
    return list(value) if isinstance(value, list) else []
