"""Addresses that get no mail any more, and how they may get it again."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.texts import _
from portal.mail import queries, suppressions
from portal.mail.forms import ReasonForm
from portal.mail.models import SuppressedAddress
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.paging import cursor_from_request

blueprint = Blueprint("mail_addresses", __name__, url_prefix="/mails/addresses")
ONE = "/<int(max=2147483647):suppressed_id>"
LONGEST_SEARCH = 200


@blueprint.get("")
@requires(Right.VIEW)
def stopped() -> ResponseReturnValue:
    """List the addresses that get no mail."""
    search = request.args.get("search", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    page = queries.suppressed_addresses(cursor_from_request(), search)
    listed = render_page("mail/addresses.html", fragment="addresses", page=page, search=search)
    return show_address(listed, request.full_path.removesuffix("?"))


@blueprint.get(ONE)
@requires(Right.VIEW)
def show(suppressed_id: int) -> ResponseReturnValue:
    """Show why an address gets no mail."""
    return _page(queries.get_suppressed(suppressed_id), ReasonForm())


@blueprint.post(f"{ONE}/allow")
@requires(Right.DECIDE_MAIL)
def allow(suppressed_id: int) -> ResponseReturnValue:
    """Let mail go there again."""
    suppressed, form = queries.get_suppressed(suppressed_id), ReasonForm()
    if not form.validate_on_submit():
        return _page(suppressed, form, UNPROCESSABLE)
    suppressions.lift(suppressed, current_member(), form.because.data)
    toast(
        _(
            "%(address)s gets mail again. What was not sent meanwhile waits for you.",
            address=suppressed.address,
        )
    )
    return moved(url_for("mail.log", shelf="undecided", search=suppressed.address))


def _page(suppressed: SuppressedAddress, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    page = "mail/address.html"
    return render_page(page, fragment="form", status=status, suppressed=suppressed, form=form)
