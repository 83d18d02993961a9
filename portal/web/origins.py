"""Requests are for us and, where they change something, from our own pages: host, Sec-Fetch-Site, Origin.

This stands beside the token of each form, not in its place.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, current_app, request

from portal.config import is_loopback
from portal.core.errors import PortalError
from portal.core.texts import _l

SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
_FROM_OUR_PAGES: Final = {"same-origin", "none"}  # none: the browser's user did it, no page


class OtherHost(PortalError):
    """The request names a host that is not the portal's."""

    status = 400
    title = _l("The portal does not answer under this name")
    message = _l(
        "Nothing was changed. Use the portal's usual address. Whoever runs the portal can add a name with "
        "PORTAL_ALLOWED_HOSTS; a proxy must pass on the Host header."
    )


class OtherOrigin(PortalError):
    """A form was sent from a page that is not ours."""

    status = 400
    title = _l("This was sent from another website")
    message = _l("Nothing was changed. Open the portal yourself and do it there.")


def register(app: Flask) -> None:
    """Check every request before anything else is done."""
    app.before_request(check)


def check() -> None:
    """Refuse what is meant for another host, or comes from another website's page; raises ``PortalError``."""
    if not _is_ours(urlsplit(f"//{request.host}").hostname or ""):
        raise OtherHost
    if request.method not in SAFE_METHODS and not _is_from_us():
        raise OtherOrigin


def _is_ours(host: str) -> bool:
    """Tell whether a host is one of the settings, or this machine, as health checks call it."""
    return host in current_app.extensions["settings"].hosts or is_loopback(host)


def _is_from_us() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _FROM_OUR_PAGES
    origin = request.headers.get("Origin", "null")
    if origin == "null":  # pages that pass no address on, and programs: the token or the signature decides
        return True
    own = {request.host, urlsplit(current_app.extensions["settings"].base_url).netloc}
    return urlsplit(origin).netloc in own
