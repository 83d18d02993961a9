"""Creating teams and moving people between them: /settings/teams."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from portal.demo.emulator import people
from portal.demo.emulator.database import writing
from portal.demo.emulator.gate import body, db, needs, token
from portal.demo.emulator.problems import Problem, invalid
from portal.demo.emulator.settings import API_VERSION
from portal.demo.emulator.teams import get_team, join_team, leave_team, teams_of

teams_api = Blueprint("teams_api", __name__, url_prefix=f"/settings/teams/{API_VERSION}")


@teams_api.get("")
@needs("settings.users.teams.read")
def list_teams() -> ResponseReturnValue:
    """Answer with the teams and who is in them."""
    return jsonify(results=teams_of(db(), token().account_id))


@teams_api.post("")
@needs("settings.users.teams.write")
def create_team() -> ResponseReturnValue:
    """Create an empty team."""
    name = _name()
    with writing(db()):
        _refuse_taken(name)
        values = (token().account_id, name)
        team_id = db().execute("INSERT INTO teams (account_id, name) VALUES (?, ?)", values).lastrowid or 0
    return jsonify(get_team(db(), token().account_id, team_id)), 201


@teams_api.get("/<int:team_id>")
@needs("settings.users.teams.read")
def show_team(team_id: int) -> ResponseReturnValue:
    """Answer with one team."""
    return jsonify(get_team(db(), token().account_id, team_id))


@teams_api.put("/<int:team_id>")
@needs("settings.users.teams.write")
def rename_team(team_id: int) -> ResponseReturnValue:
    """Give a team another name."""
    name = _name()
    with writing(db()):
        if get_team(db(), token().account_id, team_id)["name"] != name:
            _refuse_taken(name)
        db().execute("UPDATE teams SET name = ? WHERE id = ?", (name, team_id))
    return jsonify(get_team(db(), token().account_id, team_id))


@teams_api.delete("/<int:team_id>")
@needs("settings.users.teams.write")
def remove_team(team_id: int) -> ResponseReturnValue:
    """Remove a team; its people stay in the account."""
    with writing(db()):
        team = get_team(db(), token().account_id, team_id)
        for user_id in _ids(team["userIds"]) + _ids(team["secondaryUserIds"]):
            leave_team(db(), people.get_user(db(), token().account_id, user_id, by_email=False), team_id)
        db().execute("DELETE FROM teams WHERE id = ?", (team_id,))
    return "", 204


@teams_api.get("/<int:team_id>/members")
@needs("settings.users.teams.read")
def list_members(team_id: int) -> ResponseReturnValue:
    """Answer with who is in a team."""
    team = get_team(db(), token().account_id, team_id)
    return jsonify(userIds=team["userIds"], secondaryUserIds=team["secondaryUserIds"])


@teams_api.put("/<int:team_id>/members/<user_id>")
@needs("settings.users.teams.write")
def add_member(team_id: int, user_id: str) -> ResponseReturnValue:
    """Put a user into a team; ``{"secondary": true}`` leaves their primary team alone."""
    secondary = body().get("secondary", False) is True
    with writing(db()):
        get_team(db(), token().account_id, team_id)
        user = people.get_user(db(), token().account_id, user_id, by_email=False)
        join_team(db(), user, team_id, secondary=secondary)
    return jsonify(get_team(db(), token().account_id, team_id))


@teams_api.delete("/<int:team_id>/members/<user_id>")
@needs("settings.users.teams.write")
def remove_member(team_id: int, user_id: str) -> ResponseReturnValue:
    """Take a user out of a team."""
    with writing(db()):
        get_team(db(), token().account_id, team_id)
        leave_team(db(), people.get_user(db(), token().account_id, user_id, by_email=False), team_id)
    return "", 204


def _name() -> str:
    name = body().get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("A team needs a name.", "MISSING_REQUIRED_FIELD", propertyName="name")
    return name.strip()


def _refuse_taken(name: str) -> None:
    if name in {team["name"] for team in teams_of(db(), token().account_id)}:
        raise Problem(409, "CONFLICT", "A team with this name exists already.", code="TEAM_ALREADY_EXISTS")


def _ids(value: object) -> list[str]:
    return list(value) if isinstance(value, list) else []
