"""What a link that stops reminders carries: signed, good for these chases, and for stopping alone."""

from collections.abc import Sequence

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from portal.agencies import scope


def sign(chase_ids: Sequence[int]) -> str:
    """Return the token that stops these chases; it opens nothing and does not expire."""
    return str(_serializer().dumps([scope.current_agency_id(), *chase_ids]))


def read(token: str) -> tuple[int, list[int]] | None:
    """Return the agency and the chases a token is for, or None when we did not sign it."""
    try:
        agency_id, *chase_ids = _serializer().loads(token)
    except (BadData, TypeError, ValueError):
        return None
    return agency_id, chase_ids


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="stop reminding")
