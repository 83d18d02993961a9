"""Finding who signs in."""

from sqlalchemy import select

from portal.agencies.models import Member
from portal.core.db import db


def find_member_by_email(email: str) -> Member | None:
    """Return the member with this address, whatever its case, or None."""
    return db.session.scalars(select(Member).where(Member.email == email.strip().lower())).one_or_none()
