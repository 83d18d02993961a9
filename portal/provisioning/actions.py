"""What people decide about a run; the engine does the rest."""

from collections.abc import Sequence

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.email_addresses import canonical
from portal.core.errors import NotNow
from portal.core.texts import Text, _, _l
from portal.crm.connections import can
from portal.crm.protocol import Capability, NewUser
from portal.crm.queries import find_connection
from portal.jobs import work
from portal.provisioning import by_hand, outcomes
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.queries import get_locked
from portal.provisioning.states import ADVANCE, PLACES, RunState, StepKind, StepState


def plan(
    account: Account,
    wanted: NewUser,
    *,
    job_role: str = "",
    to_tick: Sequence[str] = (),
    then_job: str = "",
    then_id: int | None = None,
) -> ProvisioningRun:
    """Plan to put a user into the account's CRM, by its API where it can, by hand where it cannot.

    ``job_role`` tells whoever does it by hand what the person will do, and ``to_tick`` what to tick once the
    user is there, where no permission set can be set by API. Every time the run comes to
    rest, or waits, the job ``then_job`` is nudged with ``then_id``.
    """
    run = ProvisioningRun(
        account_id=account.id,
        email=canonical(wanted.email),
        first_name=wanted.first_name,
        last_name=wanted.last_name,
        seats=list(wanted.seats),
        permission_set_id=wanted.permission_set_id,
        primary_team_id=wanted.primary_team_id,
        secondary_team_ids=list(wanted.secondary_team_ids),
        is_invited=wanted.send_welcome_email,
        job_role=job_role,
        to_tick=list(to_tick),
        then_job=then_job,
        then_id=then_id,
    )
    db.session.add(run)
    db.session.flush()
    _plan_steps(run)
    db.session.flush()
    if run.state is RunState.QUEUED:
        work.enqueue(ADVANCE, run.id)
    else:
        _tell(run)
    return run


def try_again(run: ProvisioningRun, *, by: Member) -> None:
    """Let a stopped run go on from where it stopped."""
    run = _decide(run, by, "provisioning.tried_again", RunState.STOPPED)
    _go_on(run)


def change_existing(run: ProvisioningRun, *, by: Member) -> None:
    """Let the run change the user who is in the account already; nothing they hold is taken away."""
    run = _decide(run, by, "provisioning.existing_accepted", RunState.STOPPED)
    run.may_change_existing = True
    _go_on(run)


def leave_out(run: ProvisioningRun, *, by: Member) -> None:
    """Give the run up; what is in the CRM stays as it is."""
    resting = (RunState.STOPPED, RunState.REOPENED, RunState.BY_HAND)
    run = _decide(run, by, "provisioning.left_out", *resting)
    run.move_to(RunState.CANCELLED, _("Left out by %(name)s.", name=by.name))
    run.finished_at, run.next_try_at = clock.now(), None


def reopen(run: ProvisioningRun) -> None:
    """Give up a stopped run that wrote nothing, so that something else can be wanted; else ``NotNow``."""
    run = get_locked(run)
    if not run.may_be_reopened:
        raise NotNow(_l("Something may have been written for this person already, or the set-up goes on."))
    run.move_to(RunState.REOPENED, run.reason)
    run.next_try_at = None


def end_reopened(run: ProvisioningRun, reason: Text) -> None:
    """Close a reopened run: another takes its place, or the person is left out."""
    run = get_locked(run)
    run.move_to(RunState.CANCELLED, str(reason))
    run.finished_at = clock.now()


def say_done(step: ProvisioningStep, *, by: Member) -> None:
    """Close a manual step on a person's word, and mark it so; after the last one the run is done."""
    run = _decide(step.run, by, "provisioning.done_by_hand", RunState.BY_HAND, step=str(step.title))
    if step.kind is not StepKind.BY_HAND or not step.is_open:
        raise NotNow
    step.done_by = by.name
    step.end(StepState.DONE)
    if not any(each.is_open for each in run.by_hand):
        outcomes.finish(run)


def check_now(run: ProvisioningRun, *, by: Member) -> None:
    """Read the CRM now, to see whether the steps by hand are done."""
    run = _decide(run, by, "provisioning.checked", RunState.BY_HAND)
    if run.step(StepKind.READ_BACK) is None:
        raise NotNow(_l("This account is not connected, so nothing can be checked. Say when it is done."))
    if not run.can_be_proved:
        raise NotNow(_l("What was ticked cannot be read from the CRM. Say when it is done."))
    run.next_try_at = clock.now()
    work.enqueue(ADVANCE, run.id)


def _plan_steps(run: ProvisioningRun) -> None:
    connection = find_connection(run.account_id)
    if can(connection, Capability.CREATE_USERS):
        checks = [StepKind.SEATS] if run.seats and can(connection, Capability.SEATS) else []
        _add(run, StepKind.LOOK_UP, *checks, StepKind.CREATE, StepKind.READ_BACK)
        return
    if can(connection, Capability.LIST_USERS):
        _add(run, StepKind.READ_BACK)
    by_hand.add_steps(run, by_hand.everything(run))
    run.state, run.reason = RunState.BY_HAND, _("This account's users are added by hand.")


def _add(run: ProvisioningRun, *kinds: StepKind) -> None:
    run.steps += [
        ProvisioningStep(account_id=run.account_id, place=PLACES[kind], kind=kind) for kind in kinds
    ]


def _decide(
    run: ProvisioningRun, by: Member, what: str, *states: RunState, **details: str
) -> ProvisioningRun:
    """Lock the run and note the decision, or raise ``NotNow`` where it is no longer to be made."""
    run = get_locked(run)
    if run.state not in states:
        raise NotNow
    trail.record(by, what, run, email=run.email, **details)
    _tell(run)
    return run


def _tell(run: ProvisioningRun) -> None:
    if run.then_job:
        work.enqueue(run.then_job, run.then_id)


def _go_on(run: ProvisioningRun) -> None:
    for step in run.steps:
        if step.state is StepState.STOPPED:
            step.again()
    run.failures = 0
    run.move_to(RunState.QUEUED)
    work.enqueue(ADVANCE, run.id)
