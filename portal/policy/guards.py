"""The guard in front of every view: each one names its right, or says why it needs none."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user

from portal.agencies.models import Member
from portal.core.errors import Forbidden
from portal.policy.rights import Right, may

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"
MEMBERS = "members"


class UnguardedView(Exception):
    """A view says neither which right it needs nor why it needs none; the portal does not start."""


def requires(right: Right) -> Callable[[View], View]:
    """Mark a view as open to members who hold the right."""
    return _mark(right)


def open_to_members(reason: str) -> Callable[[View], View]:
    """Mark a view as open to every signed-in member, whatever their rights."""
    return _mark(MEMBERS, reason)


def open_to_anyone(reason: str) -> Callable[[View], View]:
    """Mark a view as open to people who are not signed in."""
    return _mark(ANYONE, reason)


def asks_password(when: Callable[[], bool] = lambda: True) -> Callable[[View], View]:
    """Mark a view as one that asks for the member's password again, unless it was typed lately."""

    def mark(view: View) -> View:
        view.asks_password = when  # type: ignore[attr-defined]
        return view

    return mark


def needs_password(view: Callable[..., Any]) -> bool:
    """Tell whether the request at hand may only be done by somebody who knows the member's password."""
    when: Callable[[], bool] | None = getattr(view, "asks_password", None)
    return when is not None and when()


def _mark(guard: str, reason: str = "") -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.guard = guard  # type: ignore[attr-defined]
        view.guard_reason = reason  # type: ignore[attr-defined]
        return view

    return mark


def guard_of(view: Callable[..., Any]) -> str | None:
    """Return what a view asks for: a right, ``members``, ``anyone``, or None if it says nothing."""
    return getattr(view, "guard", None)


def refuse_unguarded_views(app: Flask) -> None:
    """Raise ``UnguardedView`` if any view says nothing; called when the application is built."""
    unguarded = sorted(name for name, view in app.view_functions.items() if guard_of(view) is None)
    if unguarded:
        raise UnguardedView(f"these views name no right: {', '.join(unguarded)}")


def check_right() -> Any:
    """Stop a request whose member lacks the right of its view; runs before every view."""
    if request.endpoint is None:
        return None  # no such page; the error page answers
    guard = guard_of(current_app.view_functions[request.endpoint])
    if guard == ANYONE:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if guard != MEMBERS and not may(current_user, Right(str(guard))):
        raise Forbidden
    return None


def current_member() -> Member:
    """Return the member who is signed in; only guarded views may ask."""
    member: Member = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's own way out
    return member
