"""A connected account in the emulator, and runs that are killed, resumed and watched."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.states import Crm
from portal.agencies.models import Agency
from portal.core.db import db
from portal.crm.connectors import open_connector
from portal.crm.models import Connection
from portal.crm.protocol import CrmUser, NewUser
from portal.demo.emulator.seeds import SeedAccount, SeedRole, SeedSeat, SeedUser
from portal.jobs import work
from portal.provisioning import actions, engine
from portal.provisioning.models import ProvisioningRun
from tests.factories.crm import ConnectionFactory
from tests.fixtures.emulator import Emulator

SEED = SeedAccount(
    tier="enterprise",
    number=9,
    name="Maple & Sons",
    users=(SeedUser("boss@maple.example", "Bo", "Ss", super_admin=True),),
    teams=("North", "South"),
    roles=(SeedRole("Sales rep"), SeedRole("Sales pro", seat="Sales")),
    seats=(SeedSeat("Core", 50), SeedSeat("Sales", 50, paid=True), SeedSeat("Service", 0, paid=True)),
)
USERS = "/settings/users/2026-09"
EMAIL = "ana@maple.example"


class Killed(BaseException):
    """The worker is gone, between two instructions."""


@dataclass
class Place:
    """A connected account, and what is on the other side."""

    emulator: Emulator
    connection: Connection
    sets: dict[str, str]
    teams: dict[str, str]

    @property
    def account(self) -> Account:
        return self.connection.account

    def wanted(self, **changes: Any) -> NewUser:
        """Return a user with everything."""
        given = {
            "email": EMAIL,
            "first_name": "Ana",
            "last_name": "Silva",
            "permission_set_id": self.sets["Sales rep"],
            "seats": ("Core",),
            "primary_team_id": self.teams["North"],
            "secondary_team_ids": (self.teams["South"],),
            **changes,
        }
        return NewUser(**given)

    def plan(self, **changes: Any) -> ProvisioningRun:
        """Plan a run and make it safe."""
        with work.step():
            return actions.plan(self.account, self.wanted(**changes))

    def run(self, **changes: Any) -> ProvisioningRun:
        """Plan a run and take it as far as it goes."""
        run = self.plan(**changes)
        engine.advance(run.id)
        return run

    def people(self, email: str = EMAIL) -> list[CrmUser]:
        """Return the users with an address, as the CRM lists them."""
        with closing(open_connector(Crm.HUBSPOT, SEED.token, self.emulator.base_url)) as hubspot:
            return [user for user in hubspot.users() if user.email == email]

    def add(self, email: str = EMAIL, **fields: Any) -> dict[str, Any]:
        """Add a user behind the portal's back."""
        with self.emulator.client(SEED.token) as client:
            answer = client.post(USERS, json={"email": email, "sendWelcomeEmail": False, **fields})
        assert answer.status_code == 201
        return answer.json()

    def creates(self) -> list[object]:
        """Return the status of every create that reached the CRM."""
        return [call["status"] for call in self.emulator.calls("POST", USERS)]


@pytest.fixture
def place(app: Flask, agency: Agency, emulator: Emulator) -> Iterator[Place]:
    settings = app.extensions["settings"]
    before, settings.hubspot_url = settings.hubspot_url, emulator.base_url
    token = emulator.seed(SEED)
    connection = ConnectionFactory(token=token, app_url="https://app.hubspot.com", external_id="139")
    db.session.commit()
    with emulator.client(token) as client:
        sets = {role["name"]: role["id"] for role in client.get(f"{USERS}/roles").json()["results"]}
        teams = {team["name"]: team["id"] for team in client.get(f"{USERS}/teams").json()["results"]}
    emulator.control("knobs", limits=False)
    emulator.control("calls/clear")
    yield Place(emulator, connection, sets, teams)
    settings.hubspot_url = before


def let_time_pass(run: ProvisioningRun, by: timedelta = timedelta(hours=1)) -> None:
    """Move everything the run knows into the past."""
    run_id = run.id
    db.session.expire_all()
    run = db.session.get_one(ProvisioningRun, run_id)
    for thing in (run, *run.steps):
        for name in ("lease_until", "next_try_at", "started_at", "finished_at"):
            if getattr(thing, name, None) is not None:
                setattr(thing, name, getattr(thing, name) - by)
    db.session.commit()


def go_on(run: ProvisioningRun, times: int = 1) -> None:
    """Let time pass and advance, so many times."""
    for _ in range(times):
        let_time_pass(run)
        engine.advance(run.id)


def steps(run: ProvisioningRun) -> list[tuple[str, str, int]]:
    """Return kind, state and attempts of each step."""
    return [(step.kind.value, step.state.value, step.attempts) for step in run.steps]


def said(run: ProvisioningRun) -> tuple[str, str]:
    """Return where a run is and why."""
    return run.state.value, run.reason


class Instants:
    """Counts every commit and every HTTP exchange, before and after it, and kills at one of them."""

    def __init__(self) -> None:
        self._left = 0

    def advance(self, run: ProvisioningRun, kill_at: int) -> bool:
        """Advance a run until the given instant; tell whether it came to be killed there."""
        self._left = kill_at
        try:
            engine.advance(run.id)
        except Killed:
            return True
        finally:
            self._left = 0
        return False

    def pass_by(self) -> None:
        """Let an instant pass, or die at it."""
        if self._left:
            self._left -= 1
            if not self._left:
                raise Killed


@pytest.fixture
def instants(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Instants:
    instants, send, commit = Instants(), httpx.Client.send, Session.commit

    def watched_send(client: httpx.Client, *args: Any, **kwargs: Any) -> httpx.Response:
        instants.pass_by()
        response = send(client, *args, **kwargs)
        try:
            instants.pass_by()
        except Killed:
            response.close()
            raise
        return response

    def watched_commit(session: Session) -> None:
        instants.pass_by()
        commit(session)
        instants.pass_by()

    monkeypatch.setattr(httpx.Client, "send", watched_send)
    monkeypatch.setattr(Session, "commit", watched_commit)
    return instants
