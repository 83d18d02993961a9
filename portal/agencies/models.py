"""The agency and its members."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from flask_login import UserMixin
from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import EmailAddress, Model


class Position(StrEnum):
    """What a member is in the agency; ``policy.rights`` says what each may do."""

    OWNER = "owner"
    PARTNER_ADMIN = "partner_admin"
    CONSULTANT = "consultant"
    VIEWER = "viewer"


class Theme(StrEnum):
    """How the screen looks to a member."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Agency(Model):
    """Our customer, who looks after many accounts."""

    __tablename__ = "agencies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(5), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="Europe/Brussels")
    colour: Mapped[str] = mapped_column(String(7), default="#066fd1")
    logo: Mapped[bytes | None] = mapped_column(deferred=True)  # a PNG that ``mail_templates.logos`` made
    footers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # below each mail, by language
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Member(UserMixin, AgencyOwned, Model):  # type: ignore[misc]  # Flask-Login ships no types
    """Someone of the agency who signs in to the portal."""

    __tablename__ = "members"
    constraints: ClassVar = (Index("ix_members_digest_due", "next_digest_at"),)

    # Stored in lower case; unique over all agencies, because signing in knows no agency yet.
    email: Mapped[str] = mapped_column(EmailAddress, unique=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[Position]
    sees_all_accounts: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(5), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="Europe/Brussels")
    theme: Mapped[Theme] = mapped_column(default=Theme.AUTO)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    wants_digest: Mapped[bool] = mapped_column(default=True)  # what waits for them, by mail in the morning
    next_digest_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    invited_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    agency: Mapped[Agency] = relationship()

    @property
    def is_active(self) -> bool:
        """Whether the member may sign in at all."""
        return self.ended_at is None and self.password_hash is not None
