"""Reading accounts and contacts; the scope leaves out what the member may not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
)

from portal.accounts.models import Account, AccountImport, AccountTag, AccountVisit, Contact
from portal.accounts.search import named
from portal.accounts.states import Crm, Health, Sort, Waiting
from portal.agencies.models import Member
from portal.core.db import UtcDateTime, db
from portal.core.errors import NotFound
from portal.core.texts import folded
from portal.web.paging import Cursor, Key, Page, fetch_page

SWITCHER_SIZE = 12
_LONG_AGO = literal(datetime(1970, 1, 1, tzinfo=UTC), UtcDateTime())


@dataclass(frozen=True, slots=True)
class AccountFilters:
    """Which accounts are asked for, and in which order."""

    words: str = ""
    crm: Crm | None = None
    health: Health | None = None
    waiting: Waiting | None = None
    tag: str = ""
    archived: bool = False
    sort: Sort = Sort.NAME

    @property
    def narrow(self) -> bool:
        """Whether some accounts are left out, other than the archived ones."""
        return bool(self.words or self.crm or self.health or self.waiting or self.tag)


_ROWS: Final = select(
    Account.id,
    Account.slug,
    Account.name,
    Account.colour,
    Account.crm,
    Account.health,
    Account.users_count,
    Account.seats_used,
    Account.seats_free,
    Account.waiting_for_client,
    Account.waiting_for_us,
    Account.last_read_at,
    Member.name.label("consultant"),
).outerjoin(Member, Member.id == Account.consultant_id)

_ARCHIVED: Final = _ROWS.where(Account.archived_at.is_not(None))
_CURRENT: Final = _ROWS.where(Account.archived_at.is_(None))


_VISITED: Final = (
    select(Account, AccountVisit.at)
    .outerjoin(
        AccountVisit,
        and_(AccountVisit.account_id == Account.id, AccountVisit.member_id == bindparam("member")),
    )
    .where(Account.slug == bindparam("slug"))
)

_CONTACT: Final = select(Contact).where(
    Contact.account_id == bindparam("account"), Contact.id == bindparam("contact")
)

_TAGS: Final = select(AccountTag.account_id, AccountTag.name).where(
    AccountTag.account_id.in_(bindparam("accounts", expanding=True))
)


def _hop_over_tags() -> Select[str]:
    hops = select(func.min(AccountTag.name).label("name")).cte(recursive=True)
    following = select(func.min(AccountTag.name)).where(AccountTag.name > hops.c.name).scalar_subquery()
    hops = hops.union_all(select(following).where(hops.c.name.is_not(None)))
    return select(hops.c.name).where(hops.c.name.is_not(None))


_TAG_NAMES: Final = _hop_over_tags()

_BY_NAME: Final = (Key(Account.sort_name), Key(Account.id))

_ORDERS: Final[dict[Sort, tuple[Key, ...]]] = {
    Sort.NAME: _BY_NAME,
    Sort.LAST_READ: (Key(func.coalesce(Account.last_read_at, _LONG_AGO), descending=True), *_BY_NAME),
    Sort.WAITING: (Key(Account.waiting_for_us + Account.waiting_for_client, descending=True), *_BY_NAME),
    Sort.FREE_SEATS: (Key(func.coalesce(Account.seats_free, -1), descending=True), *_BY_NAME),
}

# Zero stands in the SQL itself, as it does in the partial indexes: SQLite compares their words.
_WAITING: Final[dict[Waiting, ColumnElement[bool]]] = {
    Waiting.CLIENT: Account.waiting_for_client > literal_column("0"),
    Waiting.US: Account.waiting_for_us > literal_column("0"),
}


def get_account(slug: str, member: Member) -> tuple[Account, datetime | None]:
    """Return an account by its slug, and when the member opened it last; or raise ``NotFound``."""
    found = db.session.execute(_VISITED, {"slug": slug, "member": member.id}).one_or_none()
    if found is None:
        raise NotFound
    account, visited_at = found
    return account, visited_at


def find_account_named(name: str) -> Account | None:
    """Return an account of this name, however it is written, archived or not; or None."""
    statement = select(Account).where(Account.sort_name == folded(name)[:120]).order_by(Account.id).limit(1)
    return db.session.scalars(statement).one_or_none()


def names_taken(sort_names: Sequence[str]) -> set[str]:
    """Return which of these folded names accounts bear, archived or not."""
    return set(db.session.scalars(select(Account.sort_name).where(Account.sort_name.in_(sort_names))))


def get_import(member: Member, import_id: int, *, lock: bool = False) -> AccountImport:
    """Return what this member uploaded, or raise ``NotFound``; ``lock`` puts a second click in line."""
    statement = select(AccountImport).where(
        AccountImport.id == import_id, AccountImport.member_id == member.id
    )
    upload = db.session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if upload is None:
        raise NotFound
    return upload


def account_rows(filters: AccountFilters, cursor: Cursor | None) -> Page[Any]:
    """Return one page of accounts; one statement."""
    statement = _ARCHIVED if filters.archived else _CURRENT
    if filters.words:
        statement = statement.where(named(filters.words))
    if filters.crm:
        statement = statement.where(Account.crm == filters.crm)
    if filters.health:
        statement = statement.where(Account.health == filters.health)
    if filters.waiting:
        statement = statement.where(_WAITING[filters.waiting])
    if filters.tag:
        tagged = exists().where(AccountTag.account_id == Account.id, AccountTag.name == filters.tag)
        statement = statement.where(tagged)
    return fetch_page(statement, _ORDERS[filters.sort], cursor)


def tag_names() -> dict[str, str]:
    """Return every tag in use, in order, each under itself; hops over the accounts that bear it."""
    return {tag: tag for tag in db.session.scalars(_TAG_NAMES)}


def tags_of(account_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the tags of some accounts, by account."""
    tags: dict[int, list[str]] = {account_id: [] for account_id in account_ids}
    # Sorted here: for an order of its own SQLite would walk through the tags of all accounts.
    for account_id, name in sorted(db.session.execute(_TAGS, {"accounts": account_ids}), key=itemgetter(1)):
        tags[account_id].append(name)
    return tags


def contacts(account: Account) -> Sequence[Contact]:
    """Return the account's contacts who have not ended, by name."""
    statement = select(Contact).where(Contact.account_id == account.id, Contact.ended_at.is_(None))
    return db.session.scalars(statement.order_by(Contact.name, Contact.id)).all()


def ended_contacts(account: Account) -> Sequence[Contact]:
    """Return the account's former contacts, by name."""
    statement = select(Contact).where(Contact.account_id == account.id, Contact.ended_at.is_not(None))
    return db.session.scalars(statement.order_by(Contact.name, Contact.id)).all()


def get_contact(account: Account, contact_id: int) -> Contact:
    """Return one contact of the account, ended or not, or raise ``NotFound``."""
    contact = db.session.scalars(_CONTACT, {"account": account.id, "contact": contact_id}).one_or_none()
    if contact is None:
        raise NotFound
    return contact


def find_contact(account: Account, email: str) -> Contact | None:
    """Return the contact with this address, ended or not, or None."""
    statement = select(Contact).where(Contact.account_id == account.id, Contact.email == email)
    return db.session.scalars(statement).one_or_none()


def accounts_to_switch_to(member: Member, words: str, *, but: str = "") -> Sequence[Any]:
    """Return a few accounts, the ones the member opened last first, without the one they are in."""
    offered = [Account.archived_at.is_(None), Account.slug != but]
    if words:
        offered.append(named(words))
    visited = _switch_to(AccountVisit.at).join(AccountVisit, AccountVisit.account_id == Account.id)
    visited = visited.where(*offered, AccountVisit.member_id == member.id).order_by(AccountVisit.at.desc())
    latest = db.session.execute(visited.limit(SWITCHER_SIZE)).all()
    unvisited = ~exists().where(AccountVisit.account_id == Account.id, AccountVisit.member_id == member.id)
    others = _switch_to(null().label("at")).where(*offered, unvisited)
    by_name = others.order_by(Account.sort_name, Account.id).limit(SWITCHER_SIZE - len(latest))
    return [*latest, *db.session.execute(by_name)]


def _switch_to(at: Any) -> Select[Any]:
    return select(Account.slug, Account.name, Account.colour, Account.crm, at)
