"""Advancing runs in the background, and finding those that a worker left behind."""

from collections.abc import Iterable

from sqlalchemy import or_, select, update

from portal.core import clock
from portal.core.db import db
from portal.jobs import work, workers
from portal.provisioning import engine
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.states import ADVANCE, RunState


@work.job(ADVANCE)
def advance(run_id: int) -> None:
    """Take a run as far as it goes now."""
    engine.advance(run_id)


@work.sweep
def due_runs() -> Iterable[work.Nudge]:
    """Find runs that nobody holds and that may go on; what a gone worker held is let go first."""
    now, run = clock.now(), ProvisioningRun
    lost = update(run).where(run.lease_until > now, workers.is_gone(run.held_by)).values(lease_until=None)
    db.session.execute(lost.execution_options(synchronize_session=False))
    is_free = or_(run.lease_until.is_(None), run.lease_until <= now)
    is_due = or_(
        run.state.in_([RunState.QUEUED, RunState.RUNNING]),
        run.state.in_([RunState.WAITING, RunState.BY_HAND]) & (run.next_try_at <= now),
    )
    found = db.session.execute(select(run.agency_id, run.id).where(is_free, is_due))
    return [work.Nudge(ADVANCE, row.agency_id, (row.id,)) for row in found]
