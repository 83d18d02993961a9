"""Who works: every worker says so every few seconds, and what a gone one held is free at once.

A lease alone must outlast the longest honest attempt. That is half an hour for a mail, and too long to
leave a client waiting because a process was killed.
"""

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from flask import Flask
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.jobs import restoring, work
from portal.jobs.models import WorkerBeat

log = logging.getLogger(__name__)

BEAT_EVERY: Final = 5.0  # seconds
GONE_AFTER: Final = timedelta(seconds=30)
WORKER_IS_LATE: Final = timedelta(minutes=3)
_FORGET_AFTER: Final = timedelta(days=1)

_names: list[str] = []  # this process's own, while it works


def me() -> str | None:
    """Return this worker's name, for what it holds; None where jobs are run outside of a worker."""
    return _names[-1] if _names else None


def is_gone(held_by: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
    """Tell of a row whether the worker that holds it was not heard of for half a minute."""
    living = select(WorkerBeat.name).where(WorkerBeat.at > clock.now() - GONE_AFTER)
    return held_by.not_in(living)


def worker_is_late() -> bool:
    """Tell whether no worker has said a word for three minutes."""
    latest = db.session.scalar(select(WorkerBeat.at).order_by(WorkerBeat.at.desc()).limit(1))
    return latest is None or clock.now() - latest > WORKER_IS_LATE


def beat(app: Flask) -> None:
    """Say that this worker lives, and forget those that ended long ago."""
    now = clock.now()
    with app.app_context(), scope.every_agency(reason="a worker's heartbeat is nobody's"), work.step():
        db.session.merge(WorkerBeat(name=me() or socket.gethostname(), at=now))
        db.session.execute(delete(WorkerBeat).where(WorkerBeat.at < now - _FORGET_AFTER))
    if me():
        restoring.keep_mark(app, now)


@contextmanager
def at_work(app: Flask) -> Iterator[None]:
    """Be a worker inside, known by a name of its own, and say so from a thread that no job holds up."""
    _names.append(f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(4)}")
    _try_to_beat(app)  # before the threads of this worker do: all at once, they would be in each other's way
    ended = Event()
    thread = Thread(target=_go_on_beating, args=(app, ended), name="Beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _names.pop()


def _go_on_beating(app: Flask, ended: Event) -> None:
    while not ended.wait(BEAT_EVERY):
        _try_to_beat(app)


def _try_to_beat(app: Flask) -> None:
    try:
        beat(app)
    except Exception:
        log.exception("the worker could not say that it lives; it goes on")
