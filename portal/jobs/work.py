"""What a room needs to work in the background: name a job, nudge it, take a step, sweep.

A job is named in its room's ``states`` and enqueued by that name; the function behind the name lives
in the room's ``jobs``. Handlers may be killed at any instant and run again: everything they must
remember is in rows, and each ``step`` is one transaction.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app

from portal.agencies import scope
from portal.core.db import AWAY, after_commit, db, may_write

log = logging.getLogger(__name__)

Handler = Callable[..., None]

INSIST_EVERY: Final = 2.0  # seconds
INSIST_AT_MOST: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Nudge:
    """A job that should run: its name, its agency, and the ids it is about.

    Without an agency the job is nobody's, and every agency is in scope.
    """

    name: str
    agency_id: int | None
    arguments: tuple[Any, ...] = ()


Sweep = Callable[[], Iterable[Nudge]]

HANDLERS: dict[str, Handler] = {}
SWEEPS: list[Sweep] = []


class UnknownJob(Exception):
    """Something was enqueued under a name that no room answers to."""


def job(name: str) -> Callable[[Handler], Handler]:
    """Register the function behind a job's name."""

    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        return handler

    return register


def sweep(finder: Sweep) -> Sweep:
    """Register a function that finds work left behind, in every agency, and yields nudges for it."""
    SWEEPS.append(finder)
    return finder


def enqueue(name: str, *arguments: Any, delay: float = 0) -> None:
    """Nudge a job of the current agency once the transaction is safe; ``delay`` in seconds."""
    _enqueue(Nudge(name, scope.current_agency_id(), arguments), delay)


def enqueue_for_nobody(name: str, *arguments: Any) -> None:
    """Nudge a job that belongs to no agency once the transaction is safe."""
    _enqueue(Nudge(name, None, arguments))


def _enqueue(nudge: Nudge, delay: float = 0) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way
    after_commit(lambda: push(app, nudge, delay))


def push(app: Flask, nudge: Nudge, delay: float = 0) -> None:
    """Put a nudge into the queue; a queue that is down costs time, never work: the sweep finds the row."""
    try:
        app.extensions["jobs"].push(nudge, delay)
    except Exception:
        log.exception("the job queue took no nudge for %s; the next sweep will find it", nudge.name)


def run(app: Flask, nudge: Nudge) -> None:
    """Run one job in its agency; called by the worker, and by tests."""
    handler = HANDLERS.get(nudge.name)
    if handler is None:
        raise UnknownJob(nudge.name)
    with app.app_context(), _scope_of(nudge):
        may_write()
        handler(*nudge.arguments)


def _scope_of(nudge: Nudge) -> AbstractContextManager[None]:
    if nudge.agency_id is None:
        return scope.every_agency(reason="a job of no agency says itself whose rows it touches")
    return scope.agency(nudge.agency_id)


def find_left_behind(app: Flask) -> list[Nudge]:
    """Run every sweep and return what it found; one sweep that fails does not stop the others."""
    found: list[Nudge] = []
    for finder in SWEEPS:
        with app.app_context(), scope.every_agency(reason="a sweep looks for work left behind everywhere"):
            try:
                with step():
                    found += finder()
            except Exception:
                log.exception("the sweep %s failed", finder.__name__)
    return found


@contextmanager
def step() -> Iterator[None]:
    """One transaction of a job: safe when it ends, gone if it fails."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def insist(action: Callable[[], None]) -> None:
    """Take a step, over and over while the database is away: for what nobody can be asked a second time."""
    deadline = time.monotonic() + INSIST_AT_MOST
    while True:
        try:
            with step():
                action()
        except AWAY:
            if time.monotonic() > deadline:
                raise
            log.exception("the database is away; trying again")
            time.sleep(INSIST_EVERY)
        else:
            return
