"""One URL, one template, two sizes: the page on a visit, a named block of it for htmx.

The only module that knows ``HX-`` headers.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, flash, make_response, redirect, render_template, request
from jinja2_fragments.flask import render_block

from portal.core.texts import Text

TOASTS = "components/toasts.html"


def wants_fragment() -> bool:
    """Tell whether htmx asks, for a part of the page it already shows."""
    asked_by_htmx = request.headers.get("HX-Request") == "true"
    return asked_by_htmx and "HX-History-Restore-Request" not in request.headers


def page_that_asks() -> str:
    """Return the path of the page that htmx asks from."""
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def render_page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """Render a page, or only its block ``fragment`` where htmx asks; toasts come along with either."""
    if fragment and wants_fragment():
        body = render_block(template, fragment, **context) + render_template(TOASTS)
    else:
        body = render_template(template, **context)
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


def moved(url: str) -> Response:
    """Send the browser to another page after a change (303), also when htmx asked."""
    if wants_fragment():
        response = current_app.response_class(status=200)
        response.headers["HX-Redirect"] = url
        return response
    return make_response(redirect(url, 303))


def show_address(response: Response, url: str) -> Response:
    """Put the address of what a fragment shows into the address bar, such as a search."""
    if wants_fragment():
        response.headers["HX-Replace-Url"] = url
    return response


def toast(text: Text, kind: str = "success") -> None:
    """Say something in passing: ``success``, ``info``, ``warning`` or ``danger``; read out as well."""
    flash(str(text), kind)
