"""Where the demo lives, and how its processes are called and find each other."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from portal.demo.mailbox.replying import RECEIVER

SECRETS = "secrets.json"
FILLED = "filled"
TABLES = "tables"
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """One demo: its folder and its three ports."""

    folder: Path
    port: int
    emulator_port: int
    smtp_port: int

    def is_new(self) -> bool:
        """Tell whether this demo was never filled."""
        return not (self.folder / FILLED).exists()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder for one demo at a time; `make demo-reset` asks for the same lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise click.ClickException(
                    f"A demo is running already in {self.folder}. Stop it first, with Ctrl-C where it runs."
                ) from None
            yield

    def forget_half_filled(self) -> None:
        """Clear away what an interrupted filling left; the emulated HubSpot keeps its accounts."""
        for pattern in ("portal.db*", "jobs.db*"):
            for leftover in self.folder.glob(pattern):
                leftover.unlink()

    def forget_tables(self) -> None:
        """Forget that the database is up to date; whoever prepares it says so again."""
        (self.folder / TABLES).unlink(missing_ok=True)

    def has_tables(self) -> bool:
        """Tell whether the database is up to date, filled or not."""
        return (self.folder / TABLES).exists()

    def environment(self) -> dict[str, str]:
        """Return the settings of all processes; keys are made once and kept with the data."""
        self.folder.mkdir(parents=True, exist_ok=True)
        portal = {
            "MODE": "demo",
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "DATA_DIR": str(self.folder),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.smtp_port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "portal@northlight.example",
            "INBOUND_DOMAIN": "in.northlight.example",
            "INBOUND_AUTHSERV_ID": RECEIVER,
            "HUBSPOT_URL": f"http://127.0.0.1:{self.emulator_port}",
            **self._secrets(),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        own = {f"PORTAL_{name}": value for name, value in portal.items()}
        return {**inherited, **own, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}

    def emulator(self) -> tuple[str, ...]:
        """Return the emulator's module and arguments."""
        database = str(self.folder / "emulator.db")
        return ("portal.demo.emulator", "--port", str(self.emulator_port), "--database", database)

    def mailbox(self) -> tuple[str, ...]:
        """Return the mailbox's module and arguments."""
        database = str(self.folder / "mailbox.db")
        return ("portal.demo.mailbox", "--port", str(self.smtp_port), "--database", database)

    def web(self) -> tuple[str, ...]:
        """Return the web server's module and arguments."""
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        size = ("--workers", "1", "--respawn-failed-workers", "--log-level", "warning")
        return ("granian", "--interface", "asginl", *address, *size, "wsgi:asgi")

    def welcome(self) -> str:
        """Return what to tell whoever started the demo."""
        return "\n".join(
            (
                "",
                f"  Portal:   http://127.0.0.1:{self.port}  (choose a member there; no password is needed)",
                f"  Mailbox:  http://127.0.0.1:{self.port}/demo/mailbox  (every mail, as received)",
                f"  HubSpot:  http://127.0.0.1:{self.emulator_port}  (emulated; sign users in, break things)",
                "",
                "  Nothing leaves this machine. Ctrl-C stops everything; the data stays.",
                "  `make demo-reset` starts over.",
                "",
            )
        )

    def _secrets(self) -> dict[str, str]:
        path = self.folder / SECRETS
        path.touch(mode=0o600)
        known: dict[str, str] = json.loads(path.read_text() or "{}")
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "AUDIT_KEY": secrets.token_urlsafe(48),
            "ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
            "INBOUND_WEBHOOK_SECRET": secrets.token_urlsafe(48),
        }
        if known.keys() != made.keys():
            known = {**made, **known}
            path.write_text(json.dumps(known))
        return known
