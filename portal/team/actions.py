"""What owners do with members, and how somebody becomes one.

An agency always keeps an owner who can sign in; nobody changes their own position or ends themselves.
"""

from collections.abc import Callable, Collection

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.access import accounts_given_to, give_access
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.email_addresses import canonical
from portal.core.errors import Forbidden, NotNow
from portal.core.texts import _l
from portal.sign_in import links, passwords, sessions
from portal.sign_in.models import MemberLink
from portal.sign_in.states import LinkPurpose
from portal.team import mails, queries

AddressOf = Callable[[str], str]


class LastOwner(NotNow):
    """The agency would be left without an owner."""

    title = _l("The last owner stays")
    message = _l("Nothing was changed. Make another member owner first.")


class NotYourself(Forbidden):
    """Nobody demotes or ends themselves."""

    title = _l("Not yourself")
    message = _l(
        "You cannot change your own position, limit yourself or end yourself. Nothing was changed. "
        "Ask another owner."
    )


class AddressTaken(NotNow):
    """Somebody signs in with this address already."""

    title = _l("This address is taken")
    message = _l("Somebody signs in to this portal with this address already. Nothing was changed.")


class OwnersSeeAll(NotNow):
    """Whoever gives accounts to others sees all of them."""

    message = _l("Owners see all accounts. Change the position first. Nothing was changed.")


class HasEnded(NotNow):
    """The member is not part of the agency at the moment."""

    message = _l("This member has ended. Restore them first. Nothing was changed.")


def found_agency(agency_name: str, *, name: str, email: str, password: str, language: str) -> Member:
    """Make an agency and its first owner, or raise ``AddressTaken``."""
    if queries.is_taken(email):
        raise AddressTaken
    with scope.every_agency(reason="the agency is only just being made"):
        agency = Agency(name=agency_name, language=language)
        db.session.add(agency)
        db.session.flush()
    scope.enter(agency.id)
    owner = Member(name=name, email=canonical(email), position=Position.OWNER, language=language)
    passwords.set_password(owner, password)
    db.session.add(owner)
    db.session.flush()
    trail.record(owner, "agency.founded", agency)
    return owner


def invite(by: Member, address_of: AddressOf, **about: str | bool) -> Member:
    """Make a member who may join by the link that is mailed to them, or raise ``AddressTaken``."""
    member = Member(**about, time_zone=by.time_zone)
    if member.position == Position.OWNER:
        member.sees_all_accounts = True
    try:
        with db.session.begin_nested():
            db.session.add(member)
    except IntegrityError:
        raise AddressTaken from None
    _send_invitation(by, member, address_of)
    trail.record(by, "member.invited", member, position=member.position, email=member.email)
    return member


def invite_again(by: Member, member: Member, address_of: AddressOf) -> None:
    """Send a new link; the one before stops working."""
    _must_be_here(member)
    if member.password_hash is not None:
        raise NotNow
    _send_invitation(by, member, address_of)
    trail.record(by, "member.invited_again", member)


def _send_invitation(by: Member, member: Member, address_of: AddressOf) -> None:
    link, token = links.issue(member, LinkPurpose.INVITATION)
    member.invited_at = link.created_at
    mails.post_invitation(by, member, link, address_of(token))


def join(link: MemberLink, *, name: str, password: str, language: str, time_zone: str) -> None:
    """Spend an invitation: store who the member is, and sign them in."""
    member = link.member
    links.use(link)
    member.name, member.language, member.time_zone = name, language, time_zone
    passwords.set_password(member, password)
    sessions.start(member)
    trail.record(member, "member.joined", member)


def change_position(by: Member, member: Member, position: Position) -> None:
    """Give a member another position; owners see all accounts."""
    _not_yourself(by, member)
    _must_be_here(member)
    if position == member.position:
        return
    before = member.position
    _keep_an_owner(member)
    member.position = position
    if position is Position.OWNER:
        member.sees_all_accounts = True
    trail.record(by, "member.position_changed", member, before=before, after=position)


def limit_to_accounts(by: Member, member: Member, account_ids: Collection[int] | None) -> None:
    """Let a member see only these accounts from their next request on, or all of them for None."""
    _not_yourself(by, member)
    _must_be_here(member)
    if member.position is Position.OWNER:
        raise OwnersSeeAll
    member.sees_all_accounts = account_ids is None
    give_access(member, account_ids or ())
    count = None if account_ids is None else len(accounts_given_to(member))
    trail.record(by, "member.accounts_changed", member, accounts=count)


def end(by: Member, member: Member) -> None:
    """End a member: their sessions and links are over at once, what they did stays on record."""
    _not_yourself(by, member)
    _must_be_here(member)
    _keep_an_owner(member)
    member.ended_at = clock.now()
    sessions.end_all(member)
    for purpose in LinkPurpose:
        links.end_open(member, purpose)
    trail.record(by, "member.ended", member)


def end_sessions(by: Member, member: Member) -> None:
    """Sign a member out everywhere; they can sign in again."""
    sessions.end_all(member)
    trail.record(by, "member.sessions_ended", member)


def restore(by: Member, member: Member, address_of: AddressOf) -> None:
    """Take a member back as they were; one who never joined is invited anew."""
    if member.ended_at is None:
        raise NotNow
    member.ended_at = None
    if member.password_hash is None:
        _send_invitation(by, member, address_of)
    trail.record(by, "member.restored", member)


def _not_yourself(by: Member, member: Member) -> None:
    if by.id == member.id:
        raise NotYourself


def _must_be_here(member: Member) -> None:
    if member.ended_at is not None:
        raise HasEnded


def _keep_an_owner(leaving: Member) -> None:
    """Refuse to lose the last owner; all owners are held, so that two cannot remove each other at once."""
    owners = db.session.scalars(
        select(Member.id)
        .where(
            Member.position == Position.OWNER, Member.ended_at.is_(None), Member.password_hash.is_not(None)
        )
        .order_by(Member.id)
        .with_for_update()
    ).all()
    if set(owners) <= {leaving.id}:
        raise LastOwner
