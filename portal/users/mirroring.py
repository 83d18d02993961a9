"""Writing what a CRM said into the mirror: rows that say the same already are left as they are."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.core import clock
from portal.core.db import db
from portal.core.email_addresses import canonical
from portal.crm.protocol import CrmUser, SeatKind, SignIn
from portal.users.models import PermissionSet, Seat, Team, User
from portal.users.queries import holds_seat


@dataclass(frozen=True, slots=True)
class Written:
    """What became of some listed users: the rows they are, and the ids of those that were gone before."""

    row_ids: frozenset[int]
    gone_before: tuple[str, ...] = ()


def lock_account(account_id: int) -> Account:
    """Return an account that nobody else writes users of until this transaction ends."""
    return db.session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()


def write_listed(account_id: int, listed: Sequence[CrmUser], inactive: Container[str] | None) -> Written:
    """Write users from a list; those gone before are left to be looked up, since lists lag."""
    known = _known(account_id, listed)
    gone = {key for key, row in known.items() if row.gone_at is not None}
    rows = [_write(account_id, known, user, inactive) for user in listed if user.id not in gone]
    db.session.flush()
    return Written(frozenset(row.id for row in rows), tuple(gone))


def write_deactivated(account_id: int, users: Sequence[CrmUser], seen: Container[int]) -> set[int]:
    """Write those whom the list left out, and return their rows; what was known of them stays.

    Who is new here is written only with an address: without one it is not certain that they were a user.
    """
    known = _known(account_id, users)
    rows = [row for row in known.values() if row.id not in seen]
    for row in rows:
        row.active, row.gone_at = False, None
    new = [user for user in users if user.id not in known and user.email]
    rows += [_write(account_id, known, user, None) for user in new]
    db.session.flush()
    return {row.id for row in rows}


def write_certain(account_id: int, user: CrmUser, inactive: Container[str] | None = None) -> User:
    """Write a user whom the CRM has for sure, because it was asked for this one."""
    row = _write(account_id, _known(account_id, [user]), user, inactive)
    row.gone_at = None
    db.session.flush()
    return row


def mark_gone(account_id: int, external_id: str) -> None:
    """Remember that the CRM said it has no such user; the first time counts."""
    mine = (User.account_id == account_id, User.external_id == external_id, User.gone_at.is_(None))
    for row in db.session.scalars(select(User).where(*mine)):
        row.gone_at = clock.now()


def write_sign_ins(account_id: int, sign_ins: Iterable[SignIn]) -> list[User]:
    """Keep the newest sign-in of each user; return the users whose newest it is."""
    newest: dict[str, datetime] = {}
    for one in sign_ins:
        newest[one.user_id] = max(one.at, newest.get(one.user_id, one.at))
    mine = (User.account_id == account_id, User.external_id.in_(newest))
    moved = []
    for row in db.session.scalars(select(User).where(*mine)):
        at = newest[row.external_id]
        if row.last_sign_in_at is None or row.last_sign_in_at < at:
            row.last_sign_in_at = at
            moved.append(row)
    return moved


def replace(
    kind: type[Seat | PermissionSet | Team], account_id: int, wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    """Make an account's rows of one kind exactly these: values by the CRM's own key."""
    key = "name" if kind is Seat else "external_id"
    rows = {
        getattr(row, key): row
        for row in db.session.scalars(select(kind).where(kind.account_id == account_id))
    }
    for name in rows.keys() - wanted.keys():
        db.session.delete(rows[name])
    for name, values in wanted.items():
        row = rows.get(name) or kind(account_id=account_id, **{key: name})
        db.session.add(row)
        _set(row, values)


def write_seats(account_id: int, kinds: Iterable[SeatKind], held: Iterable[str]) -> None:
    """Make an account's seats those that the CRM lists, and those that users hold where it hides them."""
    every = [*(SeatKind(name) for name in held), *kinds]
    seats = {
        kind.name[:80]: {"description": kind.description[:300], "remaining": kind.remaining} for kind in every
    }
    replace(Seat, account_id, seats)


def recount(account: Account) -> None:
    """Bring the account's counters, and those of its seats, in line with its users."""
    seats = db.session.scalars(select(Seat).where(Seat.account_id == account.id)).all()
    never = User.last_sign_in_at.is_(None) & User.active
    users, never_signed_in, *used = db.session.execute(
        select(
            func.count(),
            func.count().filter(never),
            *(func.count().filter(holds_seat(seat.name)) for seat in seats),
        )
        .select_from(User)
        .where(User.account_id == account.id, User.gone_at.is_(None))
    ).one()
    for seat, count in zip(seats, used, strict=True):
        seat.used = count
    counted = [seat for seat in seats if seat.remaining is not None]
    account.users_count = users
    account.never_signed_in = never_signed_in if account.sees_sign_ins else 0
    account.seats_used = sum(seat.used for seat in counted or seats)
    account.seats_free = sum(seat.remaining or 0 for seat in counted) if counted else None


def _known(account_id: int, users: Sequence[CrmUser]) -> dict[str, User]:
    mine = (User.account_id == account_id, User.external_id.in_([user.id for user in users]))
    return {row.external_id: row for row in db.session.scalars(select(User).where(*mine))}


def _write(account_id: int, known: dict[str, User], user: CrmUser, inactive: Container[str] | None) -> User:
    row = known.get(user.id)
    if row is None:
        row = known[user.id] = User(account_id=account_id, external_id=user.id, active=True)
        db.session.add(row)
    # Where the CRM does not say who is deactivated, what was known stays.
    may_sign_in = row.active if inactive is None else user.id not in inactive
    _set(row, {**_columns(user), "active": user.active and may_sign_in})
    return row


def _columns(user: CrmUser) -> dict[str, Any]:
    email = canonical(user.email)[:254]
    name = f"{user.first_name} {user.last_name}".strip() or email
    return {
        "email": email,
        "first_name": user.first_name[:120],
        "last_name": user.last_name[:120],
        "sort_name": name.lower()[:254],
        "seats": list(user.seats),
        "permission_set_id": user.permission_set_id,
        "primary_team_id": user.primary_team_id,
        "secondary_team_ids": list(user.secondary_team_ids),
        "super_admin": user.super_admin,
    }


def _set(row: object, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
