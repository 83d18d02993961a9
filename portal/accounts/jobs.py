"""Importing accounts in the background."""

from datetime import timedelta

from sqlalchemy import select

from portal.accounts.import_actions import import_next_rows
from portal.accounts.models import AccountImport
from portal.accounts.states import IMPORT
from portal.core import clock
from portal.core.db import db
from portal.jobs import work

LEFT_BEHIND = timedelta(minutes=2)


@work.job(IMPORT)
def import_accounts(import_id: int) -> None:
    """Import a list batch by batch; may be killed after any of them, and goes on there."""
    rows_left = True
    while rows_left:
        with work.step():
            rows_left = import_next_rows(import_id)


@work.sweep
def imports_left_behind() -> list[work.Nudge]:
    """Find lists that were decided on a while ago and are not done."""
    unfinished = select(AccountImport.agency_id, AccountImport.id).where(
        AccountImport.decided_at < clock.now() - LEFT_BEHIND, AccountImport.finished_at.is_(None)
    )
    return [
        work.Nudge(IMPORT, agency_id, (import_id,)) for agency_id, import_id in db.session.execute(unfinished)
    ]
