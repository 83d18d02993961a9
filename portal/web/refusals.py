"""What was refused, written down: one line each with the network and who it was, and no secret.

The address is named by its view, since the address itself may hold a secret.
"""

import logging
from typing import Final

from flask import Flask, Response, g, request
from sqlalchemy import inspect

from portal.web.limits import network

log = logging.getLogger(__name__)
REFUSED: Final = {400, 401, 403, 404, 409, 413, 429}


def note(what: str) -> None:
    """Write down that something was refused."""
    numbers = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)}
    log.warning(
        "refused: %s; %s %s %s, network %s, member %s",
        what,
        request.method,
        request.endpoint or "no page",
        " ".join(f"{name}={value}" for name, value in sorted(numbers.items())) or "-",
        network(),
        _member() or "-",
    )


def register(app: Flask) -> None:
    """Write down every answer that refuses something at one of our addresses."""

    @app.after_request
    def note_refusal(response: Response) -> Response:
        if response.status_code in REFUSED and request.endpoint:
            note(f"status {response.status_code}")
        return response


def _member() -> int | None:
    """Return who is signed in, without asking the database, which may be why this was refused."""
    state = inspect(getattr(g, "_login_user", None), raiseerr=False)
    identity = getattr(state, "identity", None)
    return identity[0] if identity else None
