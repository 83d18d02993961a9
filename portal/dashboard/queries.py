"""What the home page shows; every list is short and says how much more there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, true, union_all

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import WAITS_FOR_CLIENT, WAITS_FOR_US, RequestState
from portal.accounts.models import Account, Contact
from portal.accounts.states import UNREADABLE
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import UtcDateTime, db, spelled_out
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


def waiting_for_me(member: Member, total: int) -> Waiting:
    """Return the requests that wait for us, the member's own first, then by how long they wait."""
    me = {"me": member.id}
    rows = db.session.execute(_mine(), me).all()
    return Waiting((*rows, *db.session.execute(_others(SHOWN - len(rows)), me)), total)


@cache
def _mine() -> Select[Any]:
    waits = AccessRequest.started_by_id == bindparam("me"), spelled_out(AccessRequest.state, WAITS_FOR_US)
    return _REQUESTS.where(*waits).order_by(AccessRequest.changed_at, AccessRequest.id).limit(SHOWN)


@cache
def _others(most: int) -> Select[Any]:
    """Return the requests of others that wait longest: looked up in each state, as the index is sorted."""
    order = AccessRequest.changed_at, AccessRequest.id
    waits = (
        select(*order)
        .join(Account, Account.id == AccessRequest.account_id)
        .where(
            Account.archived_at.is_(None),
            AccessRequest.state == state,
            AccessRequest.started_by_id != bindparam("me"),
        )
        .order_by(*order)
        .limit(most)
        .subquery()
        for state in sorted(WAITS_FOR_US)
    )
    found = union_all(*map(select, waits)).subquery()
    first = select(found.c.id).order_by(found.c.changed_at, found.c.id).limit(most)
    return _REQUESTS.where(AccessRequest.id.in_(first)).order_by(*order)


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
        RequestState.REPLIED: _("read the reply, and take it as the answer or ask again"),
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


def waiting_for_clients(total: int) -> Waiting:
    """Return requests that clients have not answered, the longest wait first."""
    oldest = _REQUESTS.order_by(AccessRequest.sent_at, AccessRequest.id).limit(SHOWN)
    waits = spelled_out(AccessRequest.state, WAITS_FOR_CLIENT)
    return Waiting(db.session.execute(oldest.where(waits)).all(), total)


def waiting_for_sign_in() -> Waiting:
    """Return requests whose people are in the CRM and were not seen there yet."""
    waits = AccessRequest.state == RequestState.ONBOARDING
    oldest = _REQUESTS.order_by(AccessRequest.changed_at, AccessRequest.id).limit(SHOWN)
    rows = db.session.execute(oldest.where(waits)).all()
    if len(rows) < SHOWN:
        return Waiting(rows, len(rows))
    counted = (
        select(func.count())
        .select_from(AccessRequest)
        .join(Account, Account.id == AccessRequest.account_id)
        .where(waits, Account.archived_at.is_(None))
    )
    return Waiting(rows, db.session.scalar(counted) or 0)


def broken_accounts() -> Rows:
    """Return accounts whose CRM cannot be read."""
    return _broken_accounts(true())


def _broken_accounts(among: ColumnElement[bool]) -> Rows:
    return _accounts(
        and_(among, spelled_out(Account.health, UNREADABLE)),
        (Account.sort_name, Account.id),
        Account.health,
        Account.last_read_at,
    )


def accounts_with_free_seats() -> Rows:
    """Return the accounts that hold the most seats nobody uses."""
    most = Account.seats_free.desc(), Account.id.desc()
    return _accounts(Account.seats_free > 0, most, Account.seats_free, Account.seats_used)


def accounts_with_absentees() -> Rows:
    """Return the accounts with the most users who never signed in."""
    most = Account.never_signed_in.desc(), Account.id.desc()
    return _accounts(Account.never_signed_in > 0, most, Account.never_signed_in, Account.users_count)


def _accounts(condition: ColumnElement[bool], order: tuple[Any, ...], *columns: Any) -> Rows:
    statement = (
        select(Account.slug, Account.name, Account.colour, *columns)
        .where(Account.archived_at.is_(None), condition)
        .order_by(*order)
        .limit(SHOWN)
    )
    return db.session.execute(statement).all()


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
    mondays = [this_monday - timedelta(weeks=back) for back in reversed(range(-1, WEEKS))]
    counts = db.session.execute(_weeks_counted(), {f"monday_{n}": at for n, at in enumerate(mondays)}).one()
    pairs = zip(mondays[:-1], counts[::2], counts[1::2], strict=True)
    return [Week(monday, sent, closed) for monday, sent, closed in pairs]


@cache
def _weeks_counted() -> Select[Any]:
    mondays = [bindparam(f"monday_{n}", type_=UtcDateTime()) for n in range(WEEKS + 1)]
    return select(
        *(
            select(func.count())
            .select_from(AccessRequest)
            .where(at >= monday, at < next_monday)
            .scalar_subquery()
            for monday, next_monday in pairwise(mondays)
            for at in (AccessRequest.sent_at, AccessRequest.closed_at)
        )
    )
