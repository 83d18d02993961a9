"""Reading the texts an agency wrote, what was typed and not saved, and requests to show them with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.access_requests.models import AccessRequest
from portal.accounts.models import Account
from portal.agencies.models import Agency, Member
from portal.core.db import db
from portal.core.errors import NotFound
from portal.mail.kinds import MailKind
from portal.mail.starters import starter_source
from portal.mail.template_models import TemplateDraft, TemplateVersion
from portal.mail.template_queries import Origin, chosen_text, read_stored
from portal.mail_templates.places import Place
from portal.web.paging import Cursor, Key, Page, fetch_page

OFFERED_REQUESTS: Final = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force in one place, for a list; ``broken`` texts are passed over when mails are written."""

    origin: Origin
    number: int = 0
    broken: bool = False


def standings(account: Account | None) -> dict[tuple[str, str], Standing]:
    """Return what is in force by kind and language, where it is not the shipped text; one statement."""
    mine = TemplateVersion.account_id == account.id if account else TemplateVersion.account_id.is_(None)
    statement = select(
        TemplateVersion.kind,
        TemplateVersion.language,
        TemplateVersion.account_id,
        TemplateVersion.number,
        TemplateVersion.subject,
        TemplateVersion.body,
    ).where(
        TemplateVersion.is_in_force,
        TemplateVersion.is_own,
        or_(mine, TemplateVersion.account_id.is_(None)),
    )
    found: dict[tuple[str, str], Standing] = {}
    for row in db.session.execute(statement.order_by(TemplateVersion.account_id.is_not(None))):
        origin = Origin.AGENCY if row.account_id is None else Origin.ACCOUNT
        broken = read_stored(MailKind(row.kind), row.subject, row.body) is None
        found[row.kind, row.language] = Standing(origin, row.number, broken)
    return found


def accounts_with_own_texts() -> Sequence[Any]:
    """Return slug, name and colour of the accounts that differ, with kind and language, by name."""
    statement = (
        select(Account.slug, Account.name, Account.colour, TemplateVersion.kind, TemplateVersion.language)
        .join(TemplateVersion, TemplateVersion.account_id == Account.id)
        .where(TemplateVersion.is_in_force, TemplateVersion.is_own, Account.archived_at.is_(None))
        .order_by(Account.sort_name, Account.id, TemplateVersion.kind, TemplateVersion.language)
    )
    return db.session.execute(statement).all()


def find_newest(place: Place, *, to_write: bool = False) -> TemplateVersion | None:
    """Return the newest version in a place, or None; ``to_write`` keeps others from adding one meanwhile."""
    if to_write:
        db.session.execute(select(Agency.id).with_for_update(key_share=True))
    statement = _versions(place).order_by(TemplateVersion.number.desc()).limit(1)
    return db.session.scalars(statement.options(joinedload(TemplateVersion.written_by))).one_or_none()


def get_version(place: Place, number: int) -> TemplateVersion:
    """Return one version, or raise ``NotFound``."""
    statement = _versions(place).where(TemplateVersion.number == number)
    found: TemplateVersion | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound
    return found


def versions(place: Place, cursor: Cursor | None) -> Page[Any]:
    """Return a page of a text's versions, the newest first."""
    statement = (
        select(
            TemplateVersion.number,
            TemplateVersion.subject,
            TemplateVersion.is_own,
            TemplateVersion.is_in_force,
            TemplateVersion.restores,
            TemplateVersion.written_at,
            Member.name.label("written_by"),
        )
        .join(Member, Member.id == TemplateVersion.written_by_id)
        .where(*_here(place))
    )
    return fetch_page(statement, [Key(TemplateVersion.number.expression, descending=True)], cursor)


def find_draft(place: Place, member: Member) -> TemplateDraft | None:
    """Return what the member typed here and has not saved, or None."""
    statement = select(TemplateDraft).where(
        TemplateDraft.member_id == member.id, TemplateDraft.page == place.page
    )
    return db.session.scalars(statement).one_or_none()


def requests_to_show(account: Account | None) -> Sequence[AccessRequest]:
    """Return the latest requests, of one account or of all, with what a mail about them says."""
    statement = select(AccessRequest).order_by(AccessRequest.id.desc())
    if account is not None:
        statement = statement.where(AccessRequest.account_id == account.id)
    with_all = (
        joinedload(AccessRequest.account),
        joinedload(AccessRequest.contact),
        joinedload(AccessRequest.started_by),
        selectinload(AccessRequest.people),
    )
    return db.session.scalars(statement.options(*with_all).limit(OFFERED_REQUESTS)).all()


def _versions(place: Place) -> Any:
    return select(TemplateVersion).where(*_here(place))


def _here(place: Place) -> tuple[ColumnElement[bool], ...]:
    account = TemplateVersion.account_id
    return (
        account == place.account.id if place.account else account.is_(None),
        TemplateVersion.kind == place.kind,
        TemplateVersion.language == place.language,
    )


@dataclass(frozen=True, slots=True)
class Text:
    """A subject and a body."""

    subject: str
    body: str


def text_below(place: Place) -> Text:
    """Return what is used without an own text: for an account the agency's, else the shipped one."""
    if place.account is None:
        return Text(*starter_source(place.kind, place.language))
    chosen = chosen_text(place.kind, place.language, None)
    return Text(chosen.subject, chosen.body)


def text_of(place: Place, number: int) -> Text:
    """Return what a version said; before the first one, and where a text was given up, the text below."""
    version = get_version(place, number) if number else None
    return Text(version.subject, version.body) if version and version.is_own else text_below(place)
