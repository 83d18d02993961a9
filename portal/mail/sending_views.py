"""Whether mail goes out at all, and the switch that stops it."""

from flask import Blueprint, current_app, url_for
from flask.typing import ResponseReturnValue

from portal.config import MailSending
from portal.core.texts import _
from portal.mail import actions, queries
from portal.mail.forms import ReasonForm
from portal.mail.states import Reason
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

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


def _page(form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    return render_page(
        "mail/sending.html",
        fragment="switch",
        status=status,
        form=form,
        stop=queries.find_stop(),
        held=queries.held_count(Reason.STOPPED),
        waiting=queries.waiting_count(),
        is_on=current_app.extensions["settings"].mail_sending is MailSending.ON,
        is_locked_out=queries.is_locked_out(),
    )
