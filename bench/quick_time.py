"""Time that runs faster, so that back-off of an hour passes in minutes; for benches alone.

``python -m bench.quick_time`` is a worker's nursery: for every line it reads, it forks a worker that lives
by the quick time, and prints its process id; the worker says ``at work`` and its id once it is. The portal is
not told: its clock, its pauses, its sweeps and its heartbeat are sped up alike, from outside, and keep their
proportions. What is not sped up is the network, the database, and how long the portal waits for an answer:
these are as slow as they are, so that by the quick time everything answers late.
"""

import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

from huey.consumer import Scheduler

from portal.app import create_app
from portal.core import clock
from portal.crm.hubspot import pace
from portal.jobs import work, workers
from portal.jobs.queue import JobQueue
from portal.mail import canaries, delivery

SETTING = "BENCH_QUICK_TIME"
SWEEP_SECONDS = 60
THREADS = 4


@dataclass
class QuickTime:
    """It is ``start`` at the real time ``began``, and from there time runs ``speed`` times as fast.

    ``dial`` is a file by which all who live by it are put forward or back alike.
    """

    start: datetime
    began: float
    speed: float
    dial: Path | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """Return the time that the bench's own process lives by."""
        start, began, speed, *dial = os.environ[SETTING].split()
        return cls(datetime.fromisoformat(start), float(began), float(speed), Path(dial[0]) if dial else None)

    def to_environment(self) -> dict[str, str]:
        """Return what to tell other processes."""
        return {SETTING: f"{self.start.isoformat()} {self.began} {self.speed} {self.dial or ''}"}

    def now(self) -> datetime:
        """Return the quick time."""
        put_forward = float(self.dial.read_text()) if self.dial and self.dial.exists() else 0.0
        return self.start + timedelta(seconds=(time.time() - self.began) * self.speed + put_forward)

    def put_forward(self, seconds: float) -> None:
        """Let it be so much later than it is, for everybody; 0 puts it right again."""
        assert self.dial, "nobody else would hear of it"
        new = self.dial.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.dial)

    def jump_to(self, moment: datetime) -> None:
        """Let it be a later moment from now on; processes that live by it already do not hear of it."""
        self.start, self.began = moment, time.time()

    def live_by_it(self) -> None:
        """Let the portal in this process live by it."""
        quick = self

        class QuickDatetime(datetime):
            """Moments as the portal asks for them."""

            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return quick.now().astimezone(tz or UTC)

        clock.datetime = QuickDatetime
        pace.datetime = QuickDatetime
        pace.Clock.__init__.__defaults__ = (quick.now, lambda seconds: time.sleep(seconds / quick.speed))
        push = JobQueue.push
        JobQueue.push = lambda queue, nudge, delay=0: push(queue, nudge, delay / quick.speed)
        Scheduler.periodic_task_seconds = SWEEP_SECONDS / self.speed
        workers.BEAT_EVERY /= self.speed
        # One sweep takes less, as there are so many more of them.
        delivery.MOST_AT_ONCE = int(delivery.MOST_AT_ONCE / self.speed)
        canaries.LATE *= 4  # what comes back late comes through the network
        work.INSIST_EVERY /= self.speed


def work_until_killed() -> Any:
    """Be a worker, as ``flask worker`` is."""
    app = create_app()
    jobs = app.extensions["jobs"]
    said = f"at work {os.getpid()}\n".encode()
    jobs.huey.on_startup(name="say")(lambda: os.write(1, said))  # whole lines, whichever thread says it
    with app.app_context():
        jobs.work(THREADS)


def raise_workers() -> None:
    """Fork a worker for every line that is read."""
    QuickTime.from_environment().live_by_it()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                work_until_killed()
            except Exception:  # noqa: BLE001 - whatever it is, the log says it
                traceback.print_exc()
            os.write(1, f"gone {os.getpid()}\n".encode())
            os._exit(1)
        print(child, flush=True)


if __name__ == "__main__":
    raise_workers()
