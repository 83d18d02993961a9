"""What the home page shows; every list is short and says how much more there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import WAITS_FOR_CLIENT, WAITS_FOR_US, RequestState
from portal.accounts.models import Account, Contact
from portal.accounts.states import Health
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.core.texts import _
from portal.mail.models import OutboxMessage
from portal.mail.states import UNDECIDED
from portal.mail.values import NamedLink
from portal.web.addresses import whole_address

SHOWN = 6
MOST_IN_A_MAIL = 20
WEEKS = 8

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first few requests of a kind, and how many there are."""

    rows: Rows
    total: int


@dataclass(frozen=True, slots=True)
class Week:
    """How many requests were sent and closed in the week that began on ``monday``."""

    monday: datetime
    sent: int
    closed: int


_PEOPLE = (
    select(func.count(RequestPerson.id))
    .where(RequestPerson.request_id == AccessRequest.id)
    .correlate(AccessRequest)
    .scalar_subquery()
)
_FIRST = (
    select(RequestPerson.first_name + " " + RequestPerson.last_name)
    .where(RequestPerson.request_id == AccessRequest.id)
    .correlate(AccessRequest)
    .order_by(RequestPerson.place)
    .limit(1)
    .scalar_subquery()
)
_REQUESTS = (
    select(
        AccessRequest.number,
        AccessRequest.state,
        AccessRequest.reason,
        AccessRequest.changed_at,
        AccessRequest.sent_at,
        _FIRST.label("person"),
        _PEOPLE.label("people"),
        Account.slug,
        Account.name.label("account"),
        Account.colour,
        Contact.name.label("contact"),
        Member.name.label("consultant"),
    )
    .join(Account, Account.id == AccessRequest.account_id)
    .join(Contact, Contact.id == AccessRequest.contact_id)
    .join(Member, Member.id == AccessRequest.started_by_id)
    .where(Account.archived_at.is_(None))
)


def waiting_for_me(member: Member) -> Waiting:
    """Return the requests that wait for us, the member's own first, then by how long they wait."""
    mine = (AccessRequest.started_by_id == member.id).desc()
    return _waiting(WAITS_FOR_US, _REQUESTS.order_by(mine, AccessRequest.changed_at, AccessRequest.id))


def waiting_for_member(member: Member) -> list[NamedLink]:
    """Return what waits for one member alone, each with its page: their requests, their broken accounts."""
    return [
        *(_request_in_words(row) for row in db.session.execute(_own_requests(member)).all()),
        *(_account_in_words(row) for row in _broken_accounts(Account.consultant_id == member.id)),
    ]


def _own_requests(member: Member) -> Select[Any]:
    mine = AccessRequest.started_by_id == member.id, AccessRequest.state.in_(WAITS_FOR_US)
    return _REQUESTS.where(*mine).order_by(AccessRequest.changed_at, AccessRequest.id).limit(MOST_IN_A_MAIL)


def _request_in_words(row: Any) -> NamedLink:
    what = {
        RequestState.ANSWERED: _("check the answer and confirm it"),
        RequestState.RETURNED: _("choose another contact"),
        RequestState.STOPPED: _("setting up stopped and needs a decision"),
    }[row.state]
    words = _(
        "%(account)s, access for %(person)s: %(what)s", account=row.account, person=row.person, what=what
    )
    return words, whole_address("access_requests.show", account=row.slug, number=row.number)


def _account_in_words(row: Any) -> NamedLink:
    return _("%(account)s: the CRM cannot be read", account=row.name), whole_address(
        "crm.connection", account=row.slug
    )


def waiting_for_clients() -> Waiting:
    """Return requests that clients have not answered, the longest wait first."""
    return _waiting(WAITS_FOR_CLIENT, _REQUESTS.order_by(AccessRequest.sent_at, AccessRequest.id))


def waiting_for_sign_in() -> Waiting:
    """Return requests whose people are in the CRM and were not seen there yet."""
    oldest = _REQUESTS.order_by(AccessRequest.changed_at, AccessRequest.id)
    return _waiting(frozenset({RequestState.ONBOARDING}), oldest)


def _waiting(states: frozenset[RequestState], statement: Select[Any]) -> Waiting:
    among = AccessRequest.state.in_(states)
    rows = db.session.execute(statement.where(among).limit(SHOWN)).all()
    if len(rows) < SHOWN:
        return Waiting(rows, len(rows))
    counted = (
        select(func.count())
        .select_from(AccessRequest)
        .join(Account, Account.id == AccessRequest.account_id)
        .where(among, Account.archived_at.is_(None))
    )
    return Waiting(rows, db.session.scalar(counted) or 0)


def broken_accounts() -> Rows:
    """Return accounts whose CRM cannot be read."""
    return _broken_accounts(true())


def _broken_accounts(among: ColumnElement[bool]) -> Rows:
    return _accounts(
        and_(among, Account.health.in_((Health.BROKEN, Health.STALE))),
        Account.sort_name,
        Account.health,
        Account.last_read_at,
    )


def accounts_with_free_seats() -> Rows:
    """Return the accounts that hold the most seats nobody uses."""
    free = func.coalesce(Account.seats_free, 0)
    return _accounts(free > 0, free.desc(), Account.seats_free, Account.seats_used)


def accounts_with_absentees() -> Rows:
    """Return the accounts with the most users who never signed in."""
    missing = Account.never_signed_in
    return _accounts(missing > 0, missing.desc(), missing, Account.users_count)


def _accounts(condition: ColumnElement[bool], order: Any, *columns: Any) -> Rows:
    statement = (
        select(Account.slug, Account.name, Account.colour, *columns)
        .where(Account.archived_at.is_(None), condition)
        .order_by(order, Account.id)
        .limit(SHOWN)
    )
    return db.session.execute(statement).all()


def totals() -> Any:
    """Return the sums over all accounts: accounts, users, free seats, people who never signed in."""
    statement = select(
        func.count().label("accounts"),
        func.coalesce(func.sum(Account.users_count), 0).label("users"),
        func.coalesce(func.sum(Account.seats_free), 0).label("seats_free"),
        func.coalesce(func.sum(Account.never_signed_in), 0).label("never_signed_in"),
    ).where(Account.archived_at.is_(None))
    return db.session.execute(statement.select_from(Account)).one()


def undecided_mails() -> Rows:
    """Return mails about which a person must decide, the oldest first."""
    columns = (OutboxMessage.id, OutboxMessage.recipient_name, OutboxMessage.recipient)
    statement = (
        select(*columns, OutboxMessage.subject, OutboxMessage.state, OutboxMessage.created_at)
        .where(OutboxMessage.state.in_(UNDECIDED))
        .order_by(OutboxMessage.id)
        .limit(SHOWN)
    )
    return db.session.execute(statement).all()


def weeks() -> list[Week]:
    """Return how many requests were sent and closed in each of the last eight weeks, oldest first."""
    now = clock.now()
    this_monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    mondays = [this_monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    since = mondays[0]
    dates = db.session.execute(
        select(AccessRequest.sent_at, AccessRequest.closed_at).where(
            or_(AccessRequest.sent_at >= since, AccessRequest.closed_at >= since)
        )
    ).all()
    sent, closed = [row.sent_at for row in dates], [row.closed_at for row in dates]
    return [Week(monday, _within(monday, sent), _within(monday, closed)) for monday in mondays]


def _within(monday: datetime, moments: Any) -> int:
    return sum(1 for moment in moments if moment and monday <= moment < monday + timedelta(weeks=1))
