"""The sign-in page, and the way out."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.policy.guards import open_to_anyone, open_to_members
from portal.sign_in import actions, sessions
from portal.sign_in.forms import SignInForm
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page

blueprint = Blueprint("sign_in", __name__)
sessions.login_manager.login_view = "sign_in.sign_in"
sessions.login_manager.login_message = None


@blueprint.get("/sign-in")
@open_to_anyone("this is how people get in")
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    return render_page("sign_in/sign_in.html", form=SignInForm())


@blueprint.post("/sign-in")
@open_to_anyone("this is how people get in")
def enter() -> ResponseReturnValue:
    """Let a member in, or say in one and the same way that it did not work."""
    form = SignInForm()
    if form.validate() and actions.sign_in(form.email.data, form.password.data):
        return moved(url_for("dashboard.home"))
    return render_page("sign_in/sign_in.html", fragment="form", status=UNPROCESSABLE, form=form)


@blueprint.post("/sign-out")
@open_to_members("everybody may leave")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    actions.sign_out()
    return moved(url_for("sign_in.sign_in"))
