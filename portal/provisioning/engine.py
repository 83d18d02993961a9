"""Takes a run from step to step; it may be killed between any two instructions and called again.

Three things keep a second user out. What is about to be asked is committed before it is asked, so a
later worker knows that the CRM may have acted. Before every create the address is looked up, in the
same breath. And a create whose outcome is unknown is settled by looking, never by asking again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from portal.accounts.models import Account
from portal.core import clock
from portal.core.db import db
from portal.core.errors import PortalError
from portal.crm.connections import note_failure, note_success, open_for
from portal.crm.errors import CrmError
from portal.crm.protocol import Connector, CrmUser, NewUser, SeatKind, UserChange
from portal.crm.queries import find_connection
from portal.jobs import work, workers
from portal.provisioning import comparing, outcomes
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.queries import find_locked
from portal.provisioning.states import ADVANCE, RunState, StepKind

# Longer than any one call with all its retries, so that a living worker never loses its run.
LEASE: Final = timedelta(minutes=6)

Answer = CrmUser | None | tuple[SeatKind, ...] | CrmError


class LostLease(Exception):
    """Another worker has the run; this one stops without a further word."""


@dataclass(frozen=True, slots=True)
class Task:
    """One question to the CRM, free of the database, so that no lock is held while it answers."""

    step_id: int
    kind: StepKind
    wanted: NewUser
    user_id: str
    change: UserChange

    def ask(self, connector: Connector) -> Answer:
        """Ask, and return what was said, errors included."""
        try:
            return ASK[self.kind](connector, self)
        except CrmError as error:
            return error


def advance(run_id: int) -> None:
    """Take a run as far as it goes now; harmless at any time and from any number of workers."""
    with work.step():
        hold = _take(run_id)
    if hold is None:
        return
    with suppress(LostLease):
        try:
            with open_for(_account_of(run_id)) as connector:
                while hold.take_step(connector):
                    pass
        except PortalError as error:  # the connection could not even be opened
            hold.give_up(error)


@dataclass(slots=True)
class Hold:
    """A run that this worker alone may change until ``until``, which every transaction proves and moves."""

    run_id: int
    until: datetime

    def take_step(self, connector: Connector) -> bool:
        """Note what is asked, ask, note what was said; tell whether the run goes on."""
        with work.step():
            task = self._begin(self._renewed())
        answer = task.ask(connector)
        with work.step():
            return self._settle(self._renewed(), task, answer)

    def give_up(self, error: PortalError) -> None:
        """Let the run rest: its CRM cannot be reached at all."""
        with work.step():
            run = self._renewed()
            outcomes.rest(run, str(error.message))
            self._let_go(run)

    def _begin(self, run: ProvisioningRun) -> Task:
        step = next(step for step in run.steps if step.kind in ASK and step.is_open)
        task = _task(run, step)
        step.start(_sent(task))
        return task

    def _settle(self, run: ProvisioningRun, task: Task, answer: Answer) -> bool:
        step = next(step for step in run.steps if step.id == task.step_id)
        _note_health(run, step, answer)
        if isinstance(answer, CrmError):
            outcomes.failed(run, step, answer)
        elif isinstance(answer, tuple):
            outcomes.seats_read(run, step, answer)
        else:
            outcomes.answered(run, step, answer)
        goes_on = run.state is RunState.RUNNING
        if not goes_on:
            self._let_go(run)
        return goes_on

    def _renewed(self) -> ProvisioningRun:
        run = find_locked(self.run_id)
        if run is None or run.lease_until != self.until or self.until <= clock.now():
            raise LostLease
        run.lease_until = self.until = clock.now() + LEASE
        return run

    def _let_go(self, run: ProvisioningRun) -> None:
        run.lease_until = None
        if run.state is RunState.WAITING and run.next_try_at:
            wait = (run.next_try_at - clock.now()).total_seconds()
            work.enqueue(ADVANCE, run.id, delay=max(0.0, wait))
        if run.then_job:
            work.enqueue(run.then_job, run.then_id)


def _account_of(run_id: int) -> Account:
    return db.session.get_one(ProvisioningRun, run_id).account


def _note_health(run: ProvisioningRun, step: ProvisioningStep, answer: Answer) -> None:
    connection = find_connection(run.account_id)
    if connection is None or outcomes.is_unknown(step, answer):
        return
    if isinstance(answer, CrmError):
        note_failure(connection, answer)
    else:
        note_success(connection)


def _take(run_id: int) -> Hold | None:
    """Take a run that is due; what was looked up before an interruption proves nothing any more."""
    run, now = find_locked(run_id), clock.now()
    if run is None or not run.is_due(now):
        return None
    if run.state is RunState.RUNNING:
        run.failures += 1  # whoever had it is gone
    else:
        run.move_to(RunState.RUNNING)
    outcomes.look_again(run)
    run.next_try_at, run.lease_until, run.held_by = None, now + LEASE, workers.me()
    return Hold(run.id, run.lease_until)


def _task(run: ProvisioningRun, step: ProvisioningStep) -> Task:
    change = UserChange()
    if step.kind is StepKind.UPDATE:
        found = outcomes.looked_up(run)
        change = comparing.change_to(comparing.as_existing(run.wanted, found), found)
    return Task(step.id, step.kind, run.wanted, run.external_user_id or "", change)


def _sent(task: Task) -> dict[str, Any]:
    if task.kind is StepKind.CREATE:
        return comparing.as_json(task.wanted)
    if task.kind is StepKind.SEATS:
        return {"seats": list(task.wanted.seats)}
    if task.kind is StepKind.UPDATE:
        return {"user_id": task.user_id, **comparing.as_json(task.change)}
    return {"user_id": task.user_id} if task.user_id else {"email": task.wanted.email}


def _read(connector: Connector, task: Task) -> CrmUser | None:
    return connector.get_user(task.user_id) if task.user_id else connector.find_user(task.wanted.email)


def _update(connector: Connector, task: Task) -> CrmUser:
    if task.change == UserChange():
        return connector.get_user(task.user_id)
    return connector.update_user(task.user_id, task.change)


ASK: Final[Mapping[StepKind, Callable[[Connector, Task], Answer]]] = {
    StepKind.LOOK_UP: lambda connector, task: connector.find_user(task.wanted.email),
    StepKind.SEATS: lambda connector, _task: tuple(connector.seats()),
    StepKind.CREATE: lambda connector, task: connector.create_user(task.wanted),
    StepKind.UPDATE: _update,
    StepKind.READ_BACK: _read,
}
