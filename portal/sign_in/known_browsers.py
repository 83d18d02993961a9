"""Browsers that signed in before: a signed cookie by which strangers' wrong passwords do not stop them.

The cookie opens nothing. It only says that tries from this browser are counted by themselves. It is bound to
the member and to the password, so it is worthless after the password changed.
"""

from typing import Final

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.agencies.models import Member
from portal.core.ids import fingerprint, random_token

DAYS: Final = 180
_SECONDS: Final = DAYS * 24 * 60 * 60


def remember(member: Member) -> None:
    """Make the browser that asks known for this member, from this answer on."""
    facts = [random_token(), member.id, _mark(member.password_hash or "")]
    g.known_browser = _serializer().dumps(facts)


def find(member_id: int, password_hash: str) -> str | None:
    """Return the word that this browser is counted by, if it is known for this member, or None."""
    try:
        word, known_id, mark = _serializer().loads(request.cookies.get(_name(), ""), max_age=_SECONDS)
    except (BadData, ValueError):
        return None
    return str(word) if (known_id, mark) == (member_id, _mark(password_hash)) else None


def register(app: Flask) -> None:
    """Send the cookie with the answer to whoever just signed in."""

    @app.after_request
    def send(response: Response) -> Response:
        cookie = g.pop("known_browser", None)
        if cookie is not None:
            secure = current_app.extensions["settings"].uses_tls
            response.set_cookie(
                _name(), cookie, max_age=_SECONDS, secure=secure, httponly=True, samesite="Strict"
            )
        return response


def _name() -> str:
    return f"{'__Host-' if current_app.extensions['settings'].uses_tls else ''}known"


def _mark(password_hash: str) -> str:
    return fingerprint(password_hash)[:16]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")
