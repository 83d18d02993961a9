"""Getting, examining and giving back tokens: /oauth. The code ``demo-<tier>-<n>`` grants that account."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator.database import now_ms
from portal.demo.emulator.gate import db, emulation
from portal.demo.emulator.problems import Problem
from portal.demo.emulator.settings import API_VERSION
from portal.demo.emulator.tokens import Token, issue, open_token

oauth_api = Blueprint("oauth_api", __name__, url_prefix=f"/oauth/{API_VERSION}")
CLIENT_ID = "demo-app"
CLIENT_SECRET = "demo-app-secret"  # noqa: S105  # the public secret of an app that exists only here


@oauth_api.post("/token")
def grant() -> ResponseReturnValue:
    """Answer with an access token and a refresh token."""
    _check_client()
    kind = request.form.get("grant_type", "")
    given = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(kind)
    if given is None:
        raise Problem(400, "BAD_GRANT_TYPE", "grant_type is authorization_code or refresh_token.")
    try:
        granted = open_token(db(), request.form.get(given, ""))
    except Problem as problem:
        raise _refused(kind) from problem
    if granted.use != ("refresh" if kind == "refresh_token" else "static"):
        raise _refused(kind)
    return jsonify(_tokens(granted))


@oauth_api.post("/introspect")
def introspect() -> ResponseReturnValue:
    """Answer with what a token opens, or that it opens nothing."""
    _check_client()
    try:
        found = open_token(db(), request.form.get("token", ""))
    except Problem:
        return jsonify(active=False)
    seconds = (
        emulation().settings.token_seconds
        if found.expires_at is None
        else (found.expires_at - now_ms()) // 1000
    )
    return jsonify(
        active=True,
        token_use=found.use,
        token_type="bearer",  # noqa: S106  # a kind, not a secret
        client_id=CLIENT_ID,
        hub_id=found.account_id,
        scopes=list(found.scopes),
        expires_in=seconds,
    )


@oauth_api.post("/revoke")
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


def _check_client() -> None:
    if (request.form.get("client_id"), request.form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise Problem(401, "INVALID_CLIENT", "The client id or the client secret is wrong.")


def _refused(kind: str) -> Problem:
    category = "BAD_REFRESH_TOKEN" if kind == "refresh_token" else "BAD_AUTH_CODE"
    return Problem(
        400, category, "The code or refresh token is missing, unknown or revoked.", code="invalid_grant"
    )
