"""Getting into the demo with one click: as any of its members, without a password."""

from collections.abc import Sequence

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit import trail
from portal.core.db import db
from portal.core.errors import NotFound
from portal.policy.guards import open_to_anyone
from portal.policy.rights import POSITIONS
from portal.sign_in import sessions
from portal.web.fragments import moved

blueprint = Blueprint("demo", __name__)


def demo_members() -> Sequence[Member]:
    """Return who may be signed in as, the most powerful first."""
    with scope.every_agency(reason="a visitor of the demo has no agency yet"):
        members = db.session.scalars(
            select(Member).where(Member.ended_at.is_(None)).order_by(Member.id)
        ).all()
    order = list(POSITIONS)
    return sorted(
        (member for member in members if member.is_active), key=lambda member: order.index(member.position)
    )


@blueprint.post("/demo/sign-in/<int:member_id>")
@open_to_anyone("visitors of the demo have no password; the room opens in demo mode only")
def sign_in(member_id: int) -> ResponseReturnValue:
    """Sign a visitor in as one of the demo's members."""
    with scope.every_agency(reason="a visitor of the demo has no agency yet"):
        member = db.session.get(Member, member_id)
    if member is None or not member.is_active:
        raise NotFound
    scope.enter(member.agency_id)
    sessions.start(member)
    trail.record(member, "member.signed_in", member, demo=True)
    return moved(url_for("dashboard.home"))
