"""Reading accounts in the background, and finding what has to be read."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select, update

from portal.accounts.models import Account
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow, PortalError
from portal.crm.connections import open_for
from portal.crm.errors import RateLimited
from portal.crm.models import Connection
from portal.crm.states import CONNECTED
from portal.jobs import work
from portal.users import actions, queries, reading, seats
from portal.users.models import MirrorRead
from portal.users.states import LEASE, READ_ACCOUNT, READ_EVERY, READ_SEATS, UNDER_WAY, ReadState

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


@work.job(READ_SEATS)
def read_seats(account_id: int, number: int) -> None:
    """Read an account's seats and nothing else, for somebody who is about to use one."""
    account = db.session.get_one(Account, account_id)
    if not seats.is_waited_for(account_id, number):
        return
    try:
        asked_at = clock.now()
        with open_for(account) as connector:
            kinds = list(connector.seats())
        with work.step():
            seats.note_seats(account, kinds, asked_at)
    except PortalError as error:
        with work.step():
            seats.note_failure(account, error)


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
    now = clock.now()
    reads = [
        MirrorRead(agency_id=agency_id, account_id=account_id, lease_until=now + LEASE)
        for agency_id, account_id in queries.readable_accounts(_take_due_connections())
    ]
    db.session.add_all(reads)
    db.session.flush()
    return [work.Nudge(READ_ACCOUNT, read.agency_id, (read.id,)) for read in reads]


def _take_due_connections() -> Sequence[int]:
    """Return connections whose time has come, and set them their next; also where nothing can be read now."""
    now = clock.now()
    due = (
        select(Connection.id)
        .where(Connection.next_read_at <= now)
        .order_by(Connection.next_read_at)
        .limit(MOST_DUE)
        .with_for_update(skip_locked=True)
    )
    taken = db.session.scalars(due).all()
    later = update(Connection).where(Connection.id.in_(taken)).values(next_read_at=now + READ_EVERY)
    db.session.execute(later.execution_options(synchronize_session=False))
    return taken
