"""The mail log, each mail with what became of it, and what a member can decide about it."""

from flask import Blueprint, Response, current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue

from portal.config import MailSending
from portal.core.errors import BadInput, NotNow
from portal.core.texts import _
from portal.mail import actions, queries, readdressing, suppressions
from portal.mail.forms import AddressForm
from portal.mail.reading import for_a_frame, read_mail, without_secrets
from portal.mail.states import SHELVES
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.headers import allow_own_frames, as_mail
from portal.web.paging import cursor_from_request

blueprint = Blueprint("mail", __name__, url_prefix="/mails")
ONE = "/<int(max=2147483647):mail_id>"
LONGEST_SEARCH = 200


@blueprint.get("")
@requires(Right.VIEW)
def log() -> ResponseReturnValue:
    """List all mails, newest first."""
    shelf = request.args.get("shelf", "")
    if shelf and shelf not in SHELVES:
        raise BadInput
    search = request.args.get("search", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    listed = render_page(
        "mail/log.html",
        fragment="mails",
        page=queries.mails(cursor_from_request(), shelf, search),
        shelf=shelf,
        shelves=SHELVES,
        search=search,
        is_short=queries.is_short(search.split()),
        is_on=current_app.extensions["settings"].mail_sending is MailSending.ON,
        lockout=queries.find_lockout(),
        stop=queries.find_stop(),
    )
    return show_address(listed, request.full_path.removesuffix("?"))


@blueprint.get(ONE)
@requires(Right.VIEW)
def show(mail_id: int) -> ResponseReturnValue:
    """Show one mail: what became of it, and how it reads."""
    mail = queries.get_mail(mail_id)
    read = read_mail(mail.raw)
    text = without_secrets(read.text)
    as_text = request.args.get("as") == "text"
    allow_own_frames()
    return render_page(
        "mail/mail.html",
        fragment="delivery",
        mail=mail,
        read=read,
        text=text,
        as_text=as_text,
        suppressed=suppressions.find_active(mail),
        successor=queries.find_successor(mail),
        may_be_readdressed=readdressing.may_be_readdressed(mail),
    )


@blueprint.get(f"{ONE}/html")
@requires(Right.VIEW)
def html(mail_id: int) -> Response:
    """Give the mail's own page, for a frame; its links lead nowhere."""
    read = read_mail(queries.get_mail(mail_id).raw)
    return as_mail(make_response(for_a_frame(without_secrets(read.html))))


@blueprint.post(f"{ONE}/arrived")
@requires(Right.DECIDE_MAIL)
def arrived(mail_id: int) -> ResponseReturnValue:
    """End the doubt about a mail: it arrived."""
    actions.confirm_arrival(queries.get_mail(mail_id, to_change=True), current_member())
    toast(_("Noted: the mail arrived. It is not sent again."))
    return moved(url_for(".show", mail_id=mail_id))


@blueprint.post(f"{ONE}/send")
@requires(Right.DECIDE_MAIL)
def send(mail_id: int) -> ResponseReturnValue:
    """Send a mail that was held or refused, or once more if it is in doubt."""
    actions.send_again(queries.get_mail(mail_id, to_change=True), current_member())
    toast(_("The mail is on its way to the mail server."))
    return moved(url_for(".show", mail_id=mail_id))


@blueprint.post(f"{ONE}/try-now")
@requires(Right.DECIDE_MAIL)
def try_now(mail_id: int) -> ResponseReturnValue:
    """Try a mail now that was put off."""
    actions.try_now(queries.get_mail(mail_id, to_change=True), current_member())
    toast(_("The mail is tried now."))
    return moved(url_for(".show", mail_id=mail_id))


@blueprint.post(f"{ONE}/cancel")
@requires(Right.DECIDE_MAIL)
def cancel(mail_id: int) -> ResponseReturnValue:
    """Decide that a mail is not sent."""
    actions.cancel(queries.get_mail(mail_id, to_change=True), current_member())
    toast(_("Cancelled. The mail is not sent."))
    return moved(url_for(".show", mail_id=mail_id))


@blueprint.get(f"{ONE}/other-address")
@requires(Right.DECIDE_MAIL)
def other_address(mail_id: int) -> ResponseReturnValue:
    """Ask where a mail should have gone."""
    mail = queries.get_mail(mail_id)
    if not readdressing.may_be_readdressed(mail):
        raise NotNow
    return render_page("mail/other_address.html", mail=mail, form=AddressForm(mail=mail))


@blueprint.post(f"{ONE}/send-elsewhere")
@requires(Right.DECIDE_MAIL)
def send_elsewhere(mail_id: int) -> ResponseReturnValue:
    """Send a mail anew, to a corrected address."""
    mail = queries.get_mail(mail_id, to_change=True)
    form = AddressForm(mail=mail)
    if not form.validate_on_submit():
        return render_page(
            "mail/other_address.html", fragment="form", mail=mail, form=form, status=UNPROCESSABLE
        )
    address, corrects = form.email.data, form.is_for_the_contact
    successor = readdressing.send_to(mail, address, current_member(), correct_contact=corrects)
    toast(_("Sent anew to %(address)s.", address=address))
    return moved(url_for(".show", mail_id=successor.id))


@blueprint.post("/resume")
@requires(Right.DECIDE_MAIL)
def resume() -> ResponseReturnValue:
    """Go on sending after the mail server refused our sign-in."""
    actions.resume_sending(current_member())
    toast(_("Held mails are sent within the next two minutes."))
    return moved(url_for(".log"))
