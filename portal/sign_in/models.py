"""What signing in leaves behind: sessions, forms kept meanwhile, links sent by mail, and counted tries."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model
from portal.sign_in.states import LinkPurpose


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


class KeptForm(AgencyOwned, Model):
    """What a member sent after their session was over; sealed, and kept for an hour at most."""

    __tablename__ = "kept_forms"
    links: ClassVar = {"member_id": "members", "session_id": "member_sessions"}
    constraints: ClassVar = (
        Index("ix_kept_forms_member", "agency_id", "member_id"),
        Index("ix_kept_forms_session", "agency_id", "session_id"),
        Index("ix_kept_forms_kept_at", "kept_at"),
    )

    member_id: Mapped[int]
    session_id: Mapped[int]  # the one that was over; once the member signs in again, the new one
    path: Mapped[str] = mapped_column(String(2000))
    sealed: Mapped[bytes]
    kept_at: Mapped[datetime] = mapped_column(default=clock.now)


class MemberLink(AgencyOwned, Model):
    """A link mailed to a member, good for one use; only the fingerprint of its token is stored."""

    __tablename__ = "member_links"
    links: ClassVar = {"member_id": "members"}
    constraints: ClassVar = (Index("ix_member_links_member", "agency_id", "member_id", "purpose"),)

    member_id: Mapped[int]
    purpose: Mapped[LinkPurpose]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # used, withdrawn, or replaced by a newer one

    member: Mapped[Member] = relationship(
        primaryjoin=lambda: Member.id == foreign(MemberLink.member_id), lazy="joined", innerjoin=True
    )


class TryCount(Model):
    """How often something was tried of late, by whom or from where; of no agency, since none is known yet.

    People type passwords where addresses belong, so only a fingerprint of the subject is stored.
    """

    __tablename__ = "try_counts"

    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
