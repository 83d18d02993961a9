"""Whether mail goes out at all, the switch that stops it, and where mails come from."""

from typing import Any

from flask import Blueprint, current_app, url_for
from flask.typing import ResponseReturnValue

from portal.config import MailSending, Mode, Settings
from portal.core.errors import NotNow
from portal.core.texts import _
from portal.mail import actions, checks, queries, sender
from portal.mail.domains import from_stored
from portal.mail.forms import ReasonForm, SenderForm
from portal.mail.states import STEPS, CheckSubject, Reason
from portal.policy.guards import asks_password, current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast, wants_fragment

blueprint = Blueprint("mail_sending", __name__, url_prefix="/mails/sending")


@blueprint.get("")
@requires(Right.VIEW)
def show() -> ResponseReturnValue:
    """Show whether mail goes out, and what waits."""
    return _page(ReasonForm())


@blueprint.post("/stop")
@requires(Right.MANAGE_AGENCY)
def stop() -> ResponseReturnValue:
    """Send no mail of this agency any more."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _page(form, UNPROCESSABLE)
    actions.stop_all(current_member(), form.because.data)
    toast(_("Stopped. No mail of your agency goes out until an owner lets it go again."), "warning")
    return moved(url_for(".show"))


@blueprint.post("/let-go")
@requires(Right.MANAGE_AGENCY)
def let_go() -> ResponseReturnValue:
    """Send mail again."""
    actions.let_go(current_member())
    toast(_("Mail goes out again. Held mails are sent within the next two minutes."))
    return moved(url_for(".show"))


@blueprint.post("/look")
@requires(Right.DECIDE_MAIL)
def look() -> ResponseReturnValue:
    """Have somebody look at the mail server."""
    checks.ask_for(CheckSubject.SERVER)
    return moved(url_for(".show"))


@blueprint.get("/news")
@requires(Right.VIEW)
def news() -> ResponseReturnValue:
    """Show how far the looks are; go back to the whole page when all are done."""
    looks = _looks()
    if not looks["is_looking"] or not wants_fragment():
        return moved(url_for(".show"))
    return render_page("mail/sending.html", fragment="news", **looks)


@blueprint.post("/from")
@requires(Right.MANAGE_AGENCY)
@asks_password()
def choose_sender() -> ResponseReturnValue:
    """Let mails come from an address of the agency, once its domain is proved."""
    form = SenderForm()
    if not form.validate_on_submit():
        return _page(ReasonForm(), UNPROCESSABLE, sender_form=form, fragment="sender")
    checks.want_sender(form.address.data, form.selector.data, current_member())
    return moved(url_for(".show"))


@blueprint.post("/from/look")
@requires(Right.MANAGE_AGENCY)
def look_at_sender() -> ResponseReturnValue:
    """Ask DNS about the address again."""
    if checks.find_sender() is None:
        raise NotNow
    checks.ask_for(CheckSubject.SENDER)
    return moved(url_for(".show"))


@blueprint.post("/from/drop")
@requires(Right.MANAGE_AGENCY)
def drop_sender() -> ResponseReturnValue:
    """Let mails come from the portal's own address."""
    checks.drop_sender(current_member())
    toast(_("Mails come from the portal's own address."))
    return moved(url_for(".show"))


@blueprint.post("/from/try")
@requires(Right.MANAGE_AGENCY)
def try_sender() -> ResponseReturnValue:
    """Send the member a mail that comes from where the agency's mails come from."""
    mail = actions.send_test(current_member())
    toast(_("A test mail is on its way to you."))
    return moved(url_for("mail.show", mail_id=mail.id))


def _looks() -> dict[str, Any]:
    server, sender_check = map(checks.find_check, (CheckSubject.SERVER, CheckSubject.SENDER))
    is_looking = checks.is_under_way(server) or checks.is_under_way(sender_check)
    return {"server_check": server, "sender_check": sender_check, "is_looking": is_looking}


def _page(
    form: ReasonForm, status: int = 200, *, sender_form: SenderForm | None = None, fragment: str = "switch"
) -> ResponseReturnValue:
    found = checks.find_check(CheckSubject.SENDER)
    return render_page(
        "mail/sending.html",
        fragment=fragment,
        status=status,
        form=form,
        sender_form=sender_form or SenderForm(),
        stop=queries.find_stop(),
        held=queries.held_count(Reason.STOPPED),
        waiting=queries.waiting_count(),
        is_on=_settings().mail_sending is MailSending.ON,
        lockout=queries.find_lockout(),
        is_demo=_settings().mode is Mode.DEMO,
        wanted=checks.find_sender(),
        own_address=sender.own_address(),
        mail_server=sender.mail_server(),
        findings=[from_stored(facts) for facts in found.findings] if found else [],
        steps=STEPS,
        **_looks(),
    )


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
