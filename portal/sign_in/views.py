"""The sign-in page, the way out, and the way back in for those who forgot their password."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.policy.guards import open_to_anyone, open_to_members
from portal.sign_in import actions, keeping, links, queries, sessions
from portal.sign_in.forms import ForgottenForm, NewPasswordForm, SignInForm
from portal.sign_in.states import LinkPurpose
from portal.web import refusals
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, page_that_asks, render_page, wants_fragment
from portal.web.headers import forget_pages, keep_private
from portal.web.limits import network
from portal.web.locale import speak

blueprint = Blueprint("sign_in", __name__)


@sessions.login_manager.unauthorized_handler
def ask_who_it_is() -> ResponseReturnValue:
    """Lead somebody who is not signed in to the sign-in page, and from there back to the page they wanted."""
    kept = keeping.keep() if request.method == "POST" else None
    wanted = page_that_asks() if wants_fragment() else request.full_path.rstrip("?")
    reads = request.method == "GET" or wants_fragment()
    url = url_for("sign_in.sign_in", next=kept or (wanted if reads else None))
    return moved(url) if wants_fragment() else redirect(url)


@blueprint.get("/sign-in")
@open_to_anyone("this is how people get in")
def sign_in() -> ResponseReturnValue:
    """Ask who it is; in a fresh installation, say how to make the first owner."""
    if queries.nobody_is_here_yet():
        return render_page("sign_in/first_run.html")
    return render_page("sign_in/sign_in.html", form=SignInForm(data={"next": request.args.get("next", "")}))


@blueprint.post("/sign-in")
@open_to_anyone("this is how people get in")
def enter() -> ResponseReturnValue:
    """Let a member in, or say in one and the same way that it did not work."""
    form = SignInForm()
    if form.validate() and actions.sign_in(form.email.data, form.password.data, network()):
        return moved(form.destination(url_for("dashboard.home")))
    refusals.note("sign-in")
    return render_page("sign_in/sign_in.html", fragment="form", status=UNPROCESSABLE, form=form)


@blueprint.post("/sign-out")
@open_to_members("everybody may leave")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    actions.sign_out()
    forget_pages()
    return moved(url_for("sign_in.sign_in"))


@blueprint.get("/forgotten-password")
@open_to_anyone("whoever forgot their password cannot sign in")
def forgotten() -> ResponseReturnValue:
    """Ask for the address."""
    return render_page("sign_in/forgotten.html", form=ForgottenForm())


@blueprint.post("/forgotten-password")
@open_to_anyone("whoever forgot their password cannot sign in")
def ask_for_reset() -> ResponseReturnValue:
    """Send a link if the address is a member's, and say the same in any case."""
    form = ForgottenForm()
    if not form.validate():
        return render_page("sign_in/forgotten.html", fragment="form", status=UNPROCESSABLE, form=form)
    actions.ask_for_reset(form.email.data, network())
    return moved(url_for("sign_in.reset_asked"))


@blueprint.get("/forgotten-password/asked")
@open_to_anyone("whoever forgot their password cannot sign in")
def reset_asked() -> ResponseReturnValue:
    """Say what happens next, whether or not the address is known."""
    return render_page("sign_in/reset_asked.html")


@blueprint.get("/reset/<token>")
@open_to_anyone("the link says who it is")
def reset(token: str) -> ResponseReturnValue:
    """Ask for a new password; changes nothing, since mail scanners open links too."""
    keep_private()
    link = links.open_link(token, LinkPurpose.PASSWORD_RESET)
    speak(link.member.language)
    return render_page("sign_in/reset.html", form=NewPasswordForm(link.member), token=token, link=link)


@blueprint.post("/reset/<token>")
@open_to_anyone("the link says who it is")
def choose_password(token: str) -> ResponseReturnValue:
    """Store the new password and let the member in."""
    keep_private()
    link = links.open_link(token, LinkPurpose.PASSWORD_RESET)
    speak(link.member.language)
    form = NewPasswordForm(link.member)
    if form.validate():
        actions.reset_password(link, form.new_password.data, network())
        return moved(url_for("dashboard.home"))
    return render_page(
        "sign_in/reset.html", fragment="form", status=UNPROCESSABLE, form=form, token=token, link=link
    )
