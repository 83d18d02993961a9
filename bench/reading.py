"""Reading one account of 20,000 users into the mirror: its time, its memory, and what a second read writes.

python -m bench.reading [--users 20000] [--database sqlite]

An emulated HubSpot in a process of its own holds the account; its limits are lifted, so that what is
measured is ours. The portal reads it twice through the worker's own job. Memory is the peak of this
process above what it had before. A second read of the same must write no user.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import click
import httpx
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event

from bench.ground import ROOT, Ground
from bench.pages import processor
from portal.accounts.actions import AccountFacts, add_account
from portal.accounts.models import Account
from portal.agencies import scope
from portal.app import create_app
from portal.core.db import db, may_write
from portal.crm import actions as connecting
from portal.demo.emulator.names import REGIONS, people
from portal.demo.emulator.seeds import SeedAccount, SeedSeat, SeedUser
from portal.demo.emulator.store import seed_account
from portal.demo.supervisor import free_port
from portal.jobs.work import step
from portal.team.actions import found_agency
from portal.users.actions import ask_for_read
from portal.users.models import MirrorRead
from tests.fixtures.postgres import running_server

HOST = "127.0.0.1"
LIFTED = {"limits": False, "ten_seconds": 1_000_000, "daily": 1_000_000_000}


def large_account(users: int) -> SeedAccount:
    """Return an account with so many users; each signed in twice, save one of ten."""
    now = datetime.now(UTC)
    everyone = islice(people(REGIONS[0], "large.example", "reading"), users)
    return SeedAccount(
        tier="enterprise",
        number=1,
        name="Large",
        users=(
            SeedUser(
                person.email,
                person.first_name,
                person.last_name,
                seats=("Core",),
                sign_ins=() if place % 10 == 0 else (now - timedelta(days=30), now - timedelta(days=2)),
            )
            for place, person in enumerate(everyone)
        ),
        seats=(SeedSeat("Core", 100, paid=True),),
    )


@contextmanager
def emulated(account: SeedAccount, folder: Path) -> Iterator[str]:
    """Run an emulated HubSpot that holds the account, without limits; gives its address."""
    database, port = folder / "emulator.db", free_port(HOST, 0)
    seed_account(database, account)
    command = [sys.executable, "-m", "portal.demo.emulator", "--port", str(port), "--database", str(database)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it says when it is ready
        httpx.post(f"http://{HOST}:{port}/_control/knobs", json=LIFTED).raise_for_status()
        yield f"http://{HOST}:{port}"
    finally:
        process.kill()
        process.wait()


def connect(app: Flask, account: SeedAccount) -> tuple[int, int]:
    """Found an agency with the account, connected; return the ids of both, without having read it."""
    may_write()
    with step():
        owner = found_agency("Bench", name="Bench", email="b@b.example", password="-" * 20, language="en")
        row = add_account(AccountFacts(name="Large"), by=owner)
        key = connecting.start_test(row, account.token, owner).key
    app.extensions["jobs"].drain()
    with step():
        connecting.save_connection(row, key, owner)
    app.extensions["jobs"].huey.storage.flush_all()
    return owner.agency_id, row.id


def read(app: Flask, agency_id: int, account_id: int) -> None:
    """Read the account as a worker does, and print what it took."""
    written: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        if sql.startswith(("INSERT INTO users ", "UPDATE users ")):
            written.append(sql)

    with scope.agency(agency_id):
        with step():
            read_id = ask_for_read(db.session.get_one(Account, account_id)).id
        before, began, spent = _memory("VmRSS"), time.monotonic(), processor(os.getpid())
        Path("/proc/self/clear_refs").write_text("5")  # from here on the peak counts anew
        event.listen(db.engine, "before_cursor_execute", note)
        app.extensions["jobs"].drain()
        event.remove(db.engine, "before_cursor_execute", note)
        row = db.session.get_one(MirrorRead, read_id, populate_existing=True)
        print(
            f"  {row.state}: {row.users_read:,} users in {time.monotonic() - began:.1f} s"
            f" ({processor(os.getpid()) - spent:.1f} s of processor),"
            f" {_memory('VmHWM') - before:.0f} MB more at the peak,"
            f" {len(written)} statements that write users",
            flush=True,
        )
        db.session.commit()


def _memory(name: str) -> float:
    """Return a figure of this process's memory in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


@click.command()
@click.option("--users", "sizes", multiple=True, default=(2_000, 20_000))
@click.option("--database", "databases", multiple=True, default=("sqlite", "postgresql"))
def main(sizes: tuple[int, ...], databases: tuple[str, ...]) -> None:
    """Read a large account twice on each database."""
    for database in databases:
        for users in sizes:
            print(f"{database}, {users:,} users")
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                url = f"sqlite:///{folder / 'portal.db'}"
                if database == "postgresql":
                    url = stack.enter_context(running_server()).create("portal")
                account = large_account(users)
                address = stack.enter_context(emulated(account, folder))
                settings = Ground(database, folder, url).environment
                own = {"PORTAL_HUBSPOT_URL": address, "PORTAL_JOBS_URL": "memory://"}
                os.environ.update({**settings, **own})
                app = create_app()
                with app.app_context():
                    with scope.every_agency(reason="tables are nobody's"):
                        upgrade()
                    agency_id, account_id = connect(app, account)
                    for _ in range(2):
                        read(app, agency_id, account_id)
                    db.session.remove()
                    db.engine.dispose()


if __name__ == "__main__":
    main()
