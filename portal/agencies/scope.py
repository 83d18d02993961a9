"""Whose rows a statement may touch: every table an agency owns is only ever seen through the scope.

The limit is put in where SQL is written out (see ``portal.agencies.limits``), so no shape of
statement can go round it. Leaving the scope takes ``every_agency`` and a reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from flask import has_app_context
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from portal.core.db import db


class NoAgency(Exception):
    """A statement needs an agency, and none was set."""


class WrongAgency(Exception):
    """A row of one agency was about to be written from the scope of another."""


class CannotLimit(Exception):
    """A statement in a shape the scope cannot see through, such as raw SQL."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One agency; with ``member_id``, only the accounts that member was given."""

    agency_id: int | None
    member_id: int | None = None
    reason: str = ""

    @property
    def kind(self) -> str:
        """How statements are written in this scope: ``every``, ``agency`` or ``limited``."""
        if self.agency_id is None:
            return "every"
        return "agency" if self.member_id is None else "limited"


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current() -> Scope:
    """Return the scope in force, or raise ``NoAgency``."""
    scope = _current.get()
    if scope is None:
        raise NoAgency(
            "no agency is set: enter one with scope.agency(), or say scope.every_agency(reason=...)"
        )
    return scope


def current_agency_id() -> int:
    """Return the agency in force, or raise ``NoAgency``."""
    agency_id = current().agency_id
    if agency_id is None:
        raise NoAgency("this needs one agency, and every agency is in scope")
    return agency_id


def enter(agency_id: int, *, limited_to: int | None = None) -> None:
    """Set the agency for the rest of this request; ``limited_to`` is a member who sees only some accounts."""
    _change(Scope(agency_id, limited_to))


def leave() -> None:
    """Forget the agency; what follows must set one."""
    _change(None)


@contextmanager
def agency(agency_id: int, *, limited_to: int | None = None) -> Iterator[None]:
    """Limit everything inside to one agency."""
    with _inside(Scope(agency_id, limited_to)):
        yield


@contextmanager
def every_agency(*, reason: str) -> Iterator[None]:
    """Lift the limit; ``reason`` says to a reader why that is right here."""
    with _inside(Scope(None, reason=reason)):
        yield
        db.session.flush()


@contextmanager
def _inside(scope: Scope) -> Iterator[None]:
    before = _current.get()
    _change(scope)
    try:
        yield
    finally:
        _change(before)


def _change(scope: Scope | None) -> None:
    _current.set(scope)
    if scope is not None and scope.agency_id is not None and has_app_context() and db.session.registry.has():
        _forget_foreign_objects(scope)


def _forget_foreign_objects(scope: Scope) -> None:
    """Drop loaded rows of other agencies, which ``session.get`` would else hand out unasked.

    Rows of accounts are read again before a limited member gets them, and that goes through the scope.
    """
    for thing in list(db.session.identity_map.values()):
        state = inspect(thing)
        columns = state.mapper.columns
        if state.modified or "agency_id" not in columns or "agency_id" in state.expired_attributes:
            continue
        if state.dict.get("agency_id") != scope.agency_id:
            db.session.expunge(thing)
        elif scope.member_id is not None and ("account_id" in columns or _is_account(state.mapper)):
            db.session.expire(thing)


def _is_account(mapper: Mapper[Any]) -> bool:
    return getattr(mapper.local_table, "name", "") == "accounts"
