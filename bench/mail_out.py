"""How fast one worker hands mails over, and how soon after the click that caused them.

python -m bench.mail_out [--database sqlite|postgresql] [--mails 1000] [--threads 4] [--copies]

A worker as ``flask worker`` starts it, a mail server on loopback, and one transaction for each step of each
mail. First many mails at once, as when an agency asks all its clients; then one after the other, with the
worker idle in between. Times are from the commit of what causes the mail until the row says that the mail
server has it.
"""

import argparse
import base64
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy import func, select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.app import create_app
from portal.core import clock
from portal.core.db import db, may_write
from portal.jobs.work import step
from portal.mail import outbox
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState
from tests.fixtures.postgres import running_server

ONE_BY_ONE = 50
PATIENCE = 300  # seconds


def prepare(stack: ExitStack, database: str, *, copies: bool) -> Flask:
    """Start the mail server, and make the portal."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mail-out-")))
    command = [sys.executable, "-m", "bench.mail_sink", "--journal", str(folder / "journal")]
    sink = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    stack.callback(sink.terminate)
    assert sink.stdout
    settings = {
        "BASE_URL": "http://localhost",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "AUDIT_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATA_DIR": str(folder),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": sink.stdout.readline().strip(),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "portal@portal.example",
        "INBOUND_DOMAIN": "mail.portal.example" if copies else "",
    }
    if database == "postgresql":
        postgres = stack.enter_context(running_server())
        settings |= {"DATABASE_URL": postgres.create("portal"), "JOBS_URL": postgres.create("jobs")}
    os.environ.update({f"PORTAL_{name}": value for name, value in settings.items()})
    app = create_app()
    with app.app_context(), scope.every_agency(reason="the tables are made"):
        flask_migrate.upgrade()
    return app


def found_agency() -> int:
    """Found the agency whose mails they are."""
    with scope.every_agency(reason="the bench founds an agency"):
        may_write()
        agency = Agency(name="Northlight")
        with step():
            db.session.add(agency)
        return agency.id


def post(number: int) -> None:
    """Write one mail, as a request does."""
    outbox.post(
        MailKind.ACCESS_REQUEST,
        key=f"bench:{number}",
        recipient_name="Claire Dubois",
        recipient=f"claire{number}@maple.example",
        language="en",
        values=sample_values(MailKind.ACCESS_REQUEST),
        automatic=False,
    )


def wait_until_sent(mails: int) -> None:
    """Wait until the mail server has that many."""
    deadline = time.monotonic() + PATIENCE
    accepted = select(func.count()).select_from(OutboxMessage)
    accepted = accepted.where(OutboxMessage.state == MailState.ACCEPTED)
    while True:
        count = db.session.scalar(accepted) or 0
        db.session.rollback()
        if count >= mails:
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"only {count} of {mails} mails were sent in {PATIENCE} s")
        time.sleep(0.2)


def burst(mails: int) -> None:
    """Post all at once, and print how fast they went."""
    with step():
        for number in range(mails):
            post(number)
        began = clock.now()
    committed = clock.now()
    wait_until_sent(mails)
    times = db.session.scalars(select(OutboxMessage.accepted_at)).all()
    waits = sorted((accepted - committed).total_seconds() for accepted in times if accepted)
    took = waits[-1]
    print(f"  {mails} at once: {mails / took:.0f} mails/s, all of them after {took:.1f} s")
    print(f"    commit and {mails} nudges {(committed - began).total_seconds():.2f} s")
    print(f"    handed over after: median {statistics.median(waits):.2f} s, 95 % {_part(waits, 0.95):.2f} s")


def trickle(already: int) -> None:
    """Post one after the other, and print how soon each went."""
    waits = []
    for number in range(already, already + ONE_BY_ONE):
        with step():
            post(number)
        committed = clock.now()
        time.sleep(0.3)
        wait_until_sent(number + 1)
        accepted = select(OutboxMessage.accepted_at).order_by(OutboxMessage.id.desc()).limit(1)
        waits.append(((db.session.scalar(accepted) or committed) - committed) / timedelta(seconds=1))
        db.session.rollback()
    waits.sort()
    print(
        f"  {ONE_BY_ONE} one by one: median {statistics.median(waits):.3f} s, 95 % {_part(waits, 0.95):.3f} s"
    )


def _part(ordered: list[float], part: float) -> float:
    return ordered[int(part * (len(ordered) - 1))]


def run(database: str, mails: int, threads: int, *, copies: bool) -> None:
    """Measure on one database."""
    print(f"{database}, {threads} threads{', with copies' if copies else ''}", flush=True)
    with ExitStack() as stack:
        app = prepare(stack, database, copies=copies)
        stack.enter_context(app.app_context())
        agency_id = found_agency()
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--workers", str(threads)]
        worker = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(worker.send_signal, signal.SIGINT)
        time.sleep(5)  # for the worker to start
        stack.enter_context(scope.agency(agency_id))
        burst(mails)
        trickle(mails)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--copies", action="store_true", help="send a copy of each mail to our own mailbox")
    given = parser.parse_args()
    run(given.database, given.mails, given.threads, copies=given.copies)
