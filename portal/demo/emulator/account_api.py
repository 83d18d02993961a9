"""Who the account is and who signed in to it: /account-info."""

import sqlite3
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator.gate import account, db, needs, token
from portal.demo.emulator.paging import page_after, page_limit, page_of
from portal.demo.emulator.problems import invalid
from portal.demo.emulator.settings import API_VERSION

account_api = Blueprint("account_api", __name__, url_prefix=f"/account-info/{API_VERSION}")


@account_api.get("/details")
@needs("oauth")
def details() -> ResponseReturnValue:
    """Answer with the account's own data; ``uiDomain`` is this server, so deep links lead to its pages."""
    row = account()
    here = datetime.now(ZoneInfo(row["time_zone"]))
    offset = here.utcoffset()
    return jsonify(
        portalId=row["portal_id"],
        portalName=row["name"],
        accountType="STANDARD",
        timeZone=row["time_zone"],
        utcOffset=here.isoformat()[-len("+00:00") :],
        utcOffsetMilliseconds=round(offset.total_seconds() * 1000) if offset else 0,
        companyCurrency=row["currency"],
        additionalCurrencies=[],
        uiDomain=request.host,
        dataHostingLocation="eu1",
        createdAt=row["created_at"],
    )


@account_api.get("/activity/login")
@needs("account-info.security.read")
def sign_ins() -> ResponseReturnValue:
    """Answer with a page of sign-ins, in no order to rely on, of everyone or of one user."""
    limit = page_limit()
    user_id = request.args.get("userId", "")
    if user_id and not (user_id.isascii() and user_id.isdigit()):
        raise invalid("userId is a number.", "INVALID_USER_ID")
    after = page_after(0, 0)
    odd = [] if user_id or request.args.get("after") else [_without_a_user(account())]
    rows = _page(after, user_id, limit + 1 - len(odd))
    shown = rows[: limit - len(odd)]
    last = (shown[-1]["place"], shown[-1]["id"]) if shown else after
    listed = odd + [_as_json(row) for row in shown]
    return jsonify(page_of(listed, last if len(rows) > len(shown) else None))


def moment(milliseconds: int) -> str:
    """Return a time as HubSpot writes it."""
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def _page(after: tuple[int, ...], user_id: str, limit: int) -> list[sqlite3.Row]:
    """Return sign-ins in an order that follows nothing, least of all their time."""
    return (
        db()
        .execute(
            "SELECT * FROM (SELECT s.*, p.email, (s.id * 7919) % 104729 AS place"
            " FROM sign_ins s JOIN people p ON p.id = s.person_id WHERE s.account_id = ?"
            " AND ? IN ('', CAST(s.person_id AS TEXT))) WHERE (place, id) > (?, ?)"
            " ORDER BY place, id LIMIT ?",
            (token().account_id, user_id, *after, limit),
        )
        .fetchall()
    )


def _without_a_user(row: sqlite3.Row) -> dict[str, object]:
    """Return the odd sign-in that every account has: nobody says whose it was."""
    person = {"id": "0", "loginAt": moment(row["created_at"]), "email": "support@hubspot.example"}
    return person | {"loginSucceeded": True} | _device(0)


def _as_json(row: sqlite3.Row) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "loginAt": moment(row["at"]),
        "userId": row["person_id"],
        "email": row["email"],
        "loginSucceeded": bool(row["succeeded"]),
    } | _device(row["person_id"])


def _device(person_id: int) -> dict[str, object]:
    return {
        "ipAddress": f"192.0.2.{person_id % 254 + 1}",
        "location": "Europe",
        "countryCode": "eu",
        "regionCode": "eu",
        "userAgent": "Mozilla/5.0",
    }
