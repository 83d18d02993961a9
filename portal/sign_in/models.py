"""A member's session: what the cookie stands for."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model


class MemberSession(AgencyOwned, Model):
    """One browser a member is signed in with; only the fingerprint of its token is stored."""

    __tablename__ = "member_sessions"
    links: ClassVar = {"member_id": "members"}
    constraints: ClassVar = (Index("ix_member_sessions_member", "agency_id", "member_id"),)

    member_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str] = mapped_column(String(60), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(
        primaryjoin=lambda: Member.id == foreign(MemberSession.member_id), lazy="joined", innerjoin=True
    )
