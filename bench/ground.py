"""Where measurements stand: a seeded portal on either database, kept under ``var/bench`` for the next run."""

import base64
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.postgres import kept_server

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "var" / "bench"
ROOMY = ("shared_buffers=1GB", "effective_cache_size=4GB", "max_wal_size=4GB")
SEEDED = re.compile(r"Sign in as (\S+) with the password (\S+)")


@dataclass(frozen=True, slots=True)
class Ground:
    """One portal with its database: the settings as environment, and who may sign in."""

    database: str
    folder: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process that works on this ground."""
        portal = {
            "MODE": "demo",
            "BASE_URL": "http://127.0.0.1",
            "SECRET_KEY": "s" * 40,
            "AUDIT_KEY": "a" * 40,
            "ENCRYPTION_KEYS": base64.b64encode(b"k" * 32).decode(),
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.url,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": "1",
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "portal@portal.example",
            "HUBSPOT_URL": "http://127.0.0.1:1",
        }
        own = {f"PORTAL_{name}": value for name, value in portal.items()}
        return {**os.environ, **own, "PYTHONPATH": str(ROOT)}

    @property
    def credentials(self) -> tuple[str, str]:
        """The address and the password of the owner."""
        email, password = (self.folder / "owner").read_text().split()
        return email, password


@contextmanager
def ground(database: str, accounts: int, users: int) -> Iterator[Ground]:
    """Lend a seeded portal on ``sqlite`` or ``postgresql``; the first time it is seeded and timed."""
    folder = KEPT / f"{database}-{accounts}-{users}"
    folder.mkdir(parents=True, exist_ok=True)
    if database == "sqlite":
        yield _seeded(Ground(database, folder, f"sqlite:///{folder / 'portal.db'}"), accounts, users)
        return
    with _home_of_server(folder) as home, kept_server(home, *ROOMY) as server:
        if not (folder / "owner").exists():
            server.create("portal")
        yield _seeded(Ground(database, folder, server.url("portal")), accounts, users)


@contextmanager
def _home_of_server(folder: Path) -> Iterator[Path]:
    """Lend a short path to the server's folder: its socket stands in it, and sockets have short names."""
    data = folder / "server"
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        link = Path(home) / "server"
        link.symlink_to(data)
        yield link


def _seeded(place: Ground, accounts: int, users: int) -> Ground:
    if not (place.folder / "owner").exists():
        for leftover in place.folder.glob("*.db*"):
            leftover.unlink()
        _flask(place, "db", "upgrade")
        said = _flask(place, "seed", f"--accounts={accounts}", f"--users={users}")
        found = SEEDED.search(said)
        assert found, said
        (place.folder / "owner").write_text(" ".join(found.groups()))
    else:
        _flask(place, "db", "upgrade")  # it may be of yesterday
    return place


def _flask(place: Ground, *arguments: str) -> str:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    said = {"capture_output": True, "text": True}
    done = subprocess.run(command, env=place.environment, cwd=ROOT, check=False, **said)
    if done.returncode:
        raise SystemExit(f"flask {' '.join(arguments)} failed: {done.stderr or done.stdout}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"flask {' '.join(arguments)} on {place.database}:"
        f" {time.monotonic() - began:.0f} s, {processor:.0f} s of processor",
        flush=True,
    )
    return done.stdout
