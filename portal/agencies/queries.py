"""Reading agencies and members."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.agencies.models import Agency, Member
from portal.core.db import db
from portal.core.errors import NotFound


def agencies() -> Sequence[Agency]:
    """Return every agency in scope, oldest first."""
    return db.session.scalars(select(Agency).order_by(Agency.id)).all()


def current_agency() -> Agency:
    """Return the agency in scope."""
    return db.session.scalars(select(Agency)).one()


def members() -> Sequence[Member]:
    """Return all members of the agency, by name."""
    return db.session.scalars(select(Member).order_by(Member.name, Member.id)).all()


def get_member(member_id: int) -> Member:
    """Return one member of the agency, or raise ``NotFound``."""
    member = db.session.scalars(select(Member).where(Member.id == member_id)).one_or_none()
    if member is None:
        raise NotFound
    return member
