"""Getting into the demo with one click: as any of its members, without a password."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from portal.access_requests.models import AccessRequest
from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit import trail
from portal.core.db import db
from portal.core.errors import NotFound
from portal.crm.models import Connection
from portal.demo.cast import ACCOUNTS
from portal.demo.housekeeping import FILLED
from portal.demo.stories import STORIES
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


def demo_crm_address() -> str:
    """Return where the emulated HubSpot is looked at."""
    return str(current_app.extensions["settings"].hubspot_url)


@dataclass(frozen=True, slots=True)
class Filling:
    """How far the first filling of the demo is: what is there of what will be."""

    done: int
    total: int


def demo_filling() -> Filling | None:
    """Return how far the filling is, or None once it is over."""
    if (current_app.extensions["settings"].data_dir / FILLED).exists():
        return None
    with scope.every_agency(reason="a visitor of the demo has no agency yet"):
        connected = db.session.scalar(select(func.count(Connection.id))) or 0
        told = db.session.scalar(select(func.count(AccessRequest.id))) or 0
    return Filling(connected + told, sum(bool(cast.tier) for cast in ACCOUNTS) + len(STORIES))


@blueprint.get("/demo/members")
@open_to_anyone("the sign-in page of the demo asks for it while the demo is being filled")
def members() -> ResponseReturnValue:
    """Offer the demo's members, or say how far the filling is."""
    return render_template("demo/members.html")


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
