"""Reading runs, and the names of what they give."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.models import Account
from portal.core.db import db
from portal.core.errors import NotFound
from portal.provisioning.comparing import Values
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.states import Field
from portal.users.models import PermissionSet, Team


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
