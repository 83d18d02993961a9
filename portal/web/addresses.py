"""Addresses of the portal itself: whole ones for mails, and telling own from foreign ones."""

import unicodedata
from typing import Any

from flask import current_app


def whole_address(endpoint: str, **parts: Any) -> str:
    """Return an address that works outside the portal; built from the settings, never from the request."""
    path = current_app.url_map.bind("").build(endpoint, parts)  # jobs have no request to build it from
    return f"{current_app.extensions['settings'].base_url}{path}"


def is_local(path: str) -> bool:
    """Tell whether a path stays in the portal, in the eyes of every browser."""
    return (
        path.startswith("/")
        and not path.startswith("//")
        and "\\" not in path
        and not any(unicodedata.category(letter).startswith(("C", "Z")) for letter in path)
    )
