"""What the portal last read of each account's CRM; ids are the CRM's own, kept as text."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, Boolean, DateTime, Index, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account
from portal.agencies.ownership import AgencyOwned
from portal.core import clock, trigrams
from portal.core.db import EmailAddress, Model
from portal.users.states import UNDER_WAY, ReadState, Stage

_IS_UNDER_WAY = column("state", String).in_(sorted(state.value for state in UNDER_WAY))


class User(AgencyOwned, Model):
    """A person who has, or had, a login in an account's CRM."""

    __tablename__ = "users"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "account_id", "external_id"),
        Index("ix_users_sort_name", "agency_id", "account_id", "sort_name", "id"),
        Index("ix_users_everywhere", "agency_id", "sort_name", "id"),
        Index("ix_users_email", "agency_id", "email"),
        *(
            Index(
                f"ix_users_{name}", "agency_id", "sort_name", "id", sqlite_where=rare, postgresql_where=rare
            )
            for name, rare in (
                ("super_admins", column("super_admin", Boolean).is_(True)),
                ("without_sign_in", column("last_sign_in_at", DateTime).is_(None)),
            )
        ),
    )

    account_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(EmailAddress)
    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    sort_name: Mapped[str] = mapped_column(String(254))  # name, else address, in lower case
    seats: Mapped[list[str]] = mapped_column(JSON, default=list)
    permission_set_id: Mapped[str | None] = mapped_column(String(60))
    primary_team_id: Mapped[str | None] = mapped_column(String(60))
    secondary_team_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    super_admin: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    last_sign_in_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    gone_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(primaryjoin=lambda: Account.id == foreign(User.account_id))

    @property
    def name(self) -> str:
        """The name to show; the address where the CRM has no name."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


class Seat(AgencyOwned, Model):
    """A kind of seat an account holds; ``remaining`` is None where the CRM does not say."""

    __tablename__ = "seats"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "account_id", "name"),)

    account_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(300), default="")
    used: Mapped[int] = mapped_column(default=0)
    remaining: Mapped[int | None]


class SeatReading(AgencyOwned, Model):
    """When an account's seats were last read, and whether a question about them is under way.

    ``number`` tells a job whose question was given up that a later one was asked.
    """

    __tablename__ = "seat_readings"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "account_id"),)

    account_id: Mapped[int]
    number: Mapped[int] = mapped_column(default=0)
    waits_until: Mapped[datetime | None]  # None: no question is under way
    read_at: Mapped[datetime | None]  # when the figures were asked for, so that later changes are not in them
    error: Mapped[str] = mapped_column(String(500), default="")


class PermissionSet(AgencyOwned, Model):
    """What users may do in the CRM, under a name of the account's own."""

    __tablename__ = "permission_sets"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "account_id", "external_id"),)

    account_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    costs_seat: Mapped[bool] = mapped_column(default=False)


class Team(AgencyOwned, Model):
    """A team in the CRM."""

    __tablename__ = "teams"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "account_id", "external_id"),)

    account_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))


class MirrorRead(AgencyOwned, Model):
    """One reading of an account's CRM: asked for, under way, done or failed.

    A row that is queued or running has a lease: when that is over, nobody works on it any more, and the
    sweep takes it up. ``attempt`` tells a worker that came back late that another took over.
    """

    __tablename__ = "mirror_reads"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (
        Index("ix_mirror_reads_latest", "agency_id", "account_id", "id"),
        Index("ix_mirror_reads_left_behind", "state", "lease_until"),
        Index(
            "uq_mirror_reads_under_way",  # one at a time
            "agency_id",
            "account_id",
            unique=True,
            sqlite_where=_IS_UNDER_WAY,
            postgresql_where=_IS_UNDER_WAY,
        ),
    )

    account_id: Mapped[int]
    state: Mapped[ReadState] = mapped_column(default=ReadState.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    stage: Mapped[Stage] = mapped_column(default=Stage.WAITING)
    users_read: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    hidden: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # what could not be seen, and why
    left_out: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # rows that could not be read
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_by: Mapped[str] = mapped_column(String(120), default="")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    waits_until: Mapped[datetime | None]  # the CRM asked us to slow down

    @property
    def is_under_way(self) -> bool:
        """Whether this reading has still to end."""
        return self.state in UNDER_WAY


trigrams.add_index(User, "sort_name", "email")
