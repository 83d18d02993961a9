"""Kills the worker at random moments, on a bad line, and counts what became of every person and every mail.

python -m bench.crash [--database sqlite|postgresql] [--seed N] [--requests 40] [--people 60] [--kills 200]

An agency asks for people by clicks on the portal's own pages; clients answer from the mails that arrive;
the worker, a process of its own, is killed with SIGKILL again and again. Meanwhile the emulated HubSpot
answers 2 % of its calls with 502, drops 2 % before and 2 % after having acted, and asks to slow down, for
seconds and for the rest of the day. The mail server puts off 3 %, refuses 1 %, and takes 2 % without a
word. Time runs 20 times as fast (bench/quick_time.py says how), so that pauses of an hour end in minutes.

Prints the seed and each demand with its figures; ends with 1 when one is not met.
"""

import argparse
import base64
import logging
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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import httpx
from sqlalchemy import select

from bench.moody_sink import MoodySink, SinkServer
from bench.office import ACCOUNTS, Office
from bench.quick_time import QuickTime
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import RequestState
from portal.agencies import scope
from portal.app import create_app
from portal.core.db import db
from portal.demo.emulator.store import seed_account
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.states import RunState
from tests.fixtures.postgres import PostgresServer, running_server

EVENING = datetime(2026, 11, 27, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)  # where "for the rest of the day" ends: late in the killing
SPEED = 20
LIVES = (0.0, 1.0)  # seconds a worker may live once it is at work
DIES_AT_BIRTH = 5  # one in so many is killed while it starts
BIRTH = 1.0  # seconds a start takes, about
REST_SECONDS = 120
LATENCY = 0.01
ERRORS, DROPS = 0.02, 0.04  # half of those dropped have acted

ON_THE_WAY = (MailState.QUEUED, MailState.SENDING, MailState.DEFERRED)
DECIDABLE = (MailState.IN_DOUBT, MailState.REFUSED, MailState.HELD)
GOES_ON = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)
HONEST = (503, 507)  # the database is away, or full
USERS = "/settings/users/2026-09"


@dataclass(frozen=True)
class Size:
    """How much is done, and how often the worker is killed meanwhile."""

    requests: int = 40
    people: int = 60
    kills: int = 200

    @property
    def killing(self) -> timedelta:
        """How long the killing takes, about, by the quick time."""
        return timedelta(seconds=self.kills * (BIRTH + sum(LIVES) / 2) * SPEED)


@dataclass
class Demand:
    """Something that must be true in the end; ``faults`` says where it is not."""

    text: str
    figures: str
    faults: list[str]

    def __str__(self) -> str:
        verdict = "FAILED" if self.faults else "ok"
        return "\n".join(
            [f"{verdict:<7}{self.text}: {self.figures}", *(f"         {each}" for each in self.faults[:10])]
        )


class Emulator:
    """The emulated HubSpot, a process of its own that can go and come back."""

    def __init__(self, folder: Path) -> None:
        self._database = folder / "emulator.db"
        self.url = "http://127.0.0.1:0"
        for account in ACCOUNTS:
            seed_account(self._database, account)

    def start(self) -> None:
        """Start it, where it was before."""
        port = self.url.rpartition(":")[2]
        options = ("--port", port, "--database", str(self._database))
        command = [sys.executable, "-m", "portal.demo.emulator", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = self._process.stdout.readline().split()[-1]

    def stop(self) -> None:
        """Take it away."""
        self._process.kill()
        self._process.communicate()


@dataclass
class Stage:
    """All that runs: the agency, the sink, the emulator, and whoever gives birth to workers."""

    folder: Path
    quick: QuickTime
    office: Office
    sink: MoodySink
    emulator: Emulator
    nursery: subprocess.Popen[str]
    rng: random.Random
    postgres: PostgresServer | None = None
    workers: list[int] = field(default_factory=list)

    @property
    def emulator_url(self) -> str:
        """Where the emulator listens."""
        return self.emulator.url

    def start_worker(self) -> None:
        """Start a worker."""
        assert self.nursery.stdin
        self.nursery.stdin.write("\n")
        self.nursery.stdin.flush()
        self.workers.append(int(self._next_word(str.isdecimal)))

    def wait_for_worker(self) -> None:
        """Wait until the worker started last is at work; raise ``SystemExit`` if it never gets there."""
        pid = self.workers[-1]
        if self._next_word({f"at work {pid}", f"gone {pid}"}.__contains__).startswith("gone"):
            raise SystemExit(f"A worker did not start:\n{(self.folder / 'workers.log').read_text()[-2000:]}")

    def _next_word(self, is_it: Callable[[str], bool]) -> str:
        """Return the next thing the nursery says that is meant, and pass over what earlier workers said."""
        assert self.nursery.stdout
        return next(word for line in self.nursery.stdout if is_it(word := line.strip()))

    def kill_workers(self) -> None:
        """Kill every worker, whatever it is at."""
        while self.workers:
            os.kill(self.workers.pop(), signal.SIGKILL)

    def control(self, action: str, **given: object) -> None:
        """Pull a lever of the emulator."""
        httpx.post(f"{self.emulator_url}/_control/{action}", json=given, timeout=30).raise_for_status()

    def read(self, query: Callable[[], Any]) -> Any:
        """Look into the database."""
        with self.office.app.app_context(), scope.agency(self.office.agency_id):
            return query()


@contextmanager
def staged(database: str, seed: int, size: Size, disk: Path | None = None) -> Iterator[Stage]:
    """Set up everything, before anything goes wrong; ``disk`` is where the portal keeps its files."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        disk = disk or folder
        sink = MoodySink(random.Random(seed + 1), has_moods=False)
        server = stack.enter_context(SinkServer(sink))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        emulator = Emulator(folder)
        emulator.start()
        stack.callback(emulator.stop)
        urls, postgres = {}, None
        if database == "postgresql":
            postgres = stack.enter_context(running_server())
            urls = {"DATABASE_URL": postgres.create("portal"), "JOBS_URL": postgres.create("jobs")}
        settings = _settings(disk, server.server_address[1], emulator.url) | urls
        os.environ.update({f"PORTAL_{name}": value for name, value in settings.items()})
        logging.basicConfig(filename=disk / "web.log")  # what goes wrong here is meant to
        logging.raiseExceptions = False  # nor can it be written where the disk is full
        quick = QuickTime(EVENING, time.time(), SPEED, folder / "dial")
        quick.live_by_it()
        office = Office(_new_portal(), sink, emulator.url)
        office.found()
        office.sign_in()
        quick.jump_to(MIDNIGHT - size.killing * 0.75)
        nursery = stack.enter_context(_nursery(folder, quick))
        stage = Stage(folder, quick, office, sink, emulator, nursery, random.Random(seed), postgres)
        stack.callback(stage.kill_workers)
        yield stage


def _settings(folder: Path, smtp_port: int, emulator_url: str) -> dict[str, str]:
    return {
        "BASE_URL": "http://localhost",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "AUDIT_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATA_DIR": str(folder),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "portal@portal.example",
        "HUBSPOT_URL": emulator_url,
    }


def _new_portal() -> Any:
    app = create_app()
    with app.app_context(), scope.every_agency(reason="the tables are made"):
        flask_migrate.upgrade()
    return app


@contextmanager
def _nursery(folder: Path, quick: QuickTime) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.quick_time"]
    with (
        (folder / "workers.log").open("w") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **quick.to_environment()},
        ) as process,
    ):
        assert process.stdout
        process.stdout.readline()
        yield process
        process.terminate()


def kill_again_and_again(stage: Stage, size: Size) -> None:
    """Let the agency work while its worker dies, so many times."""
    stage.sink.has_moods = True
    knobs = {"latency": LATENCY, "error_rate": ERRORS, "drop_rate": DROPS, "seed": stage.rng.randrange(10**6)}
    stage.control("knobs", limits=False, **knobs)
    groups = groups_of(size)
    for kill in range(size.kills):
        stage.start_worker()
        if kill % DIES_AT_BIRTH:
            stage.wait_for_worker()
        dies_at = time.monotonic() + stage.rng.uniform(*LIVES)
        with stage.office.patience():
            while len(stage.office.requests) < len(groups) * (kill + 1) / size.kills:
                stage.office.ask_for(groups[len(stage.office.requests)])
        _ask_to_slow_down(stage, kill, size)
        with stage.office.patience():
            stage.office.look_round()
        time.sleep(max(0.0, dies_at - time.monotonic()))
        stage.kill_workers()


def _ask_to_slow_down(stage: Stage, kill: int, size: Size) -> None:
    """Now and then, for seconds; well before midnight for the rest of the day as well."""
    to_midnight = MIDNIGHT - stage.quick.now()
    if kill % 8 == 0:
        stage.control("faults", kind="ten-secondly")
    if kill % 16 == 4 and to_midnight > size.killing / 2:
        stage.control("faults", kind="daily", method="POST", path=USERS)
    if timedelta() < to_midnight < size.killing / 8:
        stage.control("faults/clear")  # one that strikes after midnight would be for a whole day


def groups_of(size: Size) -> list[list[str]]:
    """Return who is asked for together."""
    people = [f"person{number}@client.example" for number in range(size.people)]
    spare = size.people - size.requests
    sizes = [2] * spare + [1] * (size.requests - spare)
    return [[people.pop() for _person in range(each)] for each in sizes]


@dataclass(frozen=True)
class Rest:
    """How long it took until nothing went on by itself any more, and what was the last that did."""

    seconds: float
    last: str = "nothing"
    longest: float = REST_SECONDS

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, the last was {self.last}"


def wait_for_rest(stage: Stage, longest: float = REST_SECONDS) -> Rest:
    """Let everybody go on until nothing is left to do, or twice as long as is demanded has passed."""
    began, last = time.monotonic(), "nothing"
    while (seconds := time.monotonic() - began) < longest * 2:
        is_busy = True
        with stage.office.patience():
            is_busy = stage.office.look_round() > 0
        on_the_way = stage.read(_on_the_way)
        if not is_busy and not on_the_way:
            break
        last = ", ".join(on_the_way[:3]) or "a click"
        time.sleep(0.2)
    return Rest(seconds, last, longest)


def _on_the_way() -> list[str]:
    mails = db.session.scalars(select(OutboxMessage.state).where(OutboxMessage.state.in_(ON_THE_WAY))).all()
    runs = db.session.scalars(select(ProvisioningRun.state).where(ProvisioningRun.state.in_(GOES_ON))).all()
    requests = db.session.scalars(
        select(AccessRequest.state).where(AccessRequest.state == RequestState.PROVISIONING)
    ).all()
    expected = _expected()
    return [str(state) for state in (*mails, *runs, *requests)] + expected


def _expected() -> list[str]:
    """Return who has signed in and was not seen yet; they are looked for every few minutes."""
    waits = (RequestPerson.welcomed_at.is_not(None), RequestPerson.signed_in_at.is_(None))
    undecided = _undecided_receivers()
    return [
        email
        for email in db.session.scalars(select(RequestPerson.email).where(*waits))
        if email not in undecided
    ]


def _undecided_receivers() -> dict[str, str]:
    statement = select(OutboxMessage.recipient, OutboxMessage.reason).where(
        OutboxMessage.state.in_(DECIDABLE)
    )
    return dict(db.session.execute(statement).all())


def demands_at_rest(stage: Stage, size: Size, rest: Rest) -> list[Demand]:
    """Return what must be true as soon as nothing goes on by itself."""
    there, refusals = users_in_the_crm(stage), stage.office.refusals
    unexplained = [str(each) for each in refusals if each.status not in HONEST]
    return [
        Demand("no click is lost without a page that says why", f"{len(refusals)} refused", unexplained),
        Demand(f"at rest within {rest.longest:.0f} s of the last kill", str(rest), _late(stage, rest)),
        _nobody_twice(stage, there),
        _everything_has_a_reason(stage, size),
        _no_mail_lost(stage),
        _taken_once(stage),
        _database_and_sink_agree(stage),
    ]


def users_in_the_crm(stage: Stage) -> Counter[str]:
    """Return how often each person of the agency's requests is in the emulator."""
    found: Counter[str] = Counter()
    wanted = {email for request in stage.office.requests for email in request.people}
    for account in ACCOUNTS:
        after: str | None = None
        with httpx.Client(headers={"Authorization": f"Bearer {account.token}"}, timeout=30) as client:
            while True:
                page = _read_page(client, stage.emulator_url, after)
                found.update(user["email"] for user in page["results"] if user["email"] in wanted)
                after = page.get("paging", {}).get("next", {}).get("after")
                if after is None:
                    break
    return found


def _read_page(client: httpx.Client, url: str, after: str | None) -> dict[str, Any]:
    """Read a page of users, over and over: the line is as bad for us as it is for the portal."""
    while True:
        with suppress(httpx.TransportError):
            answer = client.get(f"{url}{USERS}", params={"after": after} if after else {})
            if answer.is_success:
                page: dict[str, Any] = answer.json()
                return page


def _late(stage: Stage, rest: Rest) -> list[str]:
    return stage.read(_on_the_way) + ([str(rest)] if rest.seconds > rest.longest else [])


def _nobody_twice(stage: Stage, there: Counter[str]) -> Demand:
    done = set(
        stage.read(
            lambda: db.session.scalars(
                select(ProvisioningRun.email).where(ProvisioningRun.state == RunState.DONE)
            ).all()
        )
    )
    creates = _creates(stage)
    faults = [f"{email} is there {times} times" for email, times in there.items() if times > 1]
    faults += [f"{email} was created {times} times" for email, times in creates.items() if times > 1]
    faults += [f"{email} is set up, but not there" for email in done if email not in there]
    figures = (
        f"{len(there)} people there, {len(done)} set up, {sum(creates.values())} creates answered with 201"
    )
    return Demand("every person who is set up is in the CRM once, nobody twice", figures, faults)


def _creates(stage: Stage) -> Counter[str]:
    answer = httpx.get(
        f"{stage.emulator_url}/_control/calls",
        params={"method": "POST", "path": USERS, "last": 5000},
        timeout=30,
    )
    return Counter(call["body"]["email"] for call in answer.json()["calls"] if call["status"] == 201)


def _everything_has_a_reason(stage: Stage, size: Size) -> Demand:
    def look() -> tuple[Counter[str], list[str]]:
        undecided, states, faults = _undecided_receivers(), Counter[str](), list[str]()
        for request in db.session.scalars(select(AccessRequest)):
            receivers = {request.contact.email, *(person.email for person in request.people)}
            reasons = [request.reason, *(undecided[each] for each in receivers if each in undecided)]
            states[request.state.value] += 1
            if not any(reasons):
                faults.append(f"the request {request.id} is {request.state.value} without a reason")
        return states, faults

    states, faults = stage.read(look)
    if sum(states.values()) != size.requests:
        faults.append(f"{sum(states.values())} of {size.requests} requests are there")
    figures = ", ".join(f"{number} {state}" for state, number in states.most_common())
    return Demand("every request is finished, or says which person it waits for and why", figures, faults)


def _no_mail_lost(stage: Stage) -> Demand:
    def look() -> tuple[Counter[str], list[str]]:
        mails = db.session.scalars(select(OutboxMessage)).all()
        there = {(mail.topic_id, mail.recipient) for mail in mails}
        faults = [
            f"the mail {mail.id} is {mail.state.value}"
            for mail in mails
            if mail.state not in {MailState.ACCEPTED, *DECIDABLE}
        ]
        faults += [
            f"the mail {mail.id} is {mail.state.value} without a reason"
            for mail in mails
            if mail.state in DECIDABLE and not mail.reason
        ]
        for request in db.session.scalars(select(AccessRequest)):
            due = [request.contact.email, *(person.email for person in request.people if person.welcomed_at)]
            faults += [f"no mail to {each} was written" for each in due if (request.id, each) not in there]
        return Counter(mail.state.value for mail in mails), faults

    states, faults = stage.read(look)
    figures = ", ".join(f"{number} {state}" for state, number in states.most_common())
    return Demand("no mail is lost: each that was due is sent, or waits for a person", figures, faults)


def _taken_once(stage: Stage) -> Demand:
    taken = stage.sink.times_taken()
    faults = [f"{message_id} was taken {times} times" for message_id, times in taken.items() if times > 1]
    return Demand("the mail server took no mail twice", f"{sum(taken.values())} taken", faults)


def _database_and_sink_agree(stage: Stage) -> Demand:
    def look() -> list[tuple[str, MailState]]:
        rows = db.session.execute(select(OutboxMessage.message_id, OutboxMessage.state))
        return [(message_id, state) for message_id, state in rows]

    known, taken = dict(stage.read(look)), stage.sink.times_taken()
    faults = [
        f"{each} is sent, but was not taken"
        for each, state in known.items()
        if state is MailState.ACCEPTED and not taken[each]
    ]
    faults += [
        f"{each} is {state.value}, but was taken"
        for each, state in known.items()
        if state not in {MailState.ACCEPTED, MailState.IN_DOUBT} and taken[each]
    ]
    faults += [f"{each} was taken, but nobody wrote it" for each in taken if each not in known]
    doubts = [taken[each] for each, state in known.items() if state is MailState.IN_DOUBT]
    figures = f"{len(known)} mails, {len(doubts)} in doubt, of which the server has {sum(doubts)}"
    return Demand("database and mail server agree on every mail", figures, faults)


def demands_in_the_end(stage: Stage, size: Size, decisions: int, rest: Rest) -> list[Demand]:
    """Return what must be true once a person has decided all that waited for one."""
    there = users_in_the_crm(stage)
    states = Counter(
        stage.read(lambda: [state.value for state in db.session.scalars(select(AccessRequest.state))])
    )
    missing = [email for group in groups_of(size) for email in group if there[email] != 1]
    is_closed = states[RequestState.CLOSED.value] == size.requests
    figures = f"{states[RequestState.CLOSED.value]} of {size.requests} closed, after {decisions} decisions"
    return [
        Demand("every person is in the CRM exactly once", f"{len(there)} of {size.people}", missing),
        Demand(
            "decisions are all that was missing: every request is closed",
            figures,
            [] if is_closed else [str(dict(states))],
        ),
        Demand(f"at rest within {rest.longest:.0f} s of the last decision", str(rest), _late(stage, rest)),
        _taken_once(stage),
        _database_and_sink_agree(stage),
    ]


def let_a_person_decide(stage: Stage) -> tuple[int, Rest]:
    """Put an end to bad luck, and decide until nothing waits; returns how often, and the rest."""
    stage.sink.has_moods = False
    stage.control("knobs", error_rate=0, drop_rate=0)
    stage.control("faults/clear")
    decisions, rest = 0, Rest(0)
    while (decided := stage.office.decide()) and decisions < 1000:
        decisions += decided
        rest = wait_for_rest(stage)
    return decisions, rest


def crash(database: str, seed: int, size: Size, say: Callable[[str], None]) -> list[Demand]:
    """Do it all, and return what was demanded."""
    with staged(database, seed, size) as stage:
        began = time.monotonic()
        kill_again_and_again(stage, size)
        worked = time.monotonic() - began
        stage.start_worker()
        demands = demands_at_rest(stage, size, wait_for_rest(stage))
        moods = ", ".join(f"{number} {mood}" for mood, number in stage.sink.moods.most_common())
        say(f"{size.kills} kills in {worked:.0f} s; {stage.office.clicks} clicks; the mail server: {moods}")
        return demands + demands_in_the_end(stage, size, *let_a_person_decide(stage))


def main() -> int:
    """Run as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    for name, usual in (("requests", Size.requests), ("people", Size.people), ("kills", Size.kills)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.database}", flush=True)
    demands = crash(given.database, given.seed, Size(given.requests, given.people, given.kills), print)
    print(*demands, sep="\n")
    failed = sum(bool(demand.faults) for demand in demands)
    print(f"{len(demands) - failed} demands met, {failed} not met")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
