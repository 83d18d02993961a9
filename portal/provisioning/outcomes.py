"""What an answer of the CRM makes of a run: the next step, a wait, a question to a person, or the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from portal.audit import trail
from portal.core import clock
from portal.core.texts import _
from portal.crm.errors import (
    AlreadyExists,
    CrmError,
    MissingScope,
    NoSeat,
    NotAvailable,
    NotInCrm,
    NotSignedInYet,
    RateLimited,
    Refused,
    Unreachable,
)
from portal.crm.protocol import CrmUser, Place, SeatKind
from portal.provisioning import by_hand, comparing
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.queries import seats_on_their_way
from portal.provisioning.states import PLACES, RunState, StepKind, StepState
from portal.users.actions import note_user
from portal.users.seats import note_seats

# A create that was sent may still be under way; absence counts only after this.
SETTLES_AFTER: Final = timedelta(seconds=30)
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
MOST_FAILURES: Final = len(PAUSES) + 1
CHECK_EVERY: Final = timedelta(minutes=15)  # steps by hand, where a reading can prove them


def look_again(run: ProvisioningRun) -> None:
    """Ask afresh what was only seen: an old look at the address proves nothing before a write."""
    look_up, read_back = run.step(StepKind.LOOK_UP), run.step(StepKind.READ_BACK)
    writes = [run.step(StepKind.CREATE), run.step(StepKind.UPDATE)]
    if look_up and any(step and step.is_open for step in writes):
        look_up.again()
        if (check := run.step(StepKind.SEATS)) is not None:
            check.again()
    elif read_back:
        read_back.again()


def looked_up(run: ProvisioningRun) -> CrmUser:
    """Return the existing user as the last look at the address showed it."""
    return comparing.from_json(_the(run, StepKind.LOOK_UP).read)


def answered(run: ProvisioningRun, step: ProvisioningStep, found: CrmUser | None) -> None:
    """Take an answer that is no error."""
    run.failures = 0
    step.read = comparing.as_json(found) if found else {}
    if step.kind is StepKind.LOOK_UP:
        _absent(run, step) if found is None else _present(run, step, found)
        _drop_check(run)
    elif step.kind is StepKind.READ_BACK:
        _not_there(run, step) if found is None else _read_back(run, step, found)
    elif found is not None:
        _written(run, step, found)


def seats_read(run: ProvisioningRun, check: ProvisioningStep, kinds: Sequence[SeatKind]) -> None:
    """Go on where the seats are free or nobody knows; stop before the write where one is missing."""
    run.failures = 0
    asked_at = check.started_at or clock.now()
    note_seats(run.account, kinds, asked_at)  # locks the account: two runs never check at the same time
    taken = seats_on_their_way(run, asked_at)
    free = {kind.name: kind.remaining - taken[kind.name] for kind in kinds if kind.remaining is not None}
    check.read = {"free": {name: max(left, 0) for name, left in free.items()}}
    missing = [seat for seat in run.seats_needed if free.get(seat, 1) < 1]
    if not missing:
        check.end(StepState.DONE)
        return
    check.link = by_hand.link(run, Place.SEATS)
    _stop(
        run, check, _("No free seat of this kind: %(seats)s. Nothing was written.", seats=", ".join(missing))
    )


def is_unknown(step: ProvisioningStep, answer: object) -> bool:
    """Tell whether the CRM only does not say how many seats are left, which stops nothing."""
    return step.kind is StepKind.SEATS and isinstance(
        answer, MissingScope | NotAvailable | NotInCrm | Refused
    )


def failed(run: ProvisioningRun, step: ProvisioningStep, error: CrmError) -> None:
    """Take an error: wait where time helps, ask a person where it does not."""
    step.read = {**step.read, "crm": dict(error.detail)} if error.detail else step.read
    if isinstance(error, RateLimited):
        step.again(_in_words(error))
        _wait(run, error.until, _in_words(error))
    elif is_unknown(step, error):
        step.end(StepState.SKIPPED, _("The CRM does not say how many seats are free."))
    elif step.kind is StepKind.CREATE and _may_have_acted(step, error):
        step.message = _in_words(error)
        _the(run, StepKind.LOOK_UP).again()
        _try_later(run, step, error, not_before=clock.now() + SETTLES_AFTER)
    elif isinstance(error, Unreachable | NotInCrm):
        step.again(_in_words(error))
        _try_later(run, step, error)
    elif isinstance(error, NotSignedInYet):
        step.end(StepState.SKIPPED, _in_words(error))  # reading back names what is left to do by hand
    else:
        if isinstance(error, NoSeat):
            step.link = by_hand.link(run, Place.SEATS)
        _stop(run, step, _in_words(error))


def rest(run: ProvisioningRun, reason: str) -> None:
    """Leave the run to a person: to go on by hand where that has begun, to decide where not."""
    has_manual_steps = any(step.is_open for step in run.by_hand)
    run.move_to(RunState.BY_HAND if has_manual_steps else RunState.STOPPED, reason)


def _absent(run: ProvisioningRun, look_up: ProvisioningStep) -> None:
    """The way is free to create; after a create in doubt only once it can no longer be under way."""
    look_up.end(StepState.DONE, _("Nobody in the account has this address."))
    create, update = _the(run, StepKind.CREATE), run.step(StepKind.UPDATE)
    if update and update.is_open:
        update.end(StepState.SKIPPED, _("The user is not there any more."))
        create.again()
    elif create.state is StepState.STARTED and create.started_at:
        settled_at = create.started_at + SETTLES_AFTER
        if clock.now() < settled_at:
            _wait(
                run,
                settled_at,
                _("It is not known yet whether the user was created. The portal looks again."),
            )
        else:
            create.read = {"in_doubt": True}
            create.again(_("The first try had not reached the account, so it is made once more."))


def _present(run: ProvisioningRun, look_up: ProvisioningStep, found: CrmUser) -> None:
    """Ours, if a create is in doubt and this is exactly what it sent; else a person decides."""
    create = _the(run, StepKind.CREATE)
    who = by_hand.describe(found, run)
    if create.state is StepState.STARTED and comparing.is_what_was_sent(run.wanted, found):
        look_up.end(StepState.DONE, _("The user is there, exactly as it was sent."))
        _created(run, create, found, _("Found after an interruption: the create had worked."))
    elif found.super_admin:
        _stop(
            run,
            look_up,
            _("Already in the account as %(who)s. The portal never changes super admins.", who=who),
        )
    elif run.may_change_existing:
        look_up.end(StepState.DONE, _("Already in the account as %(who)s.", who=who))
        _change_instead(run, create, found)
    elif create.state is StepState.STARTED:
        _stop(
            run,
            look_up,
            _(
                "The create was interrupted, and now %(who)s is in the account, which is not what was sent. "
                "Change that user?",
                who=who,
            ),
        )
    else:
        _stop(run, look_up, _("Already in the account as %(who)s. Change that user?", who=who))


def _drop_check(run: ProvisioningRun) -> None:
    """Do not check seats of a user who is there and needs no more."""
    check = run.step(StepKind.SEATS)
    if check and check.is_open and (run.was_created or not run.seats_needed):
        check.end(StepState.SKIPPED, _("No further seat is needed."))


def _change_instead(run: ProvisioningRun, create: ProvisioningStep, found: CrmUser) -> None:
    run.external_user_id = found.id
    create.end(StepState.SKIPPED, _("The user is there already and is changed instead."))
    update = run.step(StepKind.UPDATE)
    if update is None:
        update = ProvisioningStep(
            account_id=run.account_id,
            kind=StepKind.UPDATE,
            place=PLACES[StepKind.UPDATE],
        )
        run.steps.append(update)
        run.steps.sort(key=lambda step: step.place)
    update.again()


def _written(run: ProvisioningRun, step: ProvisioningStep, found: CrmUser) -> None:
    if step.kind is StepKind.CREATE:
        _created(run, step, found, _("The CRM created the user."))
        return
    step.end(StepState.DONE, _("The CRM took the change."))
    trail.record(trail.PORTAL, "user.changed", run, email=run.email, sent=step.sent)


def _created(run: ProvisioningRun, create: ProvisioningStep, found: CrmUser, message: str) -> None:
    create.read = comparing.as_json(found)
    create.end(StepState.DONE, message)
    run.external_user_id = found.id
    trail.record(trail.PORTAL, "user.created", run, email=run.email, user_id=found.id)


def _not_there(run: ProvisioningRun, step: ProvisioningStep) -> None:
    """A user that a person is to add is not there yet; there is nothing to compare."""
    step.end(StepState.DONE, _("The user is not in the account yet."))
    run.next_try_at = clock.now() + CHECK_EVERY
    run.move_to(RunState.BY_HAND, _("Steps are left to be done by hand."))


def _read_back(run: ProvisioningRun, step: ProvisioningStep, found: CrmUser) -> None:
    """Only what was read counts: what differs is left to a person, field by field."""
    run.external_user_id = found.id
    note_user(run.account, found)
    left = _left(run, found)
    by_hand.close_proven(run, left)
    said_done = {each.sent.get("field") for each in run.by_hand if each.done_by}
    by_hand.add_steps(run, [each for each in left if each.field.value not in said_done])
    if any(each.is_open for each in run.by_hand):
        step.end(StepState.DONE, _what_was_read(run))
        run.next_try_at = clock.now() + CHECK_EVERY if run.can_be_proved else None
        run.move_to(RunState.BY_HAND, _("Steps are left to be done by hand."))
        return
    extra = comparing.extra_seats(run.wanted, found) if run.step(StepKind.UPDATE) is None else ()
    extra_words = _("The CRM also gave the seat %(seats)s.", seats=", ".join(extra)) if extra else ""
    step.end(StepState.DONE, f"{_('Everything is as it was asked for.')} {extra_words}".strip())
    finish(run)
    trail.record(trail.PORTAL, "user.read_back", run, email=run.email, read=step.read)


def finish(run: ProvisioningRun) -> None:
    """Close a run that holds: read back, or done by hand."""
    run.move_to(RunState.DONE)
    run.finished_at, run.next_try_at = clock.now(), None


def _what_was_read(run: ProvisioningRun) -> str:
    if run.can_be_proved:
        return _("Not everything is as it was asked for.")
    return _("Everything that can be read is as it was asked for.")


def _left(run: ProvisioningRun, found: CrmUser) -> list[comparing.Difference]:
    return [*_unlike(run, found), *by_hand.ticks(run)]


def _unlike(run: ProvisioningRun, found: CrmUser) -> list[comparing.Difference]:
    update = run.step(StepKind.UPDATE)
    if update is None or _the(run, StepKind.CREATE).state is not StepState.SKIPPED:
        return comparing.differences(run.wanted, found)
    return comparing.missing(comparing.as_existing(run.wanted, looked_up(run)), found)


def _may_have_acted(create: ProvisioningStep, error: CrmError) -> bool:
    """Tell whether the user may be ours: no clear answer now, or "is there already" after none before."""
    return not error.outcome_known or (isinstance(error, AlreadyExists) and "in_doubt" in create.read)


def _try_later(
    run: ProvisioningRun, step: ProvisioningStep, error: CrmError, not_before: datetime | None = None
) -> None:
    run.failures += 1
    tries = step.attempts if step.kind in {StepKind.CREATE, StepKind.UPDATE} else run.failures
    if max(tries, run.failures) >= MOST_FAILURES:
        rest(run, _("Tried %(number)s times. The last time: %(said)s", number=tries, said=_in_words(error)))
        return
    pause = PAUSES[min(run.failures, len(PAUSES)) - 1]
    _wait(run, max(clock.now() + pause, not_before or clock.now()), _in_words(error))


def _wait(run: ProvisioningRun, until: datetime, reason: str) -> None:
    run.next_try_at = until
    run.move_to(RunState.WAITING, reason)


def _stop(run: ProvisioningRun, step: ProvisioningStep, message: str) -> None:
    step.end(StepState.STOPPED, message)
    rest(run, message)


def _in_words(error: CrmError) -> str:
    return str(error.message)


def _the(run: ProvisioningRun, kind: StepKind) -> ProvisioningStep:
    step = run.step(kind)
    if step is None:
        raise LookupError(f"run {run.id} has no step of the kind {kind}")
    return step
