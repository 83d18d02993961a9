"""One reading of an account's CRM into the mirror, step by step.

No transaction is open while the CRM answers. Every step is true by itself and may be taken twice, so a
reading may be killed anywhere and begun again; nobody counts as gone before the whole list was read and
the CRM was asked for that one user. A row or a user that cannot be read is left as it is and counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import delete, select

from portal.core import clock
from portal.core.db import db
from portal.core.errors import PortalError
from portal.crm.connections import note_failure, note_success
from portal.crm.errors import MissingScope, NotAvailable, NotInCrm, RateLimited, Unreadable
from portal.crm.protocol import Capability, Connector, CrmUser, Reason
from portal.crm.queries import find_connection
from portal.jobs import work
from portal.users import history, mirroring, seats
from portal.users.models import MirrorRead, PermissionSet, Team, User
from portal.users.states import LEASE, READ_ACCOUNT, UNDER_WAY, ReadState, Stage

BATCH: Final = 200  # rows a transaction writes
PROOFS: Final = 10  # users looked up one by one between two transactions
KEEP_READS: Final = timedelta(days=1)

T = TypeVar("T")


class LostLease(Exception):
    """Another worker took this reading over, or it ended; this one stops where it is."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one reading until the lease runs out."""

    read_id: int
    attempt: int
    account_id: int
    signed_in_since: datetime | None  # older sign-ins are in the mirror already


def claim(read_id: int) -> Claim | None:
    """Take a reading up, or return None if it has to wait, is over, or is in other hands."""
    now = clock.now()
    with work.step():
        read = _locked(read_id)
        if read is None or not _may_begin(read, now):
            return None
        read.state, read.attempt, read.lease_until = ReadState.RUNNING, read.attempt + 1, now + LEASE
        read.stage, read.users_read, read.waits_until = Stage.WAITING, 0, None
        read.started_at = read.started_at or now
        return Claim(read.id, read.attempt, read.account_id, history.known_until(read.account_id))


def pause(held: Claim, error: RateLimited) -> None:
    """Go on when the CRM lets us; until then the row says what it waits for."""
    with work.step():
        read = own(held)
        read.state, read.waits_until, read.lease_until = ReadState.QUEUED, error.until, error.until + LEASE
        wait = max(0.0, (error.until - clock.now()).total_seconds())
        work.enqueue(READ_ACCOUNT, read.id, delay=wait)


def fail(held: Claim, error: PortalError) -> None:
    """Say that a reading failed, and why; what was read before stays."""
    with work.step():
        read = own(held)
        read.state, read.finished_at, read.lease_until = ReadState.FAILED, clock.now(), None
        read.error = str(error)[:500]
        mirroring.recount(mirroring.lock_account(held.account_id))
        connection = find_connection(held.account_id)
        if connection is not None:
            note_failure(connection, error)


class Reading:
    """A reading under way, with what it has seen so far."""

    def __init__(self, held: Claim, connector: Connector) -> None:
        self._held = held
        self._account_id = held.account_id
        self._connector = connector
        self._hidden: dict[Capability, Reason] = {}
        self._seen: set[int] = set()
        self._doubtful: list[str] = []
        self._seat_names: set[str] = set()
        self._left_out: Counter[Capability] = Counter()

    def run(self) -> None:
        """Read everything; raises the errors of ``portal.crm.errors``, and ``LostLease``."""
        self._permission_sets()
        self._teams()
        self._users()
        self._gone()
        self._seats()
        self._sign_ins()
        self._finish()

    def _permission_sets(self) -> None:
        self._enter(Stage.PERMISSION_SETS)
        found = self._visible(Capability.PERMISSION_SETS, self._connector.permission_sets)
        if found is not None:
            sets = {one.id: {"name": one.name[:120], "costs_seat": one.costs_seat} for one in found}
            with self._step():
                mirroring.replace(PermissionSet, self._account_id, sets)

    def _teams(self) -> None:
        self._enter(Stage.TEAMS)
        found = self._visible(
            Capability.TEAMS, lambda: ((team.id, team.name) for team in self._connector.teams())
        )
        if found is not None:
            with self._step():
                mirroring.replace(Team, self._account_id, {key: {"name": name[:120]} for key, name in found})

    def _users(self) -> None:
        self._enter(Stage.USERS)
        inactive = self._inactive()
        for batch in _batches(self._connector.users(), BATCH):
            with self._step() as read:
                mirroring.lock_account(self._account_id)
                written = mirroring.write_listed(self._account_id, batch, inactive)
                read.users_read += len(batch)
            self._seen |= written.row_ids
            self._doubtful += [key for key in written.gone_before if key not in (inactive or ())]
            self._seat_names.update(seat for user in batch for seat in user.seats)
        self._deactivated(inactive or {})

    def _inactive(self) -> Mapping[str, CrmUser] | None:
        """Return who may not sign in, or None where the token may not know; then nobody's state changes."""
        found: dict[str, CrmUser] = {}
        try:
            for batch in _batches(self._connector.deactivated_users(), BATCH):
                for user in batch:
                    found.setdefault(user.id, user)
                self._enter(Stage.USERS)
        except MissingScope:
            self._hidden[Capability.DEACTIVATED] = Reason.SCOPE
            return None
        except NotAvailable:
            self._hidden[Capability.DEACTIVATED] = Reason.TIER
            return None
        return found

    def _deactivated(self, inactive: Mapping[str, CrmUser]) -> None:
        """Keep those whom the list of users leaves out although they are only deactivated."""
        for batch in _batches(inactive.values(), BATCH):
            with self._step():
                mirroring.lock_account(self._account_id)
                self._seen |= mirroring.write_deactivated(self._account_id, batch, self._seen)

    def _gone(self) -> None:
        """Ask for everyone who was not in the list, and for everyone in it who was gone: lists lag."""
        self._enter(Stage.GONE)
        with self._step():
            self._doubtful += self._not_listed()
        for batch in _batches(self._doubtful, PROOFS):
            answers = list(self._looked_up(batch))
            with self._step():
                mirroring.lock_account(self._account_id)
                for key, user in answers:
                    if user is None:
                        mirroring.mark_gone(self._account_id, key)
                    else:
                        mirroring.write_certain(self._account_id, user)

    def _not_listed(self) -> list[str]:
        """Return who is to be asked for; the deactivated are left as they were where nobody says who is."""
        here = select(User.id, User.external_id).where(
            User.account_id == self._account_id, User.gone_at.is_(None)
        )
        if Capability.DEACTIVATED in self._hidden:
            here = here.where(User.active.is_(True))
        rows = db.session.execute(here.execution_options(yield_per=BATCH))
        return [external_id for row_id, external_id in rows if row_id not in self._seen]

    def _looked_up(self, external_ids: Iterable[str]) -> Iterator[tuple[str, CrmUser | None]]:
        """Yield each with what the CRM has, or None where it has nobody; unreadable answers say nothing."""
        for external_id in external_ids:
            try:
                yield external_id, self._connector.get_user(external_id)
            except NotInCrm:
                yield external_id, None
            except Unreadable:
                self._left_out[Capability.LIST_USERS] += 1

    def _seats(self) -> None:
        """Keep the kinds of seat; those that users hold are known even where the list is hidden."""
        self._enter(Stage.SEATS)
        asked_at = clock.now()
        listed = self._visible(Capability.SEATS, self._connector.seats)
        with self._step():
            mirroring.write_seats(self._account_id, listed or [], self._seat_names)
            if listed is not None:
                seats.note_read(self._account_id, asked_at)

    def _sign_ins(self) -> None:
        self._enter(Stage.SIGN_INS)
        news = history.until_old(self._connector.sign_ins(), self._held.signed_in_since)
        try:
            for batch in _batches(news, BATCH):
                with self._step():
                    mirroring.lock_account(self._account_id)
                    mirroring.write_sign_ins(self._account_id, batch)
        except MissingScope:
            self._hidden[Capability.ACTIVITY] = Reason.SCOPE
        except NotAvailable:
            self._hidden[Capability.ACTIVITY] = Reason.TIER

    def _finish(self) -> None:
        """Count, and say that all of it was read; in one transaction, so that the figures are one picture."""
        with self._step(Stage.END) as read:
            account = mirroring.lock_account(self._account_id)
            account.last_read_at = read.finished_at = clock.now()
            read.state, read.lease_until = ReadState.DONE, None
            read.hidden = {part.value: why.value for part, why in self._hidden.items()}
            self._left_out.update(self._connector.left_out())
            read.left_out = {part.value: count for part, count in self._left_out.items()}
            account.sees_sign_ins = Capability.ACTIVITY not in self._hidden
            mirroring.recount(account)
            connection = find_connection(self._account_id)
            if connection is not None:
                note_success(connection)
            _forget_reads_before(read)

    def _visible(self, part: Capability, rows: Callable[[], Iterable[T]]) -> list[T] | None:
        """Return what the CRM lists; None where the token may not see it, nothing where the tier has none."""
        try:
            return list(rows())
        except MissingScope:
            self._hidden[part] = Reason.SCOPE
            return None
        except NotAvailable:
            self._hidden[part] = Reason.TIER
            return []

    def _enter(self, stage: Stage) -> None:
        with self._step(stage):
            pass

    @contextmanager
    def _step(self, stage: Stage | None = None) -> Iterator[MirrorRead]:
        """One transaction, taken only while the reading is ours; it renews the lease."""
        with work.step():
            read = own(self._held)
            read.lease_until = clock.now() + LEASE
            read.stage = stage or read.stage
            yield read


def own(held: Claim) -> MirrorRead:
    """Return the reading, locked, or raise ``LostLease`` where it is no longer this worker's."""
    read = _locked(held.read_id)
    if read is None or read.state is not ReadState.RUNNING or read.attempt != held.attempt:
        raise LostLease
    return read


def _locked(read_id: int) -> MirrorRead | None:
    statement = select(MirrorRead).where(MirrorRead.id == read_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _may_begin(read: MirrorRead, now: datetime) -> bool:
    if read.state is ReadState.QUEUED:
        return read.waits_until is None or read.waits_until <= now
    return read.state is ReadState.RUNNING and read.lease_until is not None and read.lease_until < now


def _forget_reads_before(read: MirrorRead) -> None:
    old = (
        MirrorRead.account_id == read.account_id,
        MirrorRead.id < read.id,
        MirrorRead.state.not_in(UNDER_WAY),
        MirrorRead.asked_at < clock.now() - KEEP_READS,
    )
    db.session.execute(delete(MirrorRead).where(*old).execution_options(synchronize_session=False))


def _batches(rows: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch
