"""A member's own page: name, language, look, password, and where they are signed in."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.agencies.models import Member
from portal.core.texts import _
from portal.policy.guards import current_member, open_to_members
from portal.sign_in import actions, browsers, queries, sessions
from portal.sign_in.forms import ChangePasswordForm, ProfileForm
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("profile", __name__, url_prefix="/profile")
OWN = "everybody looks after their own profile"


def _page(**changes: Any) -> ResponseReturnValue:
    member = current_member()
    shown = {
        "details": _saved(member).begin(),
        "password": ChangePasswordForm(member, formdata=None),
        "sessions": queries.open_sessions(member),
        "this_session": sessions.find_current(),
        "in_words": browsers,
    }
    return render_page("sign_in/profile.html", **{**shown, **changes})


def _saved(member: Member) -> ProfileForm:
    return ProfileForm(formdata=None, obj=member)


@blueprint.get("")
@open_to_members(OWN)
def profile() -> ResponseReturnValue:
    """Show the member what the portal knows of them."""
    return _page()


@blueprint.post("")
@open_to_members(OWN)
def change() -> ResponseReturnValue:
    """Store name, language, time zone and look."""
    form = ProfileForm()
    is_latest = form.may_replace(_saved(current_member()))
    if not form.validate() or not is_latest:
        return _page(fragment="details", status=form.status, details=form)
    actions.change_profile(
        current_member(),
        name=form.name.data,
        language=form.language.data,
        time_zone=form.time_zone.data,
        theme=form.theme.data,
        wants_digest=form.wants_digest.data,
    )
    toast(_("Your profile is saved."))
    return moved(url_for("profile.profile"))


@blueprint.post("/password")
@open_to_members(OWN)
def change_password() -> ResponseReturnValue:
    """Store a new password; all other sessions end."""
    form = ChangePasswordForm(current_member())
    if form.validate():
        current, new = form.current_password.data, form.new_password.data
        if actions.change_password(current_member(), current, new):
            toast(_("Your password is changed. You were signed out everywhere else."))
            return moved(url_for("profile.profile"))
        form.current_password.errors = [_("This is not your current password.")]
    return _page(fragment="password", status=UNPROCESSABLE, password=form)


@blueprint.post("/sessions/<int:session_id>/end")
@open_to_members(OWN)
def end_session(session_id: int) -> ResponseReturnValue:
    """End one other session."""
    actions.end_session(current_member(), queries.get_session(current_member(), session_id))
    toast(_("That session is ended."))
    return moved(url_for("profile.profile"))


@blueprint.post("/sessions/end-others")
@open_to_members(OWN)
def end_other_sessions() -> ResponseReturnValue:
    """End every session but this one."""
    actions.end_other_sessions(current_member())
    toast(_("You are signed out everywhere else."))
    return moved(url_for("profile.profile"))
