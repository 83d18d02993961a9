"""Steps with accounts and contacts; each leaves its mark in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from portal.accounts import queries
from portal.accounts.models import Account, AccountAccess, AccountTag, AccountVisit, Contact
from portal.accounts.states import COLOURS, Crm
from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import begin_writing, db
from portal.core.email_addresses import canonical
from portal.core.errors import NotNow
from portal.core.ids import slug
from portal.core.texts import _, _l

MAX_SLUG = 60
RESERVED: Final = frozenset({"new", "import"})
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Archived(NotNow):
    """The account is archived: it can be looked at, not changed."""

    title = _l("This account is archived")


class AlreadyThere(NotNow):
    """Somebody stored the same a moment ago."""

    title = _l("This is already there")
    message = _l("Somebody added the same a moment ago. Nothing was stored twice. Go back and look at it.")


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a member says about an account."""

    name: str
    crm: Crm = Crm.HUBSPOT
    language: str = "en"
    colour: str = ""
    consultant_id: int | None = None
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What a member says about a contact."""

    name: str
    email: str
    language: str = "en"
    may_approve: bool = True
    time_zone: str = ""


def refuse_if_archived(account: Account) -> None:
    """Raise ``Archived`` where an archived account was about to be changed."""
    if account.archived_at is not None:
        name = account.name
        raise Archived(_("%(name)s is archived. Nothing was changed. Restore it first.", name=name))


def add_account(facts: AccountFacts, *, by: Member) -> Account:
    """Add an account, and let the member see it; raise ``AlreadyThere`` if two people add it at once."""
    account = Account(
        name=facts.name,
        slug=_free_slug(facts.name),
        crm=facts.crm,
        language=facts.language,
        colour=facts.colour or _colour_for(facts.name),
        consultant_id=facts.consultant_id,
    )
    _store(account)
    _set_tags(account, facts.tags)
    if not by.sees_all_accounts:
        db.session.add(AccountAccess(account_id=account.id, member_id=by.id))
    trail.record(by, "account.added", account)
    return account


def change_account(account: Account, facts: AccountFacts, *, by: Member) -> None:
    """Change what is said about an account; its address stays, so that links keep working."""
    refuse_if_archived(account)
    changed = _take_over(
        account,
        name=facts.name,
        crm=facts.crm,
        language=facts.language,
        colour=facts.colour,
        consultant_id=facts.consultant_id,
    )
    if _set_tags(account, facts.tags):
        changed["tags"] = list(facts.tags)
    if changed:
        trail.record(by, "account.changed", account, **changed)


def archive_account(account: Account, *, by: Member) -> None:
    """Take an account out of lists and the switcher; its history stays."""
    refuse_if_archived(account)
    account.archived_at = clock.now()
    trail.record(by, "account.archived", account)


def restore_account(account: Account, *, by: Member) -> None:
    """Bring an archived account back."""
    if account.archived_at is None:
        raise NotNow
    account.archived_at = None
    trail.record(by, "account.restored", account)


def add_contact(account: Account, facts: ContactFacts, *, by: Member) -> Contact:
    """Add a contact, or bring back the one who had this address."""
    refuse_if_archived(account)
    contact = queries.find_contact(account, facts.email)
    if contact is None:
        contact = Contact(account_id=account.id)
    elif contact.ended_at is None:
        raise AlreadyThere
    contact.ended_at = None
    _take_over(contact, **_contact_values(facts))
    _store(contact)
    trail.record(by, "contact.added", contact)
    return contact


def change_contact(contact: Contact, facts: ContactFacts, *, by: Member) -> None:
    """Change what is said about a contact."""
    refuse_if_archived(contact.account)
    changed = _take_over(contact, **_contact_values(facts))
    if "email" in changed:
        _store(contact)  # somebody else may have taken it
    if changed:
        trail.record(by, "contact.changed", contact, **changed)


def end_contact(contact: Contact, *, by: Member) -> None:
    """Ask this contact nothing more; what they answered stays."""
    refuse_if_archived(contact.account)
    if contact.ended_at is not None:
        raise NotNow
    contact.ended_at = clock.now()
    trail.record(by, "contact.ended", contact)


def remember_visit(account: Account, member: Member) -> None:
    """Note that the member opened the account; ends a reading transaction to do so."""
    values = {"agency_id": account.agency_id, "account_id": account.id, "member_id": member.id}
    begin_writing()
    insert = _INSERTS[db.engine.dialect.name](AccountVisit).values(**values, at=clock.now())
    db.session.execute(
        insert.on_conflict_do_update(index_elements=list(values), set_={"at": insert.excluded.at})
    )


def _contact_values(facts: ContactFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "email": canonical(facts.email),
        "language": facts.language,
        "may_approve": facts.may_approve,
        "time_zone": facts.time_zone,
    }


def _take_over(thing: Account | Contact, **values: Any) -> dict[str, Any]:
    """Set what differs, and return it."""
    changed = {name: value for name, value in values.items() if getattr(thing, name) != value}
    for name, value in changed.items():
        setattr(thing, name, value)
    return changed


def _store(thing: Account | Contact) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(thing)
    except IntegrityError as error:
        raise AlreadyThere from error


def _set_tags(account: Account, tags: Sequence[str]) -> bool:
    """Give the account exactly these tags, and tell whether that changed anything."""
    mine = AccountTag.account_id == account.id
    before = set(db.session.scalars(select(AccountTag.name).where(mine)))
    if before - set(tags):
        db.session.execute(delete(AccountTag).where(mine, AccountTag.name.in_(before - set(tags))))
    db.session.add_all(AccountTag(account_id=account.id, name=tag) for tag in tags if tag not in before)
    return before != set(tags)


def _free_slug(name: str) -> str:
    """Return a slug nobody in the agency has; also looks at accounts the member may not see."""
    wanted = slug(name)
    with scope.agency(scope.current_agency_id()):
        like = Account.slug.startswith(wanted[: MAX_SLUG - 5], autoescape=True)
        taken = RESERVED | set(db.session.scalars(select(Account.slug).where(like)))
    number = 1
    free = wanted
    while free in taken:
        number += 1
        free = f"{wanted[: MAX_SLUG - 5].rstrip('-')}-{number}"
    return free


def _colour_for(name: str) -> str:
    return list(COLOURS)[crc32(name.encode()) % len(COLOURS)]
