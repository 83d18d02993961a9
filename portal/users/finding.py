"""Lists of users: of one account, and across all accounts by part of a name or address.

Part of a text is found through the trigram index (see ``portal.core.trigrams``): it names at most 1,001
rows. Where there are more, or a word is too short for it, the list is walked in its order instead, and
stops after a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from portal.accounts.models import Account
from portal.core import trigrams
from portal.core.db import UtcDateTime, db
from portal.core.trigrams import MOST, TRIGRAM
from portal.users.models import User
from portal.users.queries import holds_seat, is_in_team, quiet_since
from portal.users.states import PARTNER_SEAT, Order, Status
from portal.web.paging import Cursor, Key, Page, fetch_page

LONGEST_TEXT: Final = 100
MOST_WORDS: Final = 6

_LONG_AGO = literal(datetime(1970, 1, 1, tzinfo=UTC), UtcDateTime())
_LAST_SIGN_IN = func.coalesce(User.last_sign_in_at, _LONG_AGO)
_BY_SIGN_IN = Key(_LAST_SIGN_IN, descending=True), Key(User.id, descending=True)
_BY_NAME = Key(User.sort_name), Key(User.id)

_COLUMNS: tuple[Any, ...] = (
    User.id,
    User.email,
    User.first_name,
    User.last_name,
    User.seats,
    User.permission_set_id,
    User.primary_team_id,
    User.secondary_team_ids,
    User.super_admin,
    User.active,
    User.last_sign_in_at,
    User.gone_at,
)
_ROWS = select(*_COLUMNS)
_EVERYBODY = _ROWS.where(User.account_id == bindparam("account"), User.gone_at.is_(None))
_ROWS_WITH_ACCOUNT = _ROWS.add_columns(
    Account.slug.label("account_slug"),
    Account.name.label("account_name"),
    Account.colour.label("account_colour"),
    Account.sees_sign_ins,
).join(Account, Account.id == User.account_id)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show; empty means all of it, without those who are gone."""

    text: str = ""
    seat: str = ""
    permission_set: str = ""
    team: str = ""
    status: Status | None = None
    order: Order = Order.NAME

    @property
    def words(self) -> list[str]:
        """The words that must all be part of the name or the address."""
        return self.text.lower().split()[:MOST_WORDS]

    @property
    def narrows(self) -> bool:
        """Whether anything is left out on request."""
        return any((self.text, self.seat, self.permission_set, self.team, self.status))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of users from all accounts; ``count`` is None where nobody counted."""

    page: Page[Any]
    count: int | None
    is_more: bool = False


def read_filters(given: Mapping[str, str]) -> Filters:
    """Return the filters in a query string; what makes no sense filters nothing."""
    texts = {name: _plain(given.get(name, "")) for name in ("text", "seat", "permission_set", "team")}
    status, order = given.get("status", ""), given.get("order", "")
    return Filters(
        **texts,
        status=Status(status) if status in set(Status) else None,
        order=Order(order) if order in set(Order) else Order.NAME,
    )


def users_of(account: Account, filters: Filters, cursor: Cursor | None) -> Page[Any]:
    """Return one page of an account's users; one statement."""
    if not filters.narrows:
        return fetch_page(_EVERYBODY, _keys(filters), cursor, given={"account": account.id})
    narrowed = _narrowed(filters, true() if account.sees_sign_ins else false())
    mine = _ROWS.where(User.account_id == account.id, *narrowed, *_parts(filters.words))
    return fetch_page(mine, _keys(filters), cursor)


def users_everywhere(filters: Filters, cursor: Cursor | None) -> Found:
    """Return one page of the users of all accounts that the member may see; at most three statements."""
    narrowed = _narrowed(filters, Account.sees_sign_ins.is_(True))
    matching = (Account.archived_at.is_(None), *narrowed, *_parts(filters.words))
    rows, keys = _ROWS_WITH_ACCOUNT.where(*matching), _keys(filters)
    long_words = [word for word in filters.words if len(word) >= TRIGRAM]
    if not long_words:
        return Found(fetch_page(rows, keys, cursor), None)
    named = trigrams.named_by_index(User, long_words)
    index = named.subquery()
    found = select(User.id).join(index, index.c.id == User.id).join(Account, Account.id == User.account_id)
    ids = db.session.scalars(found.where(*matching).limit(MOST + 1)).all()
    if len(ids) <= MOST:
        return Found(fetch_page(rows.where(User.id.in_(ids)), keys, cursor), len(ids))
    if trigrams.are_few(named):
        rows = rows.where(User.id.in_(named))
    return Found(fetch_page(rows, keys, cursor), MOST, is_more=True)


def _parts(words: list[str]) -> list[ColumnElement[bool]]:
    return [
        or_(User.sort_name.contains(word, autoescape=True), User.email.contains(word, autoescape=True))
        for word in words
    ]


def _narrowed(filters: Filters, knows_sign_ins: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    conditions = _has_status(filters.status, knows_sign_ins)
    if filters.seat:
        conditions.append(holds_seat(filters.seat))
    if filters.permission_set:
        conditions.append(User.permission_set_id == filters.permission_set)
    if filters.team:
        conditions.append(is_in_team(filters.team))
    return conditions


def _has_status(status: Status | None, knows_sign_ins: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [User.gone_at.is_(None)]
    match status:
        case Status.GONE:
            conditions = [User.gone_at.is_not(None)]
        case Status.NEVER:
            conditions += [User.active == true(), User.last_sign_in_at.is_(None), knows_sign_ins]
        case Status.QUIET:
            conditions += [User.active == true(), User.last_sign_in_at < quiet_since()]
        case Status.SUPER_ADMIN:
            conditions.append(User.super_admin.is_(True))
        case Status.PARTNER:
            conditions.append(holds_seat(PARTNER_SEAT))
        case Status.DEACTIVATED:
            conditions.append(User.active.is_(False))
    return conditions


def _keys(filters: Filters) -> tuple[Key, Key]:
    return _BY_SIGN_IN if filters.order is Order.LAST_SIGN_IN else _BY_NAME


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST_TEXT]
