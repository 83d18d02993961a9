"""Reading accounts in the background, and finding what has to be read."""

import logging
from contextlib import suppress

from sqlalchemy import update

from portal.accounts.models import Account
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow, PortalError
from portal.crm.connections import open_for
from portal.crm.errors import RateLimited
from portal.crm.states import CONNECTED
from portal.jobs import work
from portal.users import actions, queries, reading
from portal.users.models import MirrorRead
from portal.users.states import LEASE, READ_ACCOUNT, UNDER_WAY, ReadState

MOST_DUE = 500  # accounts that one sweep queues; the next sweep takes the next

log = logging.getLogger(__name__)


@work.job(READ_ACCOUNT)
def read_account(read_id: int) -> None:
    """Read one account's CRM into the mirror."""
    held = reading.claim(read_id)
    if held is None:
        return
    try:
        _read(held)
    except reading.LostLease:
        log.warning("the reading %s was taken over by another worker", read_id)


@work.job(CONNECTED)
def read_connected(account_id: int) -> None:
    """Read an account as soon as it is connected, unless it was disconnected meanwhile."""
    with work.step(), suppress(NotNow):
        actions.ask_for_read(db.session.get_one(Account, account_id))


def _read(held: reading.Claim) -> None:
    try:
        with open_for(db.session.get_one(Account, held.account_id)) as connector:
            reading.Reading(held, connector).run()
    except RateLimited as error:
        reading.pause(held, error)
    except PortalError as error:
        reading.fail(held, error)
    except reading.LostLease:
        raise
    except Exception:
        reading.fail(held, PortalError())
        raise


@work.sweep
def reads_left_behind() -> list[work.Nudge]:
    """Take up readings that nobody works on any more."""
    now = clock.now()
    freed = db.session.execute(
        update(MirrorRead)
        .where(MirrorRead.state.in_(UNDER_WAY), MirrorRead.lease_until < now)
        .values(state=ReadState.QUEUED, lease_until=now + LEASE)
        .returning(MirrorRead.agency_id, MirrorRead.id)
        .execution_options(synchronize_session=False)
    )
    return [work.Nudge(READ_ACCOUNT, row.agency_id, (row.id,)) for row in freed]


@work.sweep
def reads_due() -> list[work.Nudge]:
    """Queue the accounts that were not read for a while, those waiting longest first."""
    until = clock.now() + LEASE
    reads = [
        MirrorRead(agency_id=agency_id, account_id=account_id, lease_until=until)
        for agency_id, account_id in queries.due_accounts(MOST_DUE)
    ]
    db.session.add_all(reads)
    db.session.flush()
    return [work.Nudge(READ_ACCOUNT, read.agency_id, (read.id,)) for read in reads]
