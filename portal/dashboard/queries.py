"""What the home page shows; every list is short and says how much more there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, select, true, union_all

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import WAITS_FOR_CLIENT, WAITS_FOR_US, RequestState
from portal.accounts.models import Account, Contact
from portal.accounts.states import UNREADABLE
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import UtcDateTime, db, spelled_out
from portal.core.texts import _
from portal.dashboard.states import Whose
from portal.mail.models import OutboxMessage
from portal.mail.states import UNDECIDED
from portal.mail.values import NamedLink
from portal.policy.rights import Right, may
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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests wait for us, and how many for clients, in each view."""

    for_us: Mapping[Whose, int]
    for_clients: Mapping[Whose, int]


def counts(member: Member, totals: Any) -> Counts:
    """Return what each view of the home page counts; ``totals`` are those of all accounts."""
    row = db.session.execute(_counted(), {"me": member.id}).one()
    return Counts(
        {Whose.ME: row[0], Whose.MY_ACCOUNTS: row[2], Whose.EVERYONE: totals.waiting_for_us},
        {Whose.ME: row[1], Whose.MY_ACCOUNTS: row[3], Whose.EVERYONE: totals.waiting_for_client},
    )


@cache
def _counted() -> Select[Any]:
    """Count a member's own requests by their index; for the accounts they look after, add up the counters."""
    own = (
        select(func.count(AccessRequest.id))
        .join(Account, Account.id == AccessRequest.account_id)
        .where(Account.archived_at.is_(None), _belongs(Whose.ME), spelled_out(AccessRequest.state, states))
        .scalar_subquery()
        for states in (WAITS_FOR_US, WAITS_FOR_CLIENT)
    )
    looked_after = (
        select(func.coalesce(func.sum(counter), 0))
        .where(
            Account.archived_at.is_(None),
            Account.consultant_id == bindparam("me"),
            counter > literal(0, literal_execute=True),  # as the index of this counter says
        )
        .scalar_subquery()
        for counter in (Account.waiting_for_us, Account.waiting_for_client)
    )
    return select(*own, *looked_after)


def _belongs(whose: Whose) -> ColumnElement[bool]:
    """Return the condition on requests and their accounts; ``me`` is bound when it is asked."""
    if whose is Whose.ME:
        return AccessRequest.started_by_id == bindparam("me")
    if whose is Whose.MY_ACCOUNTS:
        return Account.consultant_id == bindparam("me")
    return true()


def waiting_for_us(whose: Whose, member: Member, total: int = 0, *, most: int = SHOWN) -> Waiting:
    """Return requests that wait for us, the longest wait first."""
    rows = db.session.execute(_waiting_for_us(whose, most), _who(whose, member)).all()
    return Waiting(rows, total)


def _who(whose: Whose, member: Member) -> dict[str, int]:
    return {} if whose is Whose.EVERYONE else {"me": member.id}


@cache
def _waiting_for_us(whose: Whose, most: int) -> Select[Any]:
    order = AccessRequest.changed_at, AccessRequest.id
    if whose is Whose.EVERYONE:
        return _longest_of_all(most)
    waits = _REQUESTS.where(_belongs(whose), spelled_out(AccessRequest.state, WAITS_FOR_US))
    return waits.order_by(*order).limit(most)


def _longest_of_all(most: int) -> Select[Any]:
    """Look the requests up in each state, as the index is sorted."""
    order = AccessRequest.changed_at, AccessRequest.id
    waits = (
        select(*order)
        .join(Account, Account.id == AccessRequest.account_id)
        .where(Account.archived_at.is_(None), AccessRequest.state == state)
        .order_by(*order)
        .limit(most)
        .subquery()
        for state in sorted(WAITS_FOR_US)
    )
    found = union_all(*map(select, waits)).subquery()
    first = select(found.c.id).order_by(found.c.changed_at, found.c.id).limit(most)
    return _REQUESTS.where(AccessRequest.id.in_(first)).order_by(*order)


def waiting_for_member(member: Member) -> list[NamedLink]:
    """Return what the home page shows a member as waiting for them, each with its page."""
    if not may_act(member):
        return []
    return [
        *(_request_in_words(row) for row in waiting_for_us(Whose.ME, member, most=MOST_IN_A_MAIL).rows),
        *(_account_in_words(row) for row in broken_accounts(Whose.ME, member)),
    ]


def may_act(member: Member) -> bool:
    """Tell whether anything can wait for a member: viewers only look."""
    return may(member, Right.SEND_REQUESTS) or may(member, Right.PROVISION)


def _request_in_words(row: Any) -> NamedLink:
    what = {
        RequestState.REPLIED: _("read the reply, and take it as the answer or ask again"),
        RequestState.ANSWERED: _("check the answer and confirm it"),
        RequestState.RETURNED: _("choose another contact"),
        RequestState.UNREACHED: _("the email bounced: correct the address and send it again"),
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


def waiting_for_clients(whose: Whose, member: Member, total: int) -> Waiting:
    """Return requests that clients have not answered, the longest wait first."""
    oldest = _REQUESTS.order_by(AccessRequest.sent_at, AccessRequest.id).limit(SHOWN)
    waits = _belongs(whose), spelled_out(AccessRequest.state, WAITS_FOR_CLIENT)
    return Waiting(db.session.execute(oldest.where(*waits), _who(whose, member)).all(), total)


def waiting_for_sign_in(whose: Whose, member: Member) -> Waiting:
    """Return requests whose people are in the CRM and were not seen there yet."""
    waits, who = (_belongs(whose), AccessRequest.state == RequestState.ONBOARDING), _who(whose, member)
    oldest = _REQUESTS.order_by(AccessRequest.changed_at, AccessRequest.id).limit(SHOWN)
    rows = db.session.execute(oldest.where(*waits), who).all()
    if len(rows) < SHOWN:
        return Waiting(rows, len(rows))
    counted = (
        select(func.count())
        .select_from(AccessRequest)
        .join(Account, Account.id == AccessRequest.account_id)
        .where(*waits, Account.archived_at.is_(None))
    )
    return Waiting(rows, db.session.scalar(counted, who) or 0)


def broken_accounts(whose: Whose, member: Member) -> Rows:
    """Return accounts whose CRM cannot be read; for somebody's own, those where they are the consultant."""
    return _broken_accounts(true() if whose is Whose.EVERYONE else Account.consultant_id == member.id)


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
