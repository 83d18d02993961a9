"""Accounts, their contacts and tags, and which members may see them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Index, Integer, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, validates

from portal.accounts.states import UNREADABLE, Crm, Health
from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import EmailAddress, Model
from portal.core.texts import folded

_IS_UNFINISHED = column("finished_at", DateTime).is_(None)


class Account(AgencyOwned, Model):
    """One client's CRM account.

    The counters are kept by whoever changes what they count, so that lists never count rows.
    """

    __tablename__ = "accounts"
    links: ClassVar = {"consultant_id": "members"}
    keeps: ClassVar = frozenset({"consultant_id"})
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "slug"),
        Index("ix_accounts_sort_name", "agency_id", "sort_name", "id"),
        Index("ix_accounts_health", "agency_id", "health", "sort_name", "id"),
        Index("ix_accounts_seats_free", "agency_id", "seats_free", "id"),
        Index("ix_accounts_never_signed_in", "agency_id", "never_signed_in", "id"),
        *(
            Index(
                f"ix_accounts_{name}",
                "agency_id",
                "sort_name",
                "id",
                sqlite_where=rare,
                postgresql_where=rare,
            )
            for name, rare in (
                ("archived", column("archived_at", DateTime).is_not(None)),
                ("unreadable", column("health", String).in_(sorted(UNREADABLE))),
                ("waiting_for_us", column("waiting_for_us", Integer) > 0),
                ("waiting_for_client", column("waiting_for_client", Integer) > 0),
            )
        ),
    )

    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    sort_name: Mapped[str] = mapped_column(String(120))  # the name, folded: both databases sort it alike
    crm: Mapped[Crm] = mapped_column(default=Crm.HUBSPOT)
    colour: Mapped[str] = mapped_column(String(20), default="blue")  # a Tabler colour name
    language: Mapped[str] = mapped_column(String(5), default="en")
    consultant_id: Mapped[int | None]
    health: Mapped[Health] = mapped_column(default=Health.NOT_CONNECTED)
    users_count: Mapped[int] = mapped_column(default=0)
    seats_used: Mapped[int] = mapped_column(default=0)
    seats_free: Mapped[int | None]
    never_signed_in: Mapped[int] = mapped_column(default=0)
    sees_sign_ins: Mapped[bool] = mapped_column(default=False)  # else nobody knows who never signed in
    waiting_for_client: Mapped[int] = mapped_column(default=0)
    waiting_for_us: Mapped[int] = mapped_column(default=0)
    last_read_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]

    consultant: Mapped[Member | None] = relationship(
        primaryjoin=lambda: Member.id == foreign(Account.consultant_id)
    )

    @validates("name")
    def _sort_by(self, _key: str, name: str) -> str:
        """Sort and find every account by its name."""
        self.sort_name = folded(name)[:120]
        return name


class Contact(AgencyOwned, Model):
    """A person at the client who may answer for the account."""

    __tablename__ = "contacts"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "account_id", "email"),)

    account_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(EmailAddress)
    language: Mapped[str] = mapped_column(String(5), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="")  # empty: the agency's
    may_approve: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(primaryjoin=lambda: Account.id == foreign(Contact.account_id))


class AccountTag(AgencyOwned, Model):
    """A word by which accounts are found together."""

    __tablename__ = "account_tags"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "account_id", "name"),
        Index("ix_account_tags_agency_name", "agency_id", "name"),
    )

    account_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))


class AccountAccess(AgencyOwned, Model):
    """That a member who does not see all accounts sees this one; the scope itself reads this table."""

    __tablename__ = "account_access"
    links: ClassVar = {"account_id": "accounts", "member_id": "members"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "member_id", "account_id"),)

    account_id: Mapped[int]
    member_id: Mapped[int]


class AccountVisit(AgencyOwned, Model):
    """When a member last opened an account; the switcher shows the latest first."""

    __tablename__ = "account_visits"
    links: ClassVar = {"account_id": "accounts", "member_id": "members"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "member_id", "account_id"),
        Index("ix_account_visits_recent", "agency_id", "member_id", "at"),
    )

    account_id: Mapped[int]
    member_id: Mapped[int]
    at: Mapped[datetime]


class AccountImport(AgencyOwned, Model):
    """What a member uploaded to be looked at; accounts come of it only once they say so.

    Then a job takes its rows one batch after the other, and ``handled`` says how far it is.
    """

    __tablename__ = "account_imports"
    links: ClassVar = {"member_id": "members"}
    constraints: ClassVar = (
        Index("ix_account_imports_member", "agency_id", "member_id"),
        Index(
            "ix_account_imports_unfinished",
            "decided_at",
            sqlite_where=_IS_UNFINISHED,
            postgresql_where=_IS_UNFINISHED,
        ),
    )

    member_id: Mapped[int]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    unused_columns: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    handled: Mapped[int] = mapped_column(default=0)  # rows
    imported: Mapped[int] = mapped_column(default=0)  # accounts
    finished_at: Mapped[datetime | None]

    @property
    def is_under_way(self) -> bool:
        """Whether the member decided, and rows are still to be taken."""
        return self.decided_at is not None and self.finished_at is None
