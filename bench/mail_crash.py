"""Kills everything that a mail passes through, again and again, and counts the mails.

python -m bench.mail_crash [--seed N] [--mails 2000] [--kills 200] [--database-kills 20] [--sink-kills 20]

People click in a web process (granian), which is killed; a worker hands the mails over and is killed, and
with it its scheduler, a thread of it; PostgreSQL is stopped without warning (immediate mode, as after a
crash); the mail server is killed, puts off 2 % and takes 2 % without a word. It keeps a journal, from which
the copies go to our own mailbox: they are handed to the web process, over and over until it has them. Whoever
clicked and saw no answer clicks again.

Time runs 40 times as fast (bench/quick_time.py), so that the two hours of waiting for a copy take three
minutes. Prints the seed and each demand with its figures; ends with 1 when one is not met.
"""

import argparse
import base64
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask_migrate
import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from bench.quick_time import QuickTime
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.app import create_app
from portal.core.db import db, may_write
from portal.demo.supervisor import free_port
from portal.inbox import signatures
from portal.inbox.signatures import Handover
from portal.jobs.work import step
from portal.mail.models import MailReport, MailTry, OutboxMessage
from portal.mail.states import Event, MailState
from tests.fixtures import postgres
from tests.fixtures.postgres import PostgresServer, running_server

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
SPEED = 40
PEOPLE = 8  # who click at the same time
LIVES = (0.4, 2.4)  # seconds between two kills
DATABASE_AWAY = (0.1, 1.0)
REST_SECONDS = 900
HOST = "127.0.0.1"
MOODS = ("--puts-off", "0.02", "--loses-answers", "0.02")
AT_REST = (MailState.ACCEPTED, MailState.CANCELLED)


@dataclass
class Stage:
    """All that runs, and what was clicked."""

    folder: Path
    database: PostgresServer
    web_port: int
    sink_port: int
    key: str
    rng: random.Random
    nursery: subprocess.Popen[str]
    app: Any
    worker: int = 0
    web: subprocess.Popen[bytes] | None = None
    sink: subprocess.Popen[str] | None = None
    clicked: set[int] = field(default_factory=set)
    kills: Counter[str] = field(default_factory=Counter)
    door: Counter[str] = field(default_factory=Counter)  # what it said to copies
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def journal(self) -> Path:
        """What the mail server took."""
        return self.folder / "journal"

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://{HOST}:{self.web_port}"


def start_worker(stage: Stage) -> None:
    """Let a worker be born."""
    assert stage.nursery.stdin
    assert stage.nursery.stdout
    stage.nursery.stdin.write("\n")
    stage.nursery.stdin.flush()
    stage.worker = int(stage.nursery.stdout.readline())


def start_web(stage: Stage) -> None:
    """Start the web process, a group of its own, so that nothing of it outlives its death."""
    program = [sys.executable, "-m", "granian", "--interface", "asginl", "--workers", "1"]
    place = ["--host", HOST, "--port", str(stage.web_port), "bench.quick_web:asgi"]
    log = (stage.folder / "web.log").open("ab")
    stage.web = subprocess.Popen([*program, *place], stdout=log, stderr=log, start_new_session=True)


def start_sink(stage: Stage) -> None:
    """Start the mail server, with the journal it had."""
    command = [sys.executable, "-m", "bench.mail_sink", "--port", str(stage.sink_port)]
    command += ["--journal", str(stage.journal), *MOODS]
    stage.sink = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert stage.sink.stdout
    stage.sink_port = int(stage.sink.stdout.readline())


def tend(stage: Stage) -> None:
    """Start what ended by itself, such as without its database, as whatever supervises it would."""
    if stage.web and stage.web.poll() is not None:
        stage.kills["web that ended by itself"] += 1
        start_web(stage)
    try:
        os.kill(stage.worker, 0)
    except ProcessLookupError:
        stage.kills["worker that ended by itself"] += 1
        start_worker(stage)


def kill_worker(stage: Stage) -> None:
    """Kill the worker, and start another."""
    tend(stage)
    with suppress(ProcessLookupError):
        os.kill(stage.worker, signal.SIGKILL)
    start_worker(stage)


def kill_web(stage: Stage) -> None:
    """Kill the web process, and start another."""
    assert stage.web
    with suppress(ProcessLookupError):
        os.killpg(stage.web.pid, signal.SIGKILL)
    stage.web.wait()
    start_web(stage)


def kill_sink(stage: Stage) -> None:
    """Kill the mail server, and start it again."""
    assert stage.sink
    stage.sink.kill()
    stage.sink.wait()
    start_sink(stage)


def kill_database(stage: Stage) -> None:
    """Stop the database without warning; what was committed is all it knows afterwards."""
    stage.database._control("stop", "--mode", "immediate")  # noqa: SLF001 - no test wants this
    time.sleep(stage.rng.uniform(*DATABASE_AWAY))
    stage.database.start()


def click(stage: Stage, numbers: range) -> None:
    """Cause one mail after the other; without an answer, click again."""
    with httpx.Client(timeout=10) as browser:
        for number in numbers:
            while not stage.ended.is_set():
                with suppress(httpx.HTTPError):
                    if browser.post(f"{stage.url}/bench/post/{number}").status_code == 200:
                        stage.clicked.add(number)
                        break
                time.sleep(0.1)


def pass_copies_on(stage: Stage) -> None:
    """Be the mail server's queue: hand each copy to our own mailbox, until it has it."""
    with httpx.Client(timeout=10) as courier, stage.journal.open() as journal:
        while not stage.ended.is_set():
            line = journal.readline()
            if not line.endswith("\n"):
                journal.seek(journal.tell() - len(line))
                time.sleep(0.05)
                continue
            taken = json.loads(line)
            ours = [to for to in taken["recipients"] if to.endswith("@mail.portal.example")]
            while ours and not stage.ended.is_set() and not hand_over(stage, courier, taken["raw"], ours):
                time.sleep(0.2)


def hand_over(stage: Stage, courier: httpx.Client, raw: str, recipients: list[str]) -> bool:
    """Hand one mail to the portal's door; tell whether it has it."""
    now = QuickTime.from_environment().now()
    handover = Handover(str(int(now.timestamp())), secrets.token_hex(16), "main", recipients)
    headers = {
        "X-Portal-Timestamp": handover.timestamp,
        "X-Portal-Nonce": handover.nonce,
        "X-Portal-Signature": signatures.sign(handover, raw.encode(), stage.key),
    }
    address = f"{stage.url}/inbound/main?{urlencode({'recipient': recipients}, doseq=True)}"
    try:
        answer = courier.post(address, content=raw.encode(), headers=headers).status_code
    except httpx.HTTPError as error:
        stage.door[type(error).__name__] += 1
        return False
    stage.door[str(answer)] += 1
    return answer in {200, 409}


def prepare(stack: ExitStack, seed: int) -> Stage:
    """Set up everything, before anything dies."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mail-crash-")))
    # A database that dies must keep what it committed; only the machine under it does not die.
    postgres.QUICK = tuple(setting for setting in postgres.QUICK if "synchronous_commit" not in setting)
    database = stack.enter_context(running_server())
    key = secrets.token_urlsafe(48)
    sink_port = free_port(HOST, 0)
    settings = {
        "BASE_URL": "http://localhost",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "AUDIT_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATA_DIR": str(folder),
        "DATABASE_URL": database.create("portal"),
        "JOBS_URL": database.create("jobs"),
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(sink_port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "portal@portal.example",
        "INBOUND_DOMAIN": "mail.portal.example",
        "INBOUND_WEBHOOK_SECRET": key,
    }
    quick = QuickTime(START, time.time(), SPEED)
    os.environ.update({f"PORTAL_{name}": value for name, value in settings.items()} | quick.to_environment())
    quick.live_by_it()
    app = create_app()
    with app.app_context(), scope.every_agency(reason="the tables are made"):
        flask_migrate.upgrade()
        may_write()
        with step():
            db.session.add(Agency(name="Northlight"))
    log = stack.enter_context((folder / "workers.log").open("w"))
    command = [sys.executable, "-m", "bench.quick_time"]
    nursery = stack.enter_context(
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    )
    assert nursery.stdout
    nursery.stdout.readline()
    rng = random.Random(seed)
    stage = Stage(folder, database, free_port(HOST, 0), sink_port, key, rng, nursery, app)
    stage.journal.touch()
    return stage


def kill_again_and_again(stage: Stage, kills: Counter[str]) -> None:
    """Kill this and that, in an order of chance."""
    deaths = {"worker": kill_worker, "web": kill_web, "database": kill_database, "sink": kill_sink}
    order = list(kills.elements())
    stage.rng.shuffle(order)
    for number, victim in enumerate(order, 1):
        time.sleep(stage.rng.uniform(*LIVES))
        tend(stage)
        deaths[victim](stage)
        stage.kills[victim] += 1
        if number % 20 == 0:
            print(f"  {number} kills, {len(stage.clicked)} clicks answered", flush=True)


def states(stage: Stage) -> Counter[str]:
    """Return how many mails are in which state; empty while the database does not answer."""
    statement = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    try:
        with stage.app.app_context(), scope.agency(1):
            return Counter({str(state): count for state, count in db.session.execute(statement)})
    except DBAPIError:
        return Counter()


def wait_for_rest(stage: Stage, mails: int) -> float:
    """Wait until every mail's end is known; return the seconds that took."""
    began = time.monotonic()
    shown = began
    while time.monotonic() - began < REST_SECONDS:
        tend(stage)
        now = states(stage)
        if len(stage.clicked) == mails and sum(now.values()) == sum(now[state] for state in AT_REST):
            break
        if time.monotonic() - shown > 30:
            print(f"  at rest? {dict(now)}; copies at the door: {dict(stage.door)}", flush=True)
            shown = time.monotonic()
        time.sleep(0.5)
    return time.monotonic() - began


def report(stage: Stage, mails: int, seconds: float) -> bool:
    """Print each demand with its figures; tell whether all are met."""
    journal = [json.loads(line) for line in stage.journal.read_text().splitlines()]
    taken = Counter(
        line["message_id"] for line in journal if line["recipients"][0].endswith("@maple.example")
    )
    with stage.app.app_context(), scope.agency(1):
        rows = db.session.execute(select(OutboxMessage.message_id, OutboxMessage.state)).all()
        tried = db.session.execute(select(MailTry.outcome, func.count()).group_by(MailTry.outcome)).all()
        again = db.session.scalar(select(func.count()).where(MailReport.event == Event.NOT_TAKEN))
    lost = [message_id for message_id, _state in rows if taken[message_id] == 0]
    doubled = [message_id for message_id, times in taken.items() if times > 1]
    ends = Counter(str(state) for _message_id, state in rows)
    print(f"  kills: {dict(stage.kills)}; attempts: {dict(map(tuple, tried))}; sent again by proof: {again}")
    demands = [
        (f"{mails} clicks made {mails} mails", f"{len(rows)}", len(rows) == mails == len(stage.clicked)),
        ("no mail is lost", f"{len(lost)}", not lost),
        ("no mail is taken twice", f"{len(doubled)}", not doubled),
        ("no mail is left in doubt", f"{ends[MailState.IN_DOUBT]}", not ends[MailState.IN_DOUBT]),
        ("every mail is known to be sent", f"{dict(ends)}, after {seconds:.0f} s", ends["accepted"] == mails),
    ]
    for text, figures, is_met in demands:
        print(f"{'ok' if is_met else 'FAILED':<7}{text}: {figures}")
    return all(is_met for _text, _figures, is_met in demands)


def run(seed: int, mails: int, kills: Counter[str]) -> bool:
    """Kill, wait, count."""
    print(f"seed {seed}", flush=True)
    with ExitStack() as stack:
        stage = prepare(stack, seed)
        start_sink(stage)
        start_web(stage)
        start_worker(stage)
        threads = [
            *(threading.Thread(target=click, args=(stage, range(n, mails, PEOPLE))) for n in range(PEOPLE)),
            threading.Thread(target=pass_copies_on, args=(stage,)),
        ]
        try:
            for thread in threads:
                thread.start()
            kill_again_and_again(stage, kills)
            return report(stage, mails, wait_for_rest(stage, mails))
        finally:
            stage.ended.set()
            for thread in threads:
                thread.join()
            with suppress(ProcessLookupError):
                os.kill(stage.worker, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.killpg(stage.web.pid, signal.SIGKILL)
            stage.sink.kill()
            stage.nursery.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument(
        "--kills", type=int, default=200, help="of the worker and of the web process together"
    )
    parser.add_argument("--database-kills", type=int, default=20)
    parser.add_argument("--sink-kills", type=int, default=20)
    given = parser.parse_args()
    workers = given.kills * 3 // 4
    plan = Counter(
        worker=workers, web=given.kills - workers, database=given.database_kills, sink=given.sink_kills
    )
    sys.exit(not run(given.seed, given.mails, plan))
