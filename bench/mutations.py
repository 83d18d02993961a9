"""Takes one guard after another out of a copy of the portal: each time, tests must turn red.

python -m bench.mutations [WORDS ...]      only those whose description has one of the words

Prints for each guard the first test that caught its loss, and ends with 1 if nobody noticed one. The tree
itself is never touched.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.guards import GUARDS, Guard

ROOT = Path(__file__).parent.parent
RED = 1  # how pytest ends where tests failed; every other end proves nothing
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """What came of one removal."""

    guard: Guard
    caught_by: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:6.1f} s  {self.guard.what:<66} {self.caught_by or 'NOBODY NOTICED'}"


def main(words: list[str]) -> int:
    """Remove the guards, tell of each, and return the exit status."""
    chosen = [guard for guard in GUARDS if not words or any(word in guard.what for word in words)]
    if not chosen:
        raise SystemExit("no guard's description has one of these words")
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copy = Path(folder) / "portal"
        copy_tree(copy)
        must_be_green(copy, chosen)
        survivors = 0
        for guard in chosen:
            verdict = remove(copy, guard)
            survivors += not verdict.caught_by
            print(verdict, flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} removals were noticed")
    return int(survivors > 0)


def copy_tree(copy: Path) -> None:
    """Copy what git knows of, and what was compiled."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def must_be_green(copy: Path, guards: list[Guard]) -> None:
    """Make sure that the tests pass while every guard is there."""
    every = sorted({test for guard in guards for test in guard.tests if "-" not in test[:1]})
    code, said = run(copy, tuple(every))
    if code != 0:
        raise SystemExit(f"red although nothing was removed:\n{said[-3000:]}")


def remove(copy: Path, guard: Guard) -> Verdict:
    """Take one guard out, run its tests, and put it back."""
    began = time.monotonic()
    with without(copy / guard.file, guard):
        code, said = run(copy, guard.tests)
    found = _FAILED.search(said)
    caught_by = found[1] if code == RED and found else ""
    return Verdict(guard, caught_by, time.monotonic() - began)


@contextmanager
def without(path: Path, guard: Guard) -> Iterator[None]:
    """Have a file without its guard."""
    text = path.read_text()
    path.write_text(guard.without(text))
    try:
        yield
    finally:
        path.write_text(text)


def run(copy: Path, selection: tuple[str, ...]) -> tuple[int, str]:
    """Run tests in the copy until the first one fails; return how pytest ended, and what it said."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:cacheprovider"]
    ended = subprocess.run([*command, *selection], cwd=copy, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
