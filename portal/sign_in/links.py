"""Links mailed to members: made once, good once, for a while; what is stored cannot open them."""

from sqlalchemy import select, update

from portal.agencies import scope
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.ids import fingerprint, random_token
from portal.core.texts import _l
from portal.sign_in.models import MemberLink
from portal.sign_in.states import LIFETIMES, LinkPurpose


class LinkIsOver(PortalError):
    """The link was used, withdrawn or replaced, has expired, or never was: nobody is told which."""

    status = 404
    title = _l("This link does not work")
    message = _l(
        "It was used already, has expired, or was replaced by a newer one. Nothing was changed. "
        "Ask for a new link."
    )


def issue(member: Member, purpose: LinkPurpose) -> tuple[MemberLink, str]:
    """Return a new link and its token, which is stored nowhere; earlier ones for the same end."""
    end_open(member, purpose)
    token = random_token()
    link = MemberLink(
        member_id=member.id,
        purpose=purpose,
        token_hash=fingerprint(token),
        expires_at=clock.now() + LIFETIMES[purpose],
    )
    db.session.add(link)
    db.session.flush()
    return link, token


def open_link(token: str, purpose: LinkPurpose) -> MemberLink:
    """Return the link behind a token and enter its agency, or raise ``LinkIsOver``; changes nothing."""
    statement = select(MemberLink).where(
        MemberLink.token_hash == fingerprint(token),
        MemberLink.purpose == purpose,
        MemberLink.ended_at.is_(None),
        MemberLink.expires_at > clock.now(),
    )
    with scope.every_agency(reason="a mailed link is looked up before its agency is known"):
        link = db.session.scalars(statement).one_or_none()
    if link is None or link.member.ended_at is not None:
        raise LinkIsOver
    scope.enter(link.agency_id)
    return link


def use(link: MemberLink) -> None:
    """Spend a link; the second of two who use it at once gets ``LinkIsOver``."""
    spent = db.session.execute(
        update(MemberLink)
        .where(MemberLink.id == link.id, MemberLink.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(MemberLink.id)
    ).all()
    if not spent:
        raise LinkIsOver


def end_open(member: Member, purpose: LinkPurpose) -> None:
    """End every link of a member for this purpose that still works."""
    db.session.execute(
        update(MemberLink)
        .where(
            MemberLink.member_id == member.id,
            MemberLink.purpose == purpose,
            MemberLink.ended_at.is_(None),
        )
        .values(ended_at=clock.now())
    )
