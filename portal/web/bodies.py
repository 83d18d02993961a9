"""How much a request may send: little everywhere, more only where a view says that it takes files."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

from portal.web.errors import TooLarge

SMALL: Final = 256 * 1024  # bytes; the longest form of the portal needs about a tenth of it
A_FILE: Final = 5 * 1024 * 1024
MOST_FIELDS: Final = 5000
_MARK: Final = "largest_body"
_SEPARATOR: Final = b"&"

V = TypeVar("V", bound=Callable[..., Any])


def takes_up_to(size: int) -> Callable[[V], V]:
    """Let a view take a body of up to ``size`` bytes, where it would be ``SMALL``."""

    def mark(view: V) -> V:
        setattr(view, _MARK, size)
        return view

    return mark


def largest_body(app: Flask, path: str, method: str) -> int:
    """Return how many bytes may be sent to an address."""
    try:
        endpoint, _parts = app.url_map.bind("").match(path, method)
    except HTTPException:
        return SMALL
    return _largest(app.view_functions.get(endpoint))


def _largest(view: Callable[..., Any] | None) -> int:
    return int(getattr(view, _MARK, SMALL))


def register(app: Flask) -> None:
    """Limit every body before anything reads it; raises ``TooLarge`` for a form of too many fields."""

    @app.before_request
    def limit() -> None:
        request.max_content_length = _largest(current_app.view_functions.get(str(request.endpoint)))
        # Parsing costs a hundred times as much as counting, and the parser has no limit of its own.
        if request.mimetype == "application/x-www-form-urlencoded" and _fields() > MOST_FIELDS:
            raise TooLarge


def _fields() -> int:
    return request.get_data().count(_SEPARATOR) + 1
