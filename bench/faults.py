"""Takes away what the portal stands on, one at a time, while an agency works; then looks what became of it.

python -m bench.faults [database] [crm] [disk] [clock] [two]

database  PostgreSQL is stopped for 60 s, and started again
crm       the emulated HubSpot is gone for 10 minutes
disk      no room is left for a minute where the SQLite file is (a small file system, which only root mounts)
clock     the clock goes forward by an hour, and back again; what was written then waits until that time comes
two       two workers, and so two schedulers, are at work at once

Time runs 20 times as fast, except that the database and the disk are gone for real seconds. Nobody decides
anything and nothing is started anew: all of it must catch up by itself, and no click may be lost without a
page that says so. Prints each demand with its figures; ends with 1 when one is not met.
"""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bench.crash import (
    REST_SECONDS,
    SPEED,
    Demand,
    Size,
    Stage,
    demands_at_rest,
    demands_in_the_end,
    groups_of,
    staged,
    wait_for_rest,
)

SIZE = Size(requests=8, people=12, kills=0)
GONE_SECONDS = 60
CRM_GONE_MINUTES = 10
HOUR = 3600
ROOM = 60_000_000


def without_database(stage: Stage) -> str:
    """Stop the database for a minute in the middle of the work."""
    assert stage.postgres
    stage.postgres.stop()
    said = click_for(stage, GONE_SECONDS)
    stage.postgres.start()
    return said


def without_crm(stage: Stage) -> str:
    """Let the CRM be gone for ten minutes of the quick time."""
    stage.emulator.stop()
    said = click_for(stage, CRM_GONE_MINUTES * 60 / stage.quick.speed)
    stage.emulator.start()
    return said


def without_room(stage: Stage) -> str:
    """Fill the disk for a minute."""
    ballast = stage.office.app.extensions["settings"].data_dir / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    said = click_for(stage, GONE_SECONDS)
    ballast.unlink()
    return said


def with_a_wrong_clock(stage: Stage) -> str:
    """Let it be an hour later for a moment, in the middle of the work, and then what it is."""
    stage.quick.put_forward(HOUR)
    said = click_for(stage, 2)
    stage.quick.put_forward(0)
    return said


def with_two_workers(stage: Stage) -> str:
    """Let a second worker help."""
    stage.start_worker()
    return click_for(stage, 5)


def click_for(stage: Stage, seconds: float) -> str:
    """Let everybody go on clicking for so long, and return what pages they saw."""
    seen: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        before = stage.office.clicks
        known = len(stage.office.refusals)
        with contextlib.suppress(SQLAlchemyError), stage.office.patience():  # the bench's own looks may fail
            stage.office.go_on()
            seen["taken"] += stage.office.clicks - before
        seen.update(f"refused with {refused.status}" for refused in stage.office.refusals[known:])
        time.sleep(0.5)
    return ", ".join(f"{number} clicks {what}" for what, number in seen.items() if number)


FAULTS: dict[str, tuple[str, Callable[[Stage], str], float]] = {
    "database": ("postgresql", without_database, REST_SECONDS),
    "crm": ("sqlite", without_crm, REST_SECONDS),
    "disk": ("sqlite", without_room, REST_SECONDS),
    "clock": ("sqlite", with_a_wrong_clock, HOUR / SPEED + REST_SECONDS),
    "two": ("postgresql", with_two_workers, REST_SECONDS),
}


def suffer(name: str) -> list[Demand]:
    """Let one thing go wrong, and return what was demanded."""
    database, take_away, longest = FAULTS[name]
    with (
        small_disk() if name == "disk" else contextlib.nullcontext(None) as place,
        staged(database, 1, SIZE, place) as stage,
    ):
        stage.control("knobs", latency=0.05, limits=False)
        stage.office.to_ask = groups_of(SIZE)
        stage.start_worker()
        for _request in range(3):
            stage.office.go_on()
        print(f"{name}: {take_away(stage)}", flush=True)
        while stage.office.to_ask:
            stage.office.go_on()
        rest = wait_for_rest(stage, longest)
        return [
            *demands_at_rest(stage, SIZE, rest),
            *demands_in_the_end(stage, SIZE, 0, rest),
        ]


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system with little room, which root alone can mount."""
    place = Path(f"/tmp/small-disk-{os.getpid()}-{random.randrange(10**6)}")
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def main() -> int:
    """Run what the command line names, or all of it, each in a process of its own; return the exit status."""
    names = sys.argv[1:] or list(FAULTS)
    if len(names) > 1:
        command = [sys.executable, "-m", "bench.faults"]
        return max(subprocess.run([*command, name], check=False).returncode for name in names)
    demands = suffer(names[0])
    failed = sum(bool(demand.faults) for demand in demands)
    print(*demands, f"{len(demands) - failed} demands met, {failed} not met", sep="\n", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
