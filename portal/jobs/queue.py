"""The queue behind the jobs: huey, on SQLite, PostgreSQL or Redis."""

import logging
from threading import Lock
from typing import Any

from flask import Flask
from huey import Huey, MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey, crontab

from portal.agencies import scope
from portal.core.db import refresh_statistics
from portal.jobs import restoring, work, workers
from portal.jobs.serializer import JsonSerializer

log = logging.getLogger(__name__)

FINISH_SECONDS = 60  # for jobs under way when the worker is told to stop


class JobQueue:
    """The queue of one application."""

    def __init__(self, app: Flask, url: str) -> None:
        self._app = app
        self.huey = _open(url)
        self._run = self.huey.task(name="run")(self._run_nudge)
        self.huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep)
        self.huey.on_startup(name="sweep")(self._sweep_once)
        self._is_swept = Lock()
        self.huey.periodic_task(crontab(minute="7"), name="refresh_statistics")(self.refresh_statistics)

    def push(self, nudge: work.Nudge, delay: float = 0) -> None:
        """Take a nudge; ``delay`` in seconds."""
        self.huey.enqueue(self._run.s(nudge.name, nudge.agency_id, nudge.arguments, delay=delay or None))

    def work(self, threads: int) -> None:
        """Work off the queue until the process is told to stop; on SIGTERM, jobs under way are finished."""
        poll = {"initial_delay": 0.05, "max_delay": 0.25}
        stop = {"graceful_signal": "TERM", "shutdown_timeout": FINISH_SECONDS}
        restoring.notice(self._app)
        with workers.at_work(self._app):
            self.huey.create_consumer(workers=threads, check_worker_health=True, **poll, **stop).run()

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
        workers.beat(self._app)
        for nudge in work.find_left_behind(self._app):
            work.push(self._app, nudge)

    def _sweep_once(self) -> None:
        """Sweep when a worker starts: every thread of it asks, the first one does it."""
        if self._is_swept.acquire(blocking=False):
            self.sweep()

    def refresh_statistics(self) -> None:
        """Keep the database's plans fit for how much it holds."""
        with (
            self._app.app_context(),
            scope.every_agency(reason="statistics of whole tables are nobody's"),
            work.step(),
        ):
            refresh_statistics()

    def _run_nudge(self, name: str, agency_id: int | None, arguments: tuple[Any, ...]) -> None:
        work.run(self._app, work.Nudge(name, agency_id, tuple(arguments)))


def _open(url: str) -> Huey:
    options = {"name": "portal", "results": False, "utc": True, "serializer": JsonSerializer()}
    if url.startswith("sqlite:///"):
        return SqliteHuey(filename=url.removeprefix("sqlite:///"), **options)
    if url.startswith("postgresql"):
        return PostgresHuey(dsn=url.replace("postgresql+psycopg://", "postgresql://", 1), **options)
    if url == "memory://":
        return MemoryHuey(**options)
    return RedisHuey(url=url, **options)
