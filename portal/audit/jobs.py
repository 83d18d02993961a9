"""Proving the chain in the background: once a day, and whenever somebody asks."""

from collections.abc import Iterator

from sqlalchemy import or_, select, update

from portal.audit.models import AuditHead
from portal.audit.proof import prove
from portal.audit.states import PROVE, PROVED_EVERY
from portal.core import clock
from portal.core.db import begin_reading, db, may_write
from portal.jobs.work import Nudge, job, step, sweep


@job(PROVE)
def prove_chain() -> None:
    """Check the agency's whole trail and keep the outcome; nobody has to wait for it to write."""
    begin_reading()
    proof = prove()
    db.session.rollback()
    may_write()
    with step():
        db.session.execute(
            update(AuditHead).values(
                proved_at=clock.now(), proved_entries=proof.entries, broken_at=proof.broken_at
            )
        )


@sweep
def unproved_chains() -> Iterator[Nudge]:
    """Find chains that were not proved for a day."""
    due = or_(AuditHead.proved_at.is_(None), AuditHead.proved_at < clock.now() - PROVED_EVERY)
    for agency_id in db.session.scalars(select(AuditHead.agency_id).where(due)):
        yield Nudge(PROVE, agency_id)
