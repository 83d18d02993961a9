"""Addresses of the portal itself: those on its pages, whole ones for mails, and telling own from foreign."""

import unicodedata
from functools import lru_cache
from typing import Any

from flask import current_app, request, url_for


def address(endpoint: str, **parts: Any) -> str:
    """Return what ``url_for`` returns, which pages ask for a hundred times: made once, and then known.

    Stands in for ``url_for`` in templates. A part with a ``slug`` stands by that.
    """
    plain = [(name, getattr(part, "slug", part)) for name, part in parts.items()]
    return _address(request.script_root, endpoint, *plain)


@lru_cache(maxsize=16_384)
def _address(_root: str, endpoint: str, *parts: tuple[str, Any]) -> str:
    return url_for(endpoint, **dict(parts))


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
