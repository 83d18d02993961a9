"""Reading the trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from portal.audit.models import AuditEntry, AuditHead
from portal.core.db import db
from portal.web.paging import Cursor, Key, Page, fetch_page


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those of a member, about an account, of one action, from a moment until another."""

    member_id: int | None = None
    account: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is left out at all."""
        return self != Wanted()


def entries_page(wanted: Wanted, cursor: Cursor | None) -> Page[Any]:
    """Return entries, the newest first."""
    return fetch_page(_entries(wanted), (Key(AuditEntry.sequence.expression, descending=True),), cursor)


def newest_entries(wanted: Wanted, most: int) -> Iterator[Row[Any]]:
    """Return up to ``most`` entries, the newest first."""
    statement = _entries(wanted).order_by(AuditEntry.sequence.desc()).limit(most)
    yield from db.session.execute(statement)


def find_head() -> AuditHead | None:
    """Return where the agency's chain ends and when it was last proved, or None before its first entry."""
    return db.session.scalars(select(AuditHead)).one_or_none()


def _entries(wanted: Wanted) -> Select[Any]:
    statement = select(
        AuditEntry.sequence,
        AuditEntry.at,
        AuditEntry.actor_kind,
        AuditEntry.actor_name,
        AuditEntry.action,
        AuditEntry.subject_kind,
        AuditEntry.subject_name,
        AuditEntry.account_name,
        AuditEntry.details,
    )
    if wanted.member_id is not None:
        statement = statement.where(
            AuditEntry.actor_kind == "member", AuditEntry.actor_id == wanted.member_id
        )
    if wanted.account:
        statement = statement.where(AuditEntry.account_name.icontains(wanted.account, autoescape=True))
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.since is not None:
        statement = statement.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEntry.at < wanted.until)
    return statement


def find_author(subject: Any) -> str:
    """Return who changed a record last, as the trail knows it; empty if nobody did."""
    about = AuditEntry.subject_kind == subject.__tablename__, AuditEntry.subject_id == subject.id
    statement = select(AuditEntry.actor_name).where(*about).order_by(AuditEntry.sequence.desc()).limit(1)
    return db.session.scalar(statement) or ""
