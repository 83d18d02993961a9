"""The link session of the answer page: half an hour, one link, by cookie or by a field of the form.

What the secret of a link opens is a pass: signed, short-lived, good for this link's question only. A
browser that keeps cookies carries it in one; for one that does not, it travels in the address and in
every form. A form must carry it in any case: that is how a POST proves that it comes from our page.

A form that is sent too late is shown again as it was filled in, with a fresh pass, as long as its link
works. Only the pass of a form is good for that: the one in an address is of another kind, because addresses
end up in histories and logs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.access_requests import links
from portal.access_requests.models import AnswerLink
from portal.agencies import scope
from portal.agencies.queries import current_agency
from portal.core.db import begin_writing
from portal.web.errors import StaleForm
from portal.web.headers import keep_private
from portal.web.locale import speak

MINUTES = 30
FIELD = "csrf_token"
PARAMETER = "pass"
IN_FORMS = "answer"
IN_ADDRESSES = "address"


@dataclass(frozen=True, slots=True)
class Pass:
    """The right to answer through one link, and the language chosen on the way."""

    selector: str
    language: str
    is_late: bool = False


def issue(link: AnswerLink, language: str, kind: str = IN_FORMS) -> str:
    """Return a fresh pass for a link."""
    return str(_serializer(kind).dumps([link.selector, language]))


def renew(link: AnswerLink, language: str) -> None:
    """Give this page fresh passes: one for its forms and the cookie, one for addresses."""
    g.answer_pass, g.address_pass = issue(link, language), issue(link, language, IN_ADDRESSES)


def read(text: str, selector: str, kind: str = IN_FORMS) -> Pass | None:
    """Return the pass in a text if it is genuine, fresh and for this link."""
    try:
        for_selector, language = _serializer(kind).loads(text, max_age=MINUTES * 60)
    except (BadData, ValueError):
        return None
    return Pass(for_selector, language) if for_selector == selector else None


def read_late(text: str, selector: str) -> Pass | None:
    """Return the pass of a form for this link, however old; raise ``StaleForm`` if it was never ours."""
    try:
        for_selector, language = _serializer(IN_FORMS).loads(text)
    except (BadData, ValueError):
        raise StaleForm from None
    return Pass(for_selector, language, is_late=True) if for_selector == selector else None


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"answer page: {purpose}")


def ticket(selector: str) -> str:
    """Return what a form must carry to ask for a new link; it opens nothing."""
    return str(_serializer("new link").dumps(selector))


def read_ticket(text: str) -> str:
    """Return the selector in a form that asks for a new link, or raise ``StaleForm``."""
    try:
        return str(_serializer("new link").loads(text, max_age=24 * 3600))
    except BadData:
        raise StaleForm from None


def find_anywhere(find: Callable[[str], AnswerLink | None], text: str) -> AnswerLink | None:
    """Find a link whose agency is not known yet, and enter its agency, as nobody in particular."""
    forget_member()
    with scope.every_agency(reason="a link is looked up before its agency is known"):
        link = find(text)
    if link is not None:
        scope.enter(link.agency_id)
    return link


def forget_member() -> None:
    """See to it that a member's own session, agency and language have no part in this page."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # noqa: SLF001


def for_link(gone: Callable[[str], Response]) -> Callable[..., Any]:
    """Give a view the link whose pass the visitor holds; show ``gone`` to everybody else."""

    def decorate(view: Callable[[AnswerLink], ResponseReturnValue]) -> Callable[[str], ResponseReturnValue]:
        @wraps(view)
        def with_link(selector: str) -> ResponseReturnValue:
            keep_private()
            link = _enter(selector)
            return gone(selector) if link is None else view(link)

        return with_link

    return decorate


def _enter(selector: str) -> AnswerLink | None:
    given = _given(selector)
    link = find_anywhere(links.find_by_selector, selector) if given else None
    if given is None or link is None or not links.is_open(link):
        return None
    g.by_cookie = read(request.cookies.get(_cookie(selector), ""), selector) is not None
    g.is_late = given.is_late
    _note_opening(link)
    speak(given.language, link.contact.time_zone or current_agency().time_zone)
    renew(link, given.language)
    return link


def _given(selector: str) -> Pass | None:
    if request.method == "POST":
        text = request.form.get(FIELD, "")
        return read(text, selector) or read_late(text, selector)
    given = read(request.cookies.get(_cookie(selector), ""), selector)
    return given or read(request.args.get(PARAMETER, ""), selector, IN_ADDRESSES)


def _note_opening(link: AnswerLink) -> None:
    """Count who comes back with our cookie or sends a form: scanners of mail follow links, and do neither."""
    is_person = request.method == "POST" or (request.method == "GET" and g.by_cookie)
    if is_person and links.is_worth_counting(link):
        begin_writing()
        links.count_opening(link)


def keep(response: Response, link: AnswerLink) -> Response:
    """Put the fresh pass into the browser's keeping."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(
        _cookie(link.selector),
        g.answer_pass,
        max_age=MINUTES * 60,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _cookie(selector: str) -> str:
    prefix = "__Host-" if current_app.config["SESSION_COOKIE_SECURE"] else ""
    return f"{prefix}answer-{selector}"


def address(endpoint: str, link: AnswerLink, **parts: Any) -> str:
    """Return the address of another page of the same answer; it carries the pass only without cookies."""
    if not g.by_cookie:
        parts[PARAMETER] = g.address_pass
    return url_for(endpoint, selector=link.selector, **parts)
