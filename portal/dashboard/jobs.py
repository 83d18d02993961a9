"""Sends each member's morning mail."""

from collections.abc import Iterable

from sqlalchemy import select

from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.dashboard import digest
from portal.dashboard.states import DIGEST
from portal.jobs import work


@work.job(DIGEST)
def send_digest(member_id: int) -> None:
    """Tell a member what waits for them."""
    with work.step():
        digest.send_if_due(member_id)


@work.sweep
def digests_due() -> Iterable[work.Nudge]:
    """Find the members whose morning has come."""
    due = Member.wants_digest, Member.ended_at.is_(None), Member.next_digest_at <= clock.now()
    for row in db.session.execute(select(Member.agency_id, Member.id).where(*due).limit(1000)):
        yield work.Nudge(DIGEST, row.agency_id, (row.id,))
