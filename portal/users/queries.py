"""Reading the mirror; the scope leaves out what the member may not see."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Row,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from portal.accounts.models import Account
from portal.accounts.states import Crm
from portal.audit.models import AuditEntry
from portal.audit.words import sentence
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.texts import Text
from portal.crm.connections import LIVING
from portal.crm.connectors import deep_link
from portal.crm.models import Connection
from portal.crm.protocol import Capability, Place
from portal.crm.words import LABELS, LOSSES
from portal.users.models import MirrorRead, PermissionSet, Seat, Team, User
from portal.users.states import QUIET_AFTER, UNDER_WAY, ReadState

HISTORY = 20

_LATEST_DONE: Final = (
    select(MirrorRead)
    .where(MirrorRead.account_id == bindparam("account"), MirrorRead.state == ReadState.DONE)
    .order_by(MirrorRead.id.desc())
    .limit(1)
)
_NEWEST: Final = (
    select(func.max(MirrorRead.id)).where(MirrorRead.account_id == bindparam("account")).correlate(None)
)
_CONNECTION_AND_READ: Final = (
    select(Connection, MirrorRead)
    .select_from(Account)
    .outerjoin(Connection, Connection.account_id == Account.id)
    .outerjoin(MirrorRead, MirrorRead.id == _NEWEST.scalar_subquery())
    .where(Account.id == bindparam("account"))
)
_SEATS: Final = select(Seat).where(Seat.account_id == bindparam("account")).order_by(Seat.name)
_NAMES: Final = union_all(
    *(
        select(
            literal(kind.__tablename__), kind.external_id, kind.name.label("name"), kind.id.label("id")
        ).where(kind.account_id == bindparam("account"))
        for kind in (PermissionSet, Team)
    )
).order_by("name", "id")


@dataclass(frozen=True, slots=True)
class Mirror:
    """What an account's users are shown with: how fresh they are, and what names their ids stand for."""

    connection: Connection | None
    latest: MirrorRead | None
    hidden: Mapping[Capability, str]
    left_out: Mapping[Capability, int]
    seats: Sequence[Seat]
    permission_sets: Mapping[str, str]
    teams: Mapping[str, str]

    @property
    def is_connected(self) -> bool:
        """Whether the CRM can be read at all."""
        return self.connection is not None and self.connection.state in LIVING

    @property
    def is_under_way(self) -> bool:
        """Whether a reading has still to end."""
        return self.latest is not None and self.latest.is_under_way

    @property
    def error(self) -> str:
        """Why the latest reading failed, in words; empty if it did not."""
        return self.latest.error if self.latest is not None else ""

    @property
    def seat_choices(self) -> dict[str, str]:
        """The kinds of seat to choose from."""
        return {seat.name: seat.name for seat in self.seats}

    @property
    def hidden_lines(self) -> list[tuple[Text, Text]]:
        """What the CRM does not show, and what is missing for it."""
        return [(LABELS[part], LOSSES[part]) for part in self.hidden]

    @property
    def left_out_count(self) -> int:
        """How many rows the last complete read could not read."""
        return sum(self.left_out.values())

    @property
    def left_out_lines(self) -> list[tuple[Text, int]]:
        """Which lists those rows are of, and how many of each."""
        return [(LABELS[part], count) for part, count in self.left_out.items()]

    def set_name(self, external_id: str | None) -> str:
        """Return the name of a permission set; a set that vanished shows as its id."""
        return self.permission_sets.get(external_id, external_id) if external_id else ""

    def team_names(self, user: User) -> list[str]:
        """Return the names of a user's teams, the first one first."""
        ids = [user.primary_team_id, *user.secondary_team_ids]
        return [self.teams.get(one, one) for one in ids if one]

    def link_to(self, place: Place, crm: Crm, user_id: str = "") -> str | None:
        """Return a page of the CRM, or None where no address is known."""
        if self.connection is None:
            return None
        return deep_link(crm, self.connection.app_url, self.connection.external_id, place, user_id)


@dataclass(frozen=True, slots=True)
class Event:
    """Something the portal did about a user, in words."""

    words: str
    by: str
    at: datetime


def mirror_of(account: Account) -> Mirror:
    """Return all that an account's users are shown with; at most four statements."""
    connection, latest = db.session.execute(_CONNECTION_AND_READ, {"account": account.id}).one()
    names: dict[str, dict[str, str]] = {PermissionSet.__tablename__: {}, Team.__tablename__: {}}
    for kind, external_id, name, _id in db.session.execute(_NAMES, {"account": account.id}):
        names[kind][external_id] = name
    complete = _last_complete(account, latest)
    return Mirror(
        connection=connection,
        latest=latest,
        hidden={Capability(part): why for part, why in complete.hidden.items()} if complete else {},
        left_out={Capability(part): count for part, count in complete.left_out.items()} if complete else {},
        seats=seats_of(account),
        permission_sets=names[PermissionSet.__tablename__],
        teams=names[Team.__tablename__],
    )


def _last_complete(account: Account, latest: MirrorRead | None) -> MirrorRead | None:
    """Return the last read that came to its end: what it could not see is unknown, which is not empty."""
    if latest is not None and latest.state is ReadState.DONE:
        return latest
    return db.session.scalars(_LATEST_DONE, {"account": account.id}).one_or_none()


def seats_of(account: Account) -> Sequence[Seat]:
    """Return the kinds of seat an account has, by name."""
    return db.session.scalars(_SEATS, {"account": account.id}).all()


def get_user(account: Account, user_id: int) -> User:
    """Return one user of an account by the portal's own id, or raise ``NotFound``."""
    mine = select(User).where(User.account_id == account.id, User.id == user_id)
    user = db.session.scalars(mine).one_or_none()
    if user is None:
        raise NotFound
    return user


def readable_accounts(connection_ids: Sequence[int]) -> Sequence[Row[int, int]]:
    """Return agency and id of accounts that can be read: connected, not archived, not being read already."""
    under_way = exists().where(
        MirrorRead.agency_id == Account.agency_id,
        MirrorRead.account_id == Account.id,
        MirrorRead.state.in_(UNDER_WAY),
    )
    return db.session.execute(
        select(Account.agency_id, Account.id)
        .join(
            Connection,
            and_(Connection.agency_id == Account.agency_id, Connection.account_id == Account.id),
        )
        .where(
            Connection.id.in_(connection_ids),
            Connection.state.in_(LIVING),
            Account.archived_at.is_(None),
            ~under_way,
        )
        .order_by(Account.id)
        .with_for_update(of=Account)
    ).all()


def history_of(user: User) -> list[Event]:
    """Return the latest of what the portal did about a user in their account, newest first."""
    by_id = and_(AuditEntry.subject_kind == User.__tablename__, AuditEntry.subject_id == user.id)
    by_address = AuditEntry.details["email"].as_string() == user.email
    mine = select(AuditEntry).where(AuditEntry.account_id == user.account_id, or_(by_id, by_address))
    entries = db.session.scalars(mine.order_by(AuditEntry.sequence.desc()).limit(HISTORY))
    return [Event(sentence(one.action, one.actor_name, user.name), one.actor_name, one.at) for one in entries]


def has_signed_in(email: str, crm: Crm) -> bool:
    """Tell whether a user with this address was seen signing in, in any account of the same CRM."""
    statement = (
        select(User.id)
        .join(Account, Account.id == User.account_id)
        .where(User.email == email, User.last_sign_in_at.is_not(None), Account.crm == crm)
    )
    return db.session.scalar(select(statement.exists())) is True


def quiet_since() -> datetime:
    """Return the moment before which a last sign-in was a long time ago."""
    return clock.now() - QUIET_AFTER


def holds_seat(name: str) -> ColumnElement[bool]:
    """Return the condition for users who hold a seat of this kind."""
    return _holds(User.seats, name)


def is_in_team(external_id: str) -> ColumnElement[bool]:
    """Return the condition for users in a team, as their first or any other."""
    return or_(User.primary_team_id == external_id, _holds(User.secondary_team_ids, external_id))


def _holds(column: InstrumentedAttribute[list[str]], value: str) -> ColumnElement[bool]:
    """Look for a JSON string in a list of them: quotes inside are escaped, so it cannot be part of one."""
    return cast(column, String).contains(json.dumps(value), autoescape=True)
