"""Who the account is and who signed in to it: /account-info."""

import sqlite3
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator.gate import account, db, needs, token
from portal.demo.emulator.paging import LARGEST_MARK, page_after, page_limit, page_of
from portal.demo.emulator.problems import invalid
from portal.demo.emulator.settings import API_VERSION

account_api = Blueprint("account_api", __name__, url_prefix=f"/account-info/{API_VERSION}")


@account_api.get("/details")
@needs("oauth")
def details() -> ResponseReturnValue:
    """Answer with the account's own data; ``uiDomain`` is this server, so deep links lead to its pages."""
    row = account()
    offset = datetime.now(ZoneInfo(row["time_zone"])).utcoffset()
    return jsonify(
        portalId=row["portal_id"],
        portalName=row["name"],
        accountType="STANDARD",
        timeZone=row["time_zone"],
        utcOffsetMilliseconds=round(offset.total_seconds() * 1000) if offset else 0,
        companyCurrency=row["currency"],
        additionalCurrencies=[],
        uiDomain=request.host,
        dataHostingLocation="eu1",
        createdAt=moment(row["created_at"]),
    )


@account_api.get("/activity/login")
@needs("account-info.security.read")
def sign_ins() -> ResponseReturnValue:
    """Answer with a page of sign-ins, newest first, of everyone or of one user."""
    limit = page_limit()
    user_id = request.args.get("userId", "")
    if user_id and not (user_id.isascii() and user_id.isdigit()):
        raise invalid("userId is a number.", "INVALID_USER_ID")
    rows = _newest_first(page_after(LARGEST_MARK, LARGEST_MARK), user_id, limit + 1)
    shown = rows[:limit]
    more = (shown[-1]["at"], shown[-1]["id"]) if len(rows) > limit else None
    return jsonify(page_of([_as_json(row) for row in shown], more))


def moment(milliseconds: int) -> str:
    """Return a time as HubSpot writes it."""
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def _newest_first(after: tuple[int, ...], user_id: str, limit: int) -> list[sqlite3.Row]:
    return (
        db()
        .execute(
            "SELECT s.*, p.email FROM sign_ins s JOIN people p ON p.id = s.person_id WHERE s.account_id = ?"
            " AND ? IN ('', CAST(s.person_id AS TEXT)) AND (s.at, s.id) < (?, ?)"
            " ORDER BY s.at DESC, s.id DESC LIMIT ?",
            (token().account_id, user_id, *after, limit),
        )
        .fetchall()
    )


def _as_json(row: sqlite3.Row) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "loginAt": moment(row["at"]),
        "userId": row["person_id"],
        "email": row["email"],
        "loginSucceeded": bool(row["succeeded"]),
        "ipAddress": f"192.0.2.{row['person_id'] % 254 + 1}",
        "location": "Europe",
        "countryCode": "eu",
        "regionCode": "eu",
        "userAgent": "Mozilla/5.0",
    }
