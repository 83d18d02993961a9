"""The team's pages, and the page that an invitation opens."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.agencies.models import Member, Position
from portal.agencies.queries import get_member
from portal.core.texts import _
from portal.policy.guards import asks_password, current_member, open_to_anyone, requires
from portal.policy.rights import LABELS, POSITION_HINTS, POSITIONS, RIGHTS, Right
from portal.sign_in import links
from portal.sign_in.states import LinkPurpose
from portal.team import actions, queries
from portal.team.forms import ALL, AccountsForm, InviteForm, JoinForm, PositionForm
from portal.web.addresses import whole_address
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast
from portal.web.headers import keep_private
from portal.web.locale import speak
from portal.web.paging import cursor_from_request

blueprint = Blueprint("team", __name__, url_prefix="/team")
invitations = Blueprint("invitations", __name__, url_prefix="/invitation")


def _makes_an_owner() -> bool:
    return request.form.get("position") == Position.OWNER


def _invitation_address(token: str) -> str:
    return whole_address("invitations.invitation", token=token)


@blueprint.get("")
@requires(Right.MANAGE_MEMBERS)
def members() -> ResponseReturnValue:
    """List the members, or those who ended."""
    ended = request.args.get("show") == "ended"
    page = queries.members_page(ended=ended, cursor=cursor_from_request())
    return render_page("team/members.html", fragment="list", page=page, ended=ended, positions=POSITIONS)


@blueprint.get("/rights")
@requires(Right.VIEW)
def rights() -> ResponseReturnValue:
    """Show the one table of rights."""
    return render_page(
        "team/rights.html", rights=RIGHTS, labels=LABELS, positions=POSITIONS, hints=POSITION_HINTS
    )


@blueprint.get("/invite")
@requires(Right.MANAGE_MEMBERS)
def new() -> ResponseReturnValue:
    """Ask who is invited."""
    form = InviteForm(data={"language": current_member().language, "sees": ALL})
    return render_page("team/invite.html", form=form, hints=POSITION_HINTS)


@blueprint.post("/invite")
@requires(Right.MANAGE_MEMBERS)
@asks_password(_makes_an_owner)
def invite() -> ResponseReturnValue:
    """Send the invitation."""
    form = InviteForm()
    if not form.validate():
        return render_page(
            "team/invite.html", fragment="form", status=UNPROCESSABLE, form=form, hints=POSITION_HINTS
        )
    member = actions.invite(
        current_member(),
        _invitation_address,
        name=form.name.data,
        email=form.email.data,
        position=Position(form.position.data),
        language=form.language.data,
        sees_all_accounts=form.sees.data == ALL,
    )
    toast(_("The invitation to %(address)s is on its way.", address=member.email))
    return moved(url_for("team.member", member_id=member.id))


def _member_page(member: Member, **changes: Any) -> ResponseReturnValue:
    shown = {
        "position": PositionForm(formdata=None, obj=member),
        "accounts": AccountsForm(member, formdata=None),
    }
    return render_page(
        "team/member.html",
        member=member,
        invitation=queries.find_invitation(member),
        positions=POSITIONS,
        hints=POSITION_HINTS,
        is_me=member == current_member(),
        **{**shown, **changes},
    )


@blueprint.get("/<int:member_id>")
@requires(Right.MANAGE_MEMBERS)
def member(member_id: int) -> ResponseReturnValue:
    """Show one member and what can be changed about them."""
    return _member_page(get_member(member_id))


@blueprint.post("/<int:member_id>/position")
@requires(Right.MANAGE_MEMBERS)
@asks_password(_makes_an_owner)
def change_position(member_id: int) -> ResponseReturnValue:
    """Give a member another position."""
    member, form = get_member(member_id), PositionForm()
    if not form.validate():
        return _member_page(member, status=UNPROCESSABLE, position=form)
    actions.change_position(current_member(), member, Position(form.position.data))
    toast(_("%(name)s has a new position.", name=member.name))
    return moved(url_for("team.member", member_id=member.id))


@blueprint.post("/<int:member_id>/accounts")
@requires(Right.MANAGE_MEMBERS)
def limit(member_id: int) -> ResponseReturnValue:
    """Say which accounts a member sees."""
    member = get_member(member_id)
    form = AccountsForm(member)
    if not form.validate():
        return _member_page(member, status=UNPROCESSABLE, accounts=form)
    actions.limit_to_accounts(current_member(), member, form.account_ids)
    toast(_("From now on this is what %(name)s sees.", name=member.name))
    return moved(url_for("team.member", member_id=member.id))


@blueprint.post("/<int:member_id>/invitation")
@requires(Right.MANAGE_MEMBERS)
def invite_again(member_id: int) -> ResponseReturnValue:
    """Send a new invitation; the one before stops working."""
    member = get_member(member_id)
    actions.invite_again(current_member(), member, _invitation_address)
    toast(_("A new invitation to %(address)s is on its way.", address=member.email))
    return moved(url_for("team.member", member_id=member.id))


@blueprint.post("/<int:member_id>/end")
@requires(Right.MANAGE_MEMBERS)
def end(member_id: int) -> ResponseReturnValue:
    """End a member, or withdraw the invitation of somebody who has not joined."""
    member = get_member(member_id)
    actions.end(current_member(), member)
    toast(_("%(name)s cannot sign in any more.", name=member.name))
    return moved(url_for("team.members"))


@blueprint.post("/<int:member_id>/sessions/end")
@requires(Right.MANAGE_MEMBERS)
def end_sessions(member_id: int) -> ResponseReturnValue:
    """Sign a member out everywhere, for example after a laptop was lost."""
    member = get_member(member_id)
    actions.end_sessions(current_member(), member)
    toast(_("%(name)s is signed out everywhere.", name=member.name))
    return moved(url_for("team.member", member_id=member.id))


@blueprint.post("/<int:member_id>/restore")
@requires(Right.MANAGE_MEMBERS)
def restore(member_id: int) -> ResponseReturnValue:
    """Take a member back."""
    member = get_member(member_id)
    actions.restore(current_member(), member, _invitation_address)
    toast(_("%(name)s is a member again.", name=member.name))
    return moved(url_for("team.member", member_id=member.id))


@invitations.get("/<token>")
@open_to_anyone("the link says who it is")
def invitation(token: str) -> ResponseReturnValue:
    """Ask the new member who they are; changes nothing, since mail scanners open links too."""
    keep_private()
    link = links.open_link(token, LinkPurpose.INVITATION)
    speak(link.member.language)
    return render_page("team/join.html", form=JoinForm(link.member), token=token, member=link.member)


@invitations.post("/<token>")
@open_to_anyone("the link says who it is")
def join(token: str) -> ResponseReturnValue:
    """Make the invited person a member who is signed in."""
    keep_private()
    link = links.open_link(token, LinkPurpose.INVITATION)
    speak(link.member.language)
    form = JoinForm(link.member)
    if not form.validate():
        context = {"form": form, "token": token, "member": link.member}
        return render_page("team/join.html", fragment="form", status=UNPROCESSABLE, **context)
    actions.join(
        link,
        name=form.name.data,
        password=form.new_password.data,
        language=form.language.data,
        time_zone=form.time_zone.data,
    )
    return moved(url_for("dashboard.home"))
