"""Reading runs, and the names of what they give."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import false, or_, select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Account
from portal.core.db import db
from portal.core.errors import NotFound
from portal.provisioning.comparing import Values
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.states import UNFINISHED, Field, RunState
from portal.users.models import PermissionSet, Team, User


@dataclass(frozen=True, slots=True)
class Names:
    """What an account calls its permission sets and teams; an unknown id stands for itself."""

    permission_sets: dict[str, str]
    teams: dict[str, str]

    def of(self, field: Field, values: Values) -> Values:
        """Return the names of ids in a field."""
        known = self.permission_sets if field is Field.PERMISSION_SET else self.teams
        has_names = field in {Field.PERMISSION_SET, Field.PRIMARY_TEAM, Field.SECONDARY_TEAMS}
        return tuple(known.get(value, value) for value in values) if has_names else values


@dataclass(frozen=True, slots=True)
class Reservation:
    """Seats that a run takes and that the figures of an account do not show as used."""

    run_id: int
    seats: Values


def reservations(account_id: int, as_of: datetime | None) -> list[Reservation]:
    """Return what confirmed runs of an account take from the seats that were free as of a moment.

    That is what unfinished runs will take, and what was written after the figures were read.
    """
    is_news = ProvisioningRun.finished_at >= as_of if as_of else false()
    statement = select(ProvisioningRun).where(
        ProvisioningRun.account_id == account_id, or_(ProvisioningRun.state.in_(UNFINISHED), is_news)
    )
    runs = db.session.scalars(statement.options(selectinload(ProvisioningRun.steps))).all()
    users = select(User).where(
        User.account_id == account_id, User.email.in_([run.email for run in runs]), User.gone_at.is_(None)
    )
    held = {user.email: tuple(user.seats) for user in db.session.scalars(users)}
    found = (Reservation(run.id, _taken(run, held.get(run.email, ()), as_of)) for run in runs)
    return [reservation for reservation in found if reservation.seats]


def seats_on_their_way(run: ProvisioningRun, since: datetime) -> Counter[str]:
    """Return what other runs that passed the check, or wrote, take from the seats read at a moment."""
    statement = select(ProvisioningRun).where(
        ProvisioningRun.account_id == run.account_id,
        ProvisioningRun.id != run.id,
        or_(
            ProvisioningRun.state.in_([RunState.RUNNING, RunState.WAITING, RunState.BY_HAND]),
            ProvisioningRun.finished_at > since,
        ),
    )
    others = db.session.scalars(statement.options(selectinload(ProvisioningRun.steps)))
    return Counter(seat for other in others if other.may_write for seat in _taken(other, (), since))


def _taken(run: ProvisioningRun, held: Values, as_of: datetime | None) -> Values:
    if run.written_at is None and run.state is RunState.CANCELLED:
        return ()
    if run.written_at is None:
        return tuple(seat for seat in run.seats_needed if seat not in held)
    if as_of is not None and run.written_at <= as_of:
        return ()
    return run.seats_needed


def get_step(account: Account, step_id: int) -> ProvisioningStep:
    """Return one step of a run of the account, or raise ``NotFound``."""
    step = db.session.get(ProvisioningStep, step_id)
    if step is None or step.account_id != account.id:
        raise NotFound
    return step


def names_in(account_id: int) -> Names:
    """Return the names of permission sets and teams as last read."""
    sets = select(PermissionSet.external_id, PermissionSet.name).where(PermissionSet.account_id == account_id)
    teams = select(Team.external_id, Team.name).where(Team.account_id == account_id)
    return Names(
        {row.external_id: row.name for row in db.session.execute(sets)},
        {row.external_id: row.name for row in db.session.execute(teams)},
    )


def find_locked(run_id: int) -> ProvisioningRun | None:
    """Return a run as it is now, with nobody else able to change it until the transaction ends."""
    statement = select(ProvisioningRun).where(ProvisioningRun.id == run_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def get_locked(run: ProvisioningRun) -> ProvisioningRun:
    """Return the same run as it is now, locked, or raise ``NotFound``."""
    found = find_locked(run.id)
    if found is None:
        raise NotFound
    db.session.expire(found, ["steps"])
    return found
