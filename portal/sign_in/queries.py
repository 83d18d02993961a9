"""Finding who signs in, and where they are signed in."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.core.db import db
from portal.core.errors import NotFound
from portal.jobs.work import step
from portal.sign_in import sessions
from portal.sign_in.models import MemberSession


class Credentials(NamedTuple):
    """What signing in compares with; no password where the member may not sign in."""

    member_id: int
    agency_id: int
    password_hash: str | None


def find_credentials(email: str) -> Credentials | None:
    """Return the credentials of the member with this address, whatever its case, or None.

    In a transaction of its own, so that the database is not held while passwords are compared.
    """
    statement = select(Member).where(Member.email == email)
    with scope.every_agency(reason="signing in knows no agency yet"), step():
        member = db.session.scalars(statement).one_or_none()
        if member is None:
            return None
        stored = member.password_hash if member.is_active else None
        return Credentials(member.id, member.agency_id, stored)


def nobody_is_here_yet() -> bool:
    """Tell whether this is a fresh installation, without a single member."""
    with scope.every_agency(reason="a fresh installation has no agency"):
        return db.session.scalars(select(Member.id).limit(1)).first() is None


def open_sessions(member: Member) -> Sequence[MemberSession]:
    """Return the sessions of a member that still work, the last seen first."""
    seen_since, started_since = sessions.oldest_alive()
    return db.session.scalars(
        select(MemberSession)
        .where(
            MemberSession.member_id == member.id,
            MemberSession.ended_at.is_(None),
            MemberSession.seen_at > seen_since,
            MemberSession.started_at > started_since,
        )
        .order_by(MemberSession.seen_at.desc(), MemberSession.id.desc())
    ).all()


def get_session(member: Member, session_id: int) -> MemberSession:
    """Return one session of this member, or raise ``NotFound``."""
    statement = select(MemberSession).where(
        MemberSession.id == session_id, MemberSession.member_id == member.id
    )
    row = db.session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row
