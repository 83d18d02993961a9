"""The headers of every answer: nothing from elsewhere, nothing inline, nobody's frame."""

from flask import Flask, Response, current_app, g, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

HSTS = "max-age=31536000"

MAIL_POLICY = {
    **dict.fromkeys(("default-src", "form-action", "base-uri"), "'none'"),
    "style-src": "'unsafe-inline'",
    "img-src": "data:",
    "frame-ancestors": "'self'",
    "sandbox": "allow-popups allow-popups-to-escape-sandbox",
}


def allow_own_frames() -> None:
    """Let this page show another page of the portal in a frame: the preview of a mail."""
    g.policy = {**POLICY, "frame-src": "'self'"}


def as_mail(response: Response) -> Response:
    """Mark an answer as a mail's HTML: shown in a frame of ours, without scripts, forms or the network."""
    g.policy = MAIL_POLICY
    return response


def keep_private() -> None:
    """Keep this answer, and the address it came from, to the reader alone."""
    g.private = True


def forget_pages() -> None:
    """Tell the browser to drop what it kept of the portal's pages, so that Back shows none of them."""
    g.forgets = True


def _is_for_one_reader() -> bool:
    """Tell whether nobody may keep this answer: it is private, or a member's page."""
    reader = getattr(g, "_login_user", None)
    return getattr(g, "private", False) or (reader is not None and reader.is_authenticated)


def add_headers(response: Response) -> Response:
    """Put the policy and its companions on an answer."""
    policy = getattr(g, "policy", POLICY)
    headers = response.headers
    headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["Referrer-Policy"] = "no-referrer" if getattr(g, "private", False) else "same-origin"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store" if _is_for_one_reader() else "no-cache, private"
    if getattr(g, "forgets", False):
        headers["Clear-Site-Data"] = '"cache"'  # not "cookies": known browsers stay known
    if request.is_secure:
        with_subdomains = current_app.extensions["settings"].hsts_subdomains
        headers["Strict-Transport-Security"] = HSTS + ("; includeSubDomains" if with_subdomains else "")
    if getattr(g, "private", False):
        headers["X-Robots-Tag"] = "noindex"
    return response


def register(app: Flask) -> None:
    """Put the headers on every answer of the application."""
    app.after_request(add_headers)
