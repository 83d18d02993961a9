"""How fresh an account's seats are: read when somebody needs them, and kept with the moment of asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.accounts.models import Account
from portal.accounts.states import CRM_NAMES
from portal.core import clock
from portal.core.db import begin_writing, db
from portal.core.errors import PortalError
from portal.core.texts import Text, _, _l
from portal.crm import connections
from portal.crm.connections import can
from portal.crm.errors import MissingScope, RateLimited, Unreachable
from portal.crm.protocol import Capability, SeatKind
from portal.crm.queries import find_connection
from portal.jobs import work
from portal.users import mirroring
from portal.users.models import Seat, SeatReading
from portal.users.states import READ_SEATS, SEATS_ARE_FRESH, SEATS_LEASE


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far an account's seat figures can be relied on; ``as_of`` is None where they were never read."""

    as_of: datetime | None
    is_under_way: bool
    error: str  # why the last try to read them failed


def freshness_of(account: Account) -> Freshness:
    """Return how fresh an account's seats are; a question that nobody answered in time has failed."""
    row = _row(account.id)
    if row is None:
        return Freshness(account.last_read_at, is_under_way=False, error="")
    now = clock.now()
    is_under_way = row.waits_until is not None and row.waits_until > now
    is_lost = row.waits_until is not None and not is_under_way
    error = _("No answer came in time.") if is_lost else row.error
    return Freshness(row.read_at or account.last_read_at, is_under_way, "" if is_under_way else error)


def refresh(account: Account) -> None:
    """Have the seats read, unless the figures are fresh, a question is under way, or they cannot be read.

    May be called from a page that only reads; it writes only where a question is asked.
    """
    if not can(find_connection(account.id), Capability.SEATS) or not _is_due(_row(account.id)):
        return
    begin_writing()
    mirroring.lock_account(account.id)
    row = _row(account.id, anew=True) or SeatReading(account_id=account.id, number=0)
    if not _is_due(row):
        return
    db.session.add(row)
    row.number, row.waits_until = row.number + 1, clock.now() + SEATS_LEASE
    work.enqueue(READ_SEATS, account.id, row.number)


def is_waited_for(account_id: int, number: int) -> bool:
    """Tell whether a question about an account's seats still needs its answer."""
    row = _row(account_id)
    return row is not None and row.number == number and row.waits_until is not None


def note_seats(account: Account, kinds: Sequence[SeatKind], asked_at: datetime) -> None:
    """Keep what the CRM said about seats when it was asked; an answer older than what is known is dropped."""
    mirroring.lock_account(account.id)
    row = _row(account.id, anew=True)
    if row is not None and row.read_at is not None and row.read_at > asked_at:
        return
    held = select(Seat.name).where(Seat.account_id == account.id, Seat.used > 0)
    mirroring.write_seats(account.id, kinds, db.session.scalars(held).all())
    note_read(account.id, asked_at)
    mirroring.recount(account)


def note_read(account_id: int, asked_at: datetime) -> None:
    """Remember when the seats in the mirror were asked for."""
    row = _row(account_id, anew=True) or SeatReading(account_id=account_id, number=0)
    db.session.add(row)
    row.read_at, row.waits_until, row.error = asked_at, None, ""


def note_failure(account: Account, error: PortalError) -> None:
    """Keep why the seats could not be read; the figures stay as they were."""
    row = _row(account.id, anew=True)
    if row is not None:
        row.waits_until, row.error = None, str(_in_words(account, error))[:500]
    connection = find_connection(account.id)
    if connection is not None and not isinstance(error, MissingScope):  # the rest works without this scope
        connections.note_failure(connection, error)


def _in_words(account: Account, error: PortalError) -> Text:
    crm = CRM_NAMES[account.crm]
    if isinstance(error, Unreachable):
        return _l("Could not reach %(crm)s.", crm=crm)
    if isinstance(error, RateLimited):
        return _l("%(crm)s asks us to slow down.", crm=crm)
    return error.message


def _is_due(row: SeatReading | None) -> bool:
    if row is None:
        return True
    now = clock.now()
    is_under_way = row.waits_until is not None and row.waits_until > now
    return not is_under_way and (
        row.read_at is None or row.error != "" or row.read_at < now - SEATS_ARE_FRESH
    )


def _row(account_id: int, *, anew: bool = False) -> SeatReading | None:
    statement = select(SeatReading).where(SeatReading.account_id == account_id)
    return db.session.scalars(statement.execution_options(populate_existing=anew)).one_or_none()
