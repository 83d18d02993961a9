"""Users as CRM records, and owners of records: /crm."""

import sqlite3
from typing import cast

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator.account_api import moment
from portal.demo.emulator.gate import account, body, db, needs, token
from portal.demo.emulator.paging import page_after, page_limit, page_of
from portal.demo.emulator.problems import invalid
from portal.demo.emulator.settings import API_VERSION

crm_api = Blueprint("crm_api", __name__, url_prefix="/crm")
LARGEST_SEARCH_PAGE = 200
SEARCH_WINDOW = 10_000
PROPERTIES = ("hs_deactivated", "hs_internal_user_id", "hs_email")
Filter = tuple[str, str, list[str]]


@crm_api.post(f"/objects/{API_VERSION}/users/search")
@needs("crm.objects.users.read", searching=True)
def search_users() -> ResponseReturnValue:
    """Answer with the user records that one of the filter groups describes."""
    wanted = body()
    limit, start = _number(wanted, "limit", 10), _number(wanted, "after", 0)
    if not 1 <= limit <= LARGEST_SEARCH_PAGE or start + limit > SEARCH_WINDOW:
        raise invalid("Searches return 200 records a page and 10,000 in all.", "INVALID_LIMIT")
    groups = [_filters(group) for group in _list(wanted, "filterGroups")]
    rows = db().execute(
        "SELECT * FROM users WHERE account_id = ? AND removed_at IS NULL ORDER BY person_id",
        (token().account_id,),
    )
    records = [_without_a_user(account()), *map(_record, rows)]
    found = [record for record in records if _matches(record, groups)]
    page: dict[str, object] = {"total": len(found), "results": found[start : start + limit]}
    if start + limit < len(found):
        page["paging"] = {"next": {"after": str(start + limit)}}
    return jsonify(page)


@crm_api.get(f"/owners/{API_VERSION}")
@needs("crm.objects.owners.read")
def list_owners() -> ResponseReturnValue:
    """Answer with a page of owners; ``archived=true`` shows who was removed or deactivated."""
    limit = page_limit(500)
    (after,) = page_after(0)
    archived = request.args.get("archived", "false") == "true"
    email = request.args.get("email", "").lower()
    rows = (
        db()
        .execute(
            "SELECT u.*, t.name AS team FROM users u LEFT JOIN teams t ON t.id = u.primary_team_id"
            " WHERE u.account_id = ? AND u.person_id > ?"
            " AND (u.removed_at IS NOT NULL OR u.deactivated) = ? AND ? IN ('', u.email)"
            " ORDER BY u.person_id LIMIT ?",
            (token().account_id, after, archived, email, limit + 1),
        )
        .fetchall()
    )
    shown = rows[:limit]
    more = (shown[-1]["person_id"],) if len(rows) > limit else None
    return jsonify(page_of([_owner(row) for row in shown], more))


def _record(user: sqlite3.Row) -> dict[str, object]:
    object_id = str(
        2 * user["person_id"] + user["account_id"]
    )  # not the user id, and different in every account
    at = moment(user["created_at"])
    return {
        "id": object_id,
        "properties": {
            "hs_object_id": object_id,
            "hs_internal_user_id": str(user["person_id"]),
            "hs_email": user["email"],
            "hs_given_name": user["first_name"],
            "hs_family_name": user["last_name"],
            "hs_deactivated": "true" if user["deactivated"] else "false",
            "hs_createdate": at,
            "hs_lastmodifieddate": at,
        },
        "createdAt": at,
        "updatedAt": at,
        "archived": False,
    }


def _without_a_user(account: sqlite3.Row) -> dict[str, object]:
    """Return the odd record that every account has: deactivated, and of no user."""
    at = moment(account["created_at"])
    properties: dict[str, object] = {
        "hs_object_id": "1",
        "hs_internal_user_id": None,
        "hs_email": "left.long.ago@client.example",
        "hs_given_name": None,
        "hs_family_name": None,
        "hs_deactivated": "true",
        "hs_createdate": at,
        "hs_lastmodifieddate": at,
    }
    times = {"createdAt": at, "updatedAt": at, "archived": False}
    return {"id": "1", "properties": properties, **times}


def _owner(user: sqlite3.Row) -> dict[str, object]:
    """Return an owner; who is no user any more has no user id, and the deactivated lose their name."""
    team = {"id": str(user["primary_team_id"]), "name": user["team"], "primary": True}
    archived = user["removed_at"] is not None or bool(user["deactivated"])
    return {
        "id": str(user["person_id"] + user["account_id"]),  # not the user id, and different in every account
        "email": user["email"],
        "type": "PERSON",
        "firstName": "" if user["deactivated"] else user["first_name"],
        "lastName": "" if user["deactivated"] else user["last_name"],
        "userId": None if archived else user["person_id"],
        "userIdIncludingInactive": user["person_id"],
        "createdAt": moment(user["created_at"]),
        "updatedAt": moment(user["created_at"]),
        "archived": archived,
        "teams": [team] if user["team"] else [],
    }


def _filters(group: object) -> list[Filter]:
    filters = _list(group, "filters") if isinstance(group, dict) else []
    return [_filter(one) for one in filters]


def _filter(one: object) -> Filter:
    if not isinstance(one, dict) or one.get("propertyName") not in PROPERTIES:
        raise invalid("Filter by " + ", ".join(PROPERTIES) + ".", "INVALID_FILTER")
    operator = one.get("operator")
    values = {"EQ": [one.get("value")], "NEQ": [one.get("value")], "IN": one.get("values")}.get(str(operator))
    if not isinstance(values, list):
        raise invalid("Filter with EQ, NEQ or IN.", "INVALID_FILTER")
    return str(one["propertyName"]), str(operator), [str(value).lower() for value in values]


def _matches(record: dict[str, object], groups: list[list[Filter]]) -> bool:
    properties = cast("dict[str, str | None]", record["properties"])
    return not groups or any(
        all((properties[name] in values) != (operator == "NEQ") for name, operator, values in group)
        for group in groups
    )


def _list(content: dict[str, object], name: str) -> list[object]:
    value = content.get(name, [])
    if not isinstance(value, list):
        raise invalid(f"{name} is a list.", "INVALID_TYPE", propertyName=name)
    return value


def _number(content: dict[str, object], name: str, usual: int) -> int:
    text = str(content.get(name, usual))
    if not (text.isascii() and text.isdigit()):
        raise invalid(f"{name} is a number.", "INVALID_TYPE", propertyName=name)
    return int(text)
