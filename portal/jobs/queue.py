"""The queue behind the jobs: huey, on SQLite, PostgreSQL or Redis."""

import logging
import socket
from datetime import timedelta
from typing import Any

from flask import Flask
from huey import Huey, MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from sqlalchemy import select

from portal.agencies import scope
from portal.core import clock
from portal.core.db import db, refresh_statistics
from portal.jobs import work
from portal.jobs.models import WorkerBeat

log = logging.getLogger(__name__)

WORKER_IS_LATE = timedelta(minutes=3)


class JobQueue:
    """The queue of one application."""

    def __init__(self, app: Flask, url: str) -> None:
        self._app = app
        self.huey = _open(url)
        self._run = self.huey.task(name="run")(self._run_nudge)
        self.huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep)
        self.huey.on_startup(name="sweep")(self.sweep)
        self.huey.periodic_task(crontab(minute="7"), name="refresh_statistics")(self.refresh_statistics)

    def push(self, nudge: work.Nudge, delay: float = 0) -> None:
        """Take a nudge; ``delay`` in seconds."""
        self.huey.enqueue(self._run.s(nudge.name, nudge.agency_id, nudge.arguments, delay=delay or None))

    def work(self, workers: int) -> None:
        """Work off the queue until the process is told to stop."""
        poll = {"initial_delay": 0.05, "max_delay": 0.25}
        self.huey.create_consumer(workers=workers, check_worker_health=True, **poll).run()

    def drain(self) -> int:
        """Run what is queued now, and what that queues, in this thread; return how many jobs ran."""
        ran = 0
        while (task := self.huey.dequeue()) is not None:
            name, agency_id, arguments = task.args
            work.run(self._app, work.Nudge(name, agency_id, tuple(arguments)))
            ran += 1
        return ran

    def sweep(self) -> None:
        """Say that this worker lives, and queue what was left behind."""
        self._beat()
        for nudge in work.find_left_behind(self._app):
            work.push(self._app, nudge)

    def refresh_statistics(self) -> None:
        """Keep the database's plans fit for how much it holds."""
        with (
            self._app.app_context(),
            scope.every_agency(reason="statistics of whole tables are nobody's"),
            work.step(),
        ):
            refresh_statistics()

    def _beat(self) -> None:
        with (
            self._app.app_context(),
            scope.every_agency(reason="a worker's heartbeat is nobody's"),
            work.step(),
        ):
            db.session.merge(WorkerBeat(name=socket.gethostname(), at=clock.now()))

    def _run_nudge(self, name: str, agency_id: int | None, arguments: tuple[Any, ...]) -> None:
        work.run(self._app, work.Nudge(name, agency_id, tuple(arguments)))


def worker_is_late() -> bool:
    """Tell whether no worker has said a word for three minutes."""
    latest = db.session.scalar(select(WorkerBeat.at).order_by(WorkerBeat.at.desc()).limit(1))
    return latest is None or clock.now() - latest > WORKER_IS_LATE


def _open(url: str) -> Huey:
    options = {"name": "portal", "results": False, "utc": True}
    if url.startswith("sqlite:///"):
        return SqliteHuey(filename=url.removeprefix("sqlite:///"), **options)
    if url.startswith("postgresql"):
        return PostgresHuey(dsn=url.replace("postgresql+psycopg://", "postgresql://", 1), **options)
    if url == "memory://":
        return MemoryHuey(**options)
    return RedisHuey(url=url, **options)
