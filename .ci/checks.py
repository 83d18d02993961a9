"""Runs every check, says how long each took, and ends with one line: ``N passed, N failed``.

A check that fails does not stop the others. ``--lint`` runs only those that read code.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

LINT = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("templates", ["djlint", "--lint", "--quiet", "templates"]),
    ("types", ["mypy"]),
    ("rooms", ["lint-imports"]),
)

# Where the two databases could differ: locks, keys, search, what survives a kill.
ON_POSTGRESQL = [
    f"tests/{room}"
    for room in (
        "agencies",
        "audit",
        "jobs",
        "users",
        "mail",
        "mail_templates",
        "inbox",
        "provisioning",
        "access_requests",
    )
]

# What is decided about a mail is decided in Python, whatever the database: its hundreds of cases run once.
WITHOUT_MATRIX = "--ignore=tests/inbox/test_matrix.py"

TESTS = (
    ("tests on SQLite", ["pytest", "--quiet", "-n", "auto", "-m", "not journey"]),
    (
        "tests on PostgreSQL",
        ["pytest", "--quiet", "-n", "auto", "--database=postgresql", WITHOUT_MATRIX, *ON_POSTGRESQL],
    ),
    (
        # Each worker has its own demo. Files keep their order: the walk of links needs a demo nobody used.
        "journeys in Chromium",
        ["pytest", "--quiet", "-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "journey"],
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a check."""

    name: str
    seconds: float
    passed: int
    failed: int

    def __str__(self) -> str:
        verdict = "FAILED" if self.failed else "ok"
        counts = f"{self.passed:>6} passed {self.failed:>4} failed"
        return f"{self.name:<30}{self.seconds:>7.1f} s {counts}  {verdict}"


def run(name: str, command: list[str], *options: str) -> tuple[float, int]:
    """Run one program of the virtual environment; return how long it took and how it ended."""
    print(f"\n== {name}: {' '.join(command)}", flush=True)
    began = time.monotonic()
    ended = subprocess.run([BIN / command[0], *command[1:], *options], cwd=ROOT, check=False)
    return time.monotonic() - began, ended.returncode


def lint(name: str, command: list[str]) -> Outcome:
    """Run a linter; it counts as one check."""
    seconds, code = run(name, command)
    return Outcome(name, seconds, passed=int(code == 0), failed=int(code != 0))


def test(name: str, command: list[str]) -> Outcome:
    """Run pytest; each of its tests counts."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        seconds, code = run(name, command, f"--junitxml={report}")
        total, bad, skipped = _counts(report)
    return Outcome(name, seconds, passed=total - bad - skipped, failed=bad or int(code != 0))


def _counts(report: Path) -> tuple[int, int, int]:
    if not report.exists():
        return 0, 0, 0
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - pytest wrote it, just now
    kinds = ("tests", "failures", "errors", "skipped")
    counts = [[int(suite.get(kind, 0)) for kind in kinds] for suite in suites]
    total, failures, errors, skipped = (sum(column) for column in zip(*counts, strict=True))
    return total, failures + errors, skipped


def main() -> int:
    """Run the checks and return the exit status."""
    outcomes = [lint(name, command) for name, command in LINT]
    if "--lint" not in sys.argv:
        outcomes += [test(name, command) for name, command in TESTS]
    print("", *outcomes, sep="\n")
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
