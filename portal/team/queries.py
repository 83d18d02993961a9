"""Reading the team."""

from typing import Any

from sqlalchemy import String, func, select

from portal.accounts.models import AccountAccess
from portal.agencies import scope
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.sign_in.models import MemberLink
from portal.sign_in.states import LinkPurpose
from portal.web.paging import Cursor, Key, Page, fetch_page


def members_page(*, ended: bool, cursor: Cursor | None) -> Page[Any]:
    """Return members by name, with how many accounts they were given."""
    accounts = (
        select(func.count()).where(AccountAccess.member_id == Member.id).correlate(Member).scalar_subquery()
    )
    statement = select(
        Member.id,
        Member.name,
        Member.email,
        Member.position,
        Member.sees_all_accounts,
        Member.last_seen_at,
        Member.invited_at,
        Member.ended_at,
        Member.password_hash.is_not(None).label("has_joined"),
        accounts.label("accounts"),
    ).where(Member.ended_at.is_not(None) if ended else Member.ended_at.is_(None))
    return fetch_page(
        statement, (Key(func.lower(Member.name, type_=String())), Key(Member.id.expression)), cursor
    )


def find_invitation(member: Member) -> MemberLink | None:
    """Return the invitation of a member that still works, or None."""
    return db.session.scalars(
        select(MemberLink).where(
            MemberLink.member_id == member.id,
            MemberLink.purpose == LinkPurpose.INVITATION,
            MemberLink.ended_at.is_(None),
            MemberLink.expires_at > clock.now(),
        )
    ).one_or_none()


def is_taken(email: str) -> bool:
    """Tell whether an address already belongs to a member of this portal, of whatever agency."""
    with scope.every_agency(reason="an address signs in to one agency only"):
        return db.session.scalars(select(Member.id).where(Member.email == email)).first() is not None
