"""The control API under /_control: JSON in and out, or a form and back to the page it stood on."""

from datetime import datetime

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator import people, staging
from portal.demo.emulator.calls import read_calls
from portal.demo.emulator.faults import Fault, plan_fault
from portal.demo.emulator.gate import db, emulation
from portal.demo.emulator.knobs import read_knobs, turn_knobs
from portal.demo.emulator.problems import invalid, not_found
from portal.demo.emulator.tokens import account_of

control_api = Blueprint("control_api", __name__, url_prefix="/_control")
MOST_TIMES = 1_000_000


@control_api.get("/accounts")
def list_accounts() -> ResponseReturnValue:
    """Answer with all accounts and the tokens that open them."""
    rows = db().execute("SELECT * FROM accounts ORDER BY tier, number").fetchall()
    return jsonify(
        accounts=[
            {
                "portalId": row["portal_id"],
                "name": row["name"],
                "token": f"demo-{row['tier']}-{row['number']}",
            }
            for row in rows
        ]
    )


@control_api.post("/accounts")
def open_account() -> ResponseReturnValue:
    """Open the account of a demo token, creating it on its first use."""
    return _done(portalId=_account())


@control_api.post("/code")
def new_code() -> ResponseReturnValue:
    """Have somebody agree once more that an app may use the account: a new authorisation code."""
    return _done(code=staging.new_code(db(), _text("token")))


@control_api.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Let a user sign in now, or at the time given."""
    return _done(succeeded=staging.sign_in(db(), _account(), _text("email"), _moment("at")))


@control_api.post("/super-admin")
def set_super_admin() -> ResponseReturnValue:
    """Make a user super admin, or no longer."""
    staging.set_super_admin(db(), _account(), _text("email"), on=_on())
    return _done()


@control_api.post("/deactivated")
def set_deactivated() -> ResponseReturnValue:
    """Deactivate a user or let them in again."""
    staging.set_deactivated(db(), _account(), _text("email"), on=_on())
    return _done()


@control_api.post("/remove-user")
def remove_user() -> ResponseReturnValue:
    """Remove a user as an admin of the account would."""
    people.remove_user(db(), _account(), _text("email"), by_email=True)
    return _done()


@control_api.post("/seats")
def set_remaining() -> ResponseReturnValue:
    """Set how many seats of a kind are left; nothing given means HubSpot does not say."""
    remaining = _number("remaining", 0) if _text("remaining") else None
    staging.set_remaining(db(), _account(), _text("name"), remaining)
    return _done()


@control_api.post("/revoke")
def set_revoked() -> ResponseReturnValue:
    """Kill a token, or all of an account's; ``on`` false brings them back."""
    if _text("token"):
        staging.set_revoked(db(), _text("token"), on=_on())
    else:
        staging.set_all_revoked(db(), _account(), on=_on())
    return _done()


@control_api.post("/expire")
def expire() -> ResponseReturnValue:
    """Let a token's life end now."""
    staging.expire(db(), _text("token"))
    return _done()


@control_api.post("/scopes")
def remove_scopes() -> ResponseReturnValue:
    """Take scopes away from a token."""
    staging.remove_scopes(db(), _text("token"), _text("remove").split())
    return _done()


@control_api.get("/faults")
def list_faults() -> ResponseReturnValue:
    """Answer with the failures still to come."""
    rows = db().execute("SELECT * FROM faults WHERE remaining > 0 ORDER BY id").fetchall()
    return jsonify(faults=[dict(row) for row in rows])


@control_api.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Let the next matching calls fail."""
    fault = Fault(
        _text("kind", "error"),
        _number("status", 502),
        _text("category", "INTERNAL_ERROR"),
        _text("code"),
        _number("retryAfter", 10),
    )
    account_id = _account() if _text("token") or _text("portalId") else None
    method, path = _text("method", "*"), _text("path", "*")
    plan_fault(db(), fault, method=method, path=path, times=_number("times", 1), account_id=account_id)
    return _done()


@control_api.post("/faults/clear")
def clear_faults() -> ResponseReturnValue:
    """Let nothing fail any more that was planned to."""
    db().execute("DELETE FROM faults")
    return _done()


@control_api.get("/knobs")
def show_knobs() -> ResponseReturnValue:
    """Answer with the knobs as they stand."""
    return jsonify(knobs=read_knobs(db()))


@control_api.post("/knobs")
def set_knobs() -> ResponseReturnValue:
    """Turn the named knobs and leave the others."""
    wanted = {name: value for name, value in _given().items() if name != "back"}
    return _done(knobs=turn_knobs(db(), wanted))


@control_api.get("/calls")
def list_calls() -> ResponseReturnValue:
    """Answer with the latest calls received, oldest first."""
    account_id = account_of(db(), request.args["token"]) if "token" in request.args else None
    method, path = request.args.get("method", "*"), request.args.get("path", "*")
    last = request.args.get("last", 1_000, type=int)
    return jsonify(calls=read_calls(db(), method=method, path=path, account_id=account_id, last=last))


@control_api.post("/calls/clear")
def clear_calls() -> ResponseReturnValue:
    """Empty the log of calls."""
    db().execute("DELETE FROM calls")
    return _done()


@control_api.post("/reset")
def reset() -> ResponseReturnValue:
    """Start over with nothing: no accounts, no failures, no log, all budgets whole."""
    staging.forget_everything(db())
    emulation().meter.forget()
    return _done()


def _given() -> dict[str, object]:
    content: object = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    return content if isinstance(content, dict) else {}


def _text(name: str, usual: str = "") -> str:
    value = _given().get(name)
    return usual if value is None or value == "" else str(value)


def _number(name: str, usual: int) -> int:
    text = _text(name, str(usual))
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST_TIMES):
        raise invalid(f"{name} needs a whole number up to {MOST_TIMES}.")
    return int(text)


def _moment(name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(name)) if _text(name) else None
    except ValueError as error:
        raise invalid(f"{name} needs a time such as 2026-11-22T09:30:00+00:00.") from error


def _on() -> bool:
    return _text("on", "true").lower() in {"1", "true", "on", "yes"}


def _account() -> int:
    if _text("token"):
        return account_of(db(), _text("token"))
    row = db().execute("SELECT portal_id FROM accounts WHERE portal_id = ?", (_text("portalId"),)).fetchone()
    if row is None:
        raise not_found("account")
    return int(row["portal_id"])


def _done(**result: object) -> ResponseReturnValue:
    back = _text("back", "/")
    if request.is_json or not request.form:
        return jsonify({"done": True} | result)
    return redirect(back if back.startswith("/") and not back.startswith("//") else "/", 303)
