"""Getting, examining and giving back tokens: /oauth.

The code ``demo-<tier>-<n>`` grants that account, once; ``/_control/code`` gives further codes.
"""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator.database import now_ms
from portal.demo.emulator.gate import body, db, emulation
from portal.demo.emulator.problems import Problem, not_found
from portal.demo.emulator.settings import API_VERSION
from portal.demo.emulator.tokens import Token, issue, open_token, use_code

oauth_api = Blueprint("oauth_api", __name__, url_prefix="/oauth")
TOKEN = f"/{API_VERSION}/token"  # an address, no secret
CODES = frozenset({"static", "code"})  # a demo token is its own first code
APP_ID = 4_711
CLIENT_ID = "demo-app"
CLIENT_SECRET = "demo-app-secret"  # noqa: S105  # the public secret of an app that exists only here


@oauth_api.post(TOKEN)
def grant() -> ResponseReturnValue:
    """Answer with an access token and a refresh token."""
    _check_client()
    kind = request.form.get("grant_type", "")
    given = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(kind)
    if given is None:
        message = "grant_type is authorization_code or refresh_token."
        raise _oauth_problem(400, "BAD_GRANT_TYPE", message, "unsupported_grant_type")
    try:
        granted = open_token(db(), request.form.get(given, ""))
        if kind == "authorization_code" and granted.use in CODES:
            use_code(db(), granted.value)
    except Problem as problem:
        raise _refused(kind) from problem
    if granted.use not in ({"refresh"} if kind == "refresh_token" else CODES):
        raise _refused(kind)
    return jsonify(_tokens(granted))


@oauth_api.post(f"{TOKEN}/introspect")
def introspect() -> ResponseReturnValue:
    """Answer with what a token opens, or that it opens nothing."""
    _check_client()
    try:
        found = open_token(db(), request.form.get("token", ""))
    except Problem:
        return jsonify(active=False)
    lasts_ms = emulation().settings.token_seconds * 1000
    seconds = (lasts_ms if found.expires_at is None else found.expires_at - now_ms()) // 1000
    return jsonify(
        active=True,
        token=found.value,
        token_use="refresh_token" if found.use == "refresh" else "access_token",
        token_type="bearer",  # noqa: S106  # a kind, not a secret
        client_id=CLIENT_ID,
        app_id=APP_ID,
        hub_id=found.account_id,
        user_id=_installed_by(found),
        is_private_distribution=True,
        scopes=list(found.scopes),
        expires_in=seconds,
    )


@oauth_api.post("/v2/private-apps/get/access-token-info")
def token_info() -> ResponseReturnValue:
    """Answer with what the key of a private app may do; other kinds of token are not known here."""
    found = open_token(db(), str(body().get("tokenKey", "")))
    if found.use != "static":
        raise not_found("private app")
    return jsonify(
        userId=_installed_by(found), hubId=found.account_id, appId=APP_ID, scopes=list(found.scopes)
    )


@oauth_api.post(f"{TOKEN}/revoke")
def revoke() -> ResponseReturnValue:
    """Let a token open nothing any more; repeating it is harmless."""
    _check_client()
    db().execute("UPDATE tokens SET revoked = 1 WHERE value = ?", (request.form.get("token", ""),))
    return jsonify({})


def _tokens(granted: Token) -> dict[str, object]:
    seconds = emulation().settings.token_seconds
    renewed = granted.use == "refresh"
    return {
        "token_type": "bearer",
        "access_token": issue(db(), granted.account_id, "access", granted.scopes, seconds * 1000),
        "refresh_token": granted.value
        if renewed
        else issue(db(), granted.account_id, "refresh", granted.scopes, None),
        "expires_in": seconds,
        "hub_id": granted.account_id,
        "scopes": list(granted.scopes),
    }


def _installed_by(found: Token) -> int:
    """Return who set the app up: the account's first super admin, or nobody who is known."""
    query = "SELECT min(person_id) FROM memberships WHERE account_id = ? AND super_admin"
    return int(db().execute(query, (found.account_id,)).fetchone()[0] or 0)


def _check_client() -> None:
    if (request.form.get("client_id"), request.form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        message = "The client id or the client secret is wrong."
        raise _oauth_problem(401, "INVALID_CLIENT", message, "invalid_client")


def _refused(kind: str) -> Problem:
    category = "BAD_REFRESH_TOKEN" if kind == "refresh_token" else "BAD_AUTH_CODE"
    message = "The code or refresh token is missing, unknown, used up or revoked."
    return _oauth_problem(400, category, message, "invalid_grant")


def _oauth_problem(status: int, category: str, message: str, error: str) -> Problem:
    """Return a refusal that says the same once more in OAuth's own words."""
    return Problem(status, category, message, extra={"error": error, "error_description": message})
