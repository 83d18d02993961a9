"""Noticing that the database is older than what was done: it was restored from a backup.

Whatever a worker did after the backup, the database has forgotten, and the worker would do it again. So
every worker keeps the moment of its last heartbeat in a file of the data folder too. A database that knows
no heartbeat as late as that has forgotten something; so may have one that no worker of this folder knows
and that has heard of none for a while.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import get_ident
from typing import Final

from flask import Flask
from sqlalchemy import func, select

from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.jobs import work
from portal.jobs.models import Restore, WorkerBeat

log = logging.getLogger(__name__)

MARKER: Final = "last-heartbeat"
A_WHILE: Final = timedelta(minutes=15)

Precaution = Callable[[datetime], None]

PRECAUTIONS: list[Precaution] = []


def precaution(take: Precaution) -> Precaution:
    """Register what a room does, in every agency, about all that waited before a moment and may be done."""
    PRECAUTIONS.append(take)
    return take


def keep_mark(app: Flask, moment: datetime) -> None:
    """Note outside of the database that a worker was at work until this moment."""
    new = _marker(app).with_suffix(f".{os.getpid()}-{get_ident()}")  # several say so at once
    new.write_text(moment.isoformat())
    new.replace(_marker(app))


def notice(app: Flask) -> None:
    """Take precautions if the database was restored; for a worker, before it takes up anything."""
    with app.app_context(), scope.every_agency(reason="what waits may have been done in every agency"):
        work.insist(lambda: _notice(app))


def take_precautions(until: datetime) -> None:
    """Keep from being done again what the database may have forgotten; ``until`` is when it was last done."""
    db.session.add(Restore(at=clock.now()))
    for take in PRECAUTIONS:
        take(until)


def may_be_forgotten(caused_at: datetime) -> bool:
    """Tell whether what follows from an event of that moment may have been done already, and forgotten."""
    return db.session.scalar(select(Restore.id).where(Restore.at >= caused_at).limit(1)) is not None


def _notice(app: Flask) -> None:
    until = _forgotten_until(app)
    if until is not None:
        log.warning("the database is older than what was done until %s: what waited is not sent again", until)
        take_precautions(until)


def _forgotten_until(app: Flask) -> datetime | None:
    marked, known = _marked(app), db.session.scalar(select(func.max(WorkerBeat.at)))
    if marked is not None:
        return marked if known is None or known < marked else None
    now = clock.now()
    return now if known is not None and now - known > A_WHILE else None


def _marked(app: Flask) -> datetime | None:
    """Return what the mark says; one that a crash left unreadable says nothing."""
    with suppress(FileNotFoundError, ValueError):
        return datetime.fromisoformat(_marker(app).read_text())
    return None


def _marker(app: Flask) -> Path:
    folder: Path = app.extensions["settings"].data_dir
    return folder / MARKER
