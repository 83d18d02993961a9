"""Proving the chain in the background: once a day, and whenever somebody asks."""

from collections.abc import Iterator

from sqlalchemy import or_, select, update

from portal.agencies.models import Agency
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
    outcome = {"proved_at": clock.now(), "proved_entries": proof.entries, "broken_at": proof.broken_at}
    with step():
        kept = db.session.scalars(update(AuditHead).values(outcome).returning(AuditHead.id)).all()
        if not kept:  # somebody took the head away: the outcome needs one all the same
            db.session.add(AuditHead(**outcome))


@sweep
def unproved_chains() -> Iterator[Nudge]:
    """Find agencies whose chain was not proved for a day; one without a chain is the most suspicious."""
    due = or_(AuditHead.proved_at.is_(None), AuditHead.proved_at < clock.now() - PROVED_EVERY)
    heads = select(Agency.id).outerjoin(AuditHead, AuditHead.agency_id == Agency.id)
    for agency_id in db.session.scalars(heads.where(due)):
        yield Nudge(PROVE, agency_id)
