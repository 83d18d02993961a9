"""Users, permission sets, teams and seats: /settings/users."""

import json
import sqlite3
from typing import cast

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from portal.demo.emulator import people
from portal.demo.emulator.gate import account, body, call, db, needs, require, token
from portal.demo.emulator.paging import page_after, page_limit, page_of
from portal.demo.emulator.people import Wanted
from portal.demo.emulator.problems import invalid
from portal.demo.emulator.settings import API_VERSION
from portal.demo.emulator.teams import teams_of

users_api = Blueprint("users_api", __name__, url_prefix=f"/settings/users/{API_VERSION}")
LONGEST_EMAIL = 254
READ = ("settings.users.read", "crm.objects.users.read")
WRITE = ("settings.users.write", "crm.objects.users.write")


@users_api.get("")
@needs(*READ)
def list_users() -> ResponseReturnValue:
    """Answer with a page of users."""
    limit = page_limit()
    (after,) = page_after(0)
    rows = people.page_of_users(
        db(), token().account_id, after=after, limit=limit + 1, list_lag=call().knobs.list_lag
    )
    shown = rows[:limit]
    more = (shown[-1]["person_id"],) if len(rows) > limit else None
    return jsonify(page_of([as_json(row) for row in shown], more))


@users_api.post("")
@needs(*WRITE)
def create_user() -> ResponseReturnValue:
    """Create a user with all that is asked for."""
    content = body()
    email = _email(content)
    if not isinstance(content.get("sendWelcomeEmail"), bool):
        raise invalid(
            "sendWelcomeEmail is required.", "MISSING_REQUIRED_FIELD", propertyName="sendWelcomeEmail"
        )
    wanted = _wanted(content)
    user = people.create_user(db(), token().account_id, email, wanted, seat_lag=call().knobs.seat_lag)
    place = url_for("hubspot.users_api.get_user", user_id=user["person_id"])
    return jsonify(as_json(user)), 201, {"Location": place}


@users_api.get("/<user_id>")
@needs(*READ)
def get_user(user_id: str) -> ResponseReturnValue:
    """Answer with one user, by id or address."""
    return jsonify(as_json(people.get_listed(db(), token().account_id, user_id, by_email=_by_email())))


@users_api.put("/<user_id>")
@needs(*WRITE)
def replace_user(user_id: str) -> ResponseReturnValue:
    """Replace what a user holds; what is left out is taken away."""
    user = people.get_listed(db(), token().account_id, user_id, by_email=_by_email())
    return jsonify(as_json(people.replace_user(db(), user, _wanted(body()), seat_lag=call().knobs.seat_lag)))


@users_api.delete("/<user_id>")
@needs(*WRITE)
def remove_user(user_id: str) -> ResponseReturnValue:
    """Remove a user, or say so again."""
    people.remove_user(db(), token().account_id, user_id, by_email=_by_email())
    return "", 204


@users_api.get("/roles")
@needs(*READ)
def list_roles() -> ResponseReturnValue:
    """Answer with the permission sets, which only Enterprise has."""
    if account()["tier"] != "enterprise":
        raise invalid("This account has no access to permission sets.", "ROLES_NOT_AVAILABLE")
    rows = db().execute("SELECT * FROM roles WHERE account_id = ? ORDER BY id", (token().account_id,))
    roles = [
        {"id": str(row["id"]), "name": row["name"], "requiresBillingWrite": row["seat"] is not None}
        for row in rows
    ]
    return jsonify(results=roles)


@users_api.get("/teams")
@needs("settings.users.teams.read")
def list_teams() -> ResponseReturnValue:
    """Answer with the teams and who is in them."""
    return jsonify(results=teams_of(db(), token().account_id))


@users_api.get("/seats")
@needs("settings.billing.write")
def list_seats() -> ResponseReturnValue:
    """Answer with the kinds of seat and what is left of each."""
    seats = people.seats_of(db(), token().account_id, seat_lag=call().knobs.seat_lag)
    return jsonify(
        results=[
            {"name": row["name"], "description": row["description"]}
            | ({} if left is None else {"remainingSeats": left})
            for row, left in seats
        ]
    )


def as_json(user: sqlite3.Row) -> dict[str, object]:
    """Return a user as HubSpot shows it: what is not set is left out."""
    shown = {
        "id": str(user["person_id"]),
        "email": user["email"],
        "firstName": user["first_name"] or None,
        "lastName": user["last_name"] or None,
        "roleId": None if user["role_id"] is None else str(user["role_id"]),
        "roleIds": [] if user["role_id"] is None else [str(user["role_id"])],
        "superAdmin": bool(user["super_admin"]),
        "primaryTeamId": None if user["primary_team_id"] is None else str(user["primary_team_id"]),
        "secondaryTeamIds": [str(team) for team in json.loads(user["secondary_team_ids"])],
        "seatNames": json.loads(user["seat_names"]),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _by_email() -> bool:
    kind = request.args.get("idProperty", "USER_ID")
    if kind not in {"USER_ID", "EMAIL"}:
        raise invalid("idProperty is USER_ID or EMAIL.", "INVALID_ID_PROPERTY")
    return kind == "EMAIL"


def _email(content: dict[str, object]) -> str:
    email = content.get("email")
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL or "@" not in email[1:-1]:
        raise invalid("Email address is not valid.", "INVALID_EMAIL", propertyName="email")
    return email.strip().lower()


def _wanted(content: dict[str, object]) -> Wanted:
    team = _text(content, "primaryTeamId")
    return Wanted(
        role=_role(_text(content, "roleId")),
        primary_team_id=_team_ids([team])[0] if team else None,
        secondary_team_ids=_team_ids(_texts(content, "secondaryTeamIds")),
        seat_names=_seat_names(_texts(content, "seatNames")),
        first_name=_text(content, "firstName"),
        last_name=_text(content, "lastName"),
    )


def _role(role_id: str) -> sqlite3.Row | None:
    if not role_id:
        return None
    query = "SELECT * FROM roles WHERE account_id = ? AND CAST(id AS TEXT) = ?"
    role = cast("sqlite3.Row | None", db().execute(query, (token().account_id, role_id)).fetchone())
    if role is None:
        raise invalid(f"Role {role_id} does not exist.", "INVALID_ROLE_ID", propertyName="roleId")
    if role["seat"] is not None:
        require("settings.billing.write")
    return role


def _team_ids(wanted: list[str]) -> tuple[int, ...]:
    known = {
        str(row["id"])
        for row in db().execute("SELECT id FROM teams WHERE account_id = ?", (token().account_id,))
    }
    for team_id in wanted:
        if team_id not in known:
            raise invalid(f"Team {team_id} does not exist.", "INVALID_TEAM_ID", propertyName="primaryTeamId")
    return tuple(int(team_id) for team_id in wanted)


def _seat_names(wanted: list[str]) -> tuple[str, ...]:
    rows = db().execute("SELECT name FROM seats WHERE account_id = ?", (token().account_id,))
    known = {row["name"] for row in rows}
    for name in wanted:
        if name not in known:
            raise invalid(f"Seat {name} does not exist.", "INVALID_SEAT_NAME", propertyName="seatNames")
    return tuple(dict.fromkeys(wanted))


def _text(content: dict[str, object], name: str) -> str:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} is text.", "INVALID_TYPE", propertyName=name)
    return value or ""


def _texts(content: dict[str, object], name: str) -> list[str]:
    values = content.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise invalid(f"{name} is a list of texts.", "INVALID_TYPE", propertyName=name)
    return values
