"""The page of the agency's look: name, colour, logo, footers, and whether it can be read."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.agencies.models import Agency
from portal.agencies.queries import current_agency
from portal.core.colours import ENOUGH_FOR_TEXT, IS_COLOUR, contrast, text_on
from portal.core.errors import BadInput
from portal.core.texts import _
from portal.mail.composing import DARK_PAGE, MailLook
from portal.mail.kinds import MailKind
from portal.mail_templates import look_actions
from portal.mail_templates.look_forms import LogoForm, LookForm
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.bodies import A_FILE, takes_up_to
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast
from portal.web.headers import allow_own_frames

blueprint = Blueprint("agency_look", __name__, url_prefix="/mails/look")


@blueprint.get("")
@requires(Right.VIEW)
def edit() -> ResponseReturnValue:
    """Show how the agency looks to clients."""
    agency, form = current_agency(), LookForm(formdata=None)
    form.show(agency)
    return _page(agency, form, LogoForm(formdata=None))


@blueprint.post("")
@requires(Right.MANAGE_AGENCY)
def change() -> ResponseReturnValue:
    """Change name, colour and footers."""
    agency, form = current_agency(), LookForm()
    if not form.validate():
        return _page(agency, form, LogoForm(formdata=None), UNPROCESSABLE)
    look_actions.change_look(agency, form.name.data, form.colour.data, form.footers(), current_member())
    toast(_("Saved. The next mail looks like this."))
    return moved(url_for(".edit"))


@blueprint.get("/contrast")
@requires(Right.VIEW)
def read_contrast() -> ResponseReturnValue:
    """Say how well a colour that is being chosen can be read."""
    colour = request.args.get("colour", "")
    if not IS_COLOUR.fullmatch(colour):
        raise BadInput
    return render_page("mail_templates/contrast.html", fragment="contrast", **_contrast(colour))


@blueprint.post("/logo")
@requires(Right.MANAGE_AGENCY)
@takes_up_to(A_FILE)
def upload_logo() -> ResponseReturnValue:
    """Take over a new logo."""
    agency, logo = current_agency(), LogoForm()
    if not logo.validate():
        form = LookForm(formdata=None)
        form.show(agency)
        return _page(agency, form, logo, UNPROCESSABLE)
    look_actions.change_logo(agency, logo.picture, current_member())
    toast(_("The logo is in use."))
    return moved(url_for(".edit"))


@blueprint.post("/logo/remove")
@requires(Right.MANAGE_AGENCY)
def remove_logo() -> ResponseReturnValue:
    """Take the logo away."""
    look_actions.remove_logo(current_agency(), current_member())
    toast(_("The logo is gone; mails show the agency's name."))
    return moved(url_for(".edit"))


def _page(agency: Agency, form: LookForm, logo: LogoForm, status: int = 200) -> Response:
    allow_own_frames()
    colour = form.colour.data or ""
    return render_page(
        "mail_templates/look.html",
        status=status,
        agency=agency,
        form=form,
        logo=logo,
        kind=MailKind.ACCESS_REQUEST,
        **_contrast(colour if IS_COLOUR.fullmatch(colour) else agency.colour),
    )


def _contrast(colour: str) -> dict[str, Any]:
    look = MailLook("", colour)
    return {
        "colour": colour,
        "text": text_on(colour),
        "ratio": contrast(text_on(colour), colour),
        "white_ratio": contrast("#ffffff", colour),
        "enough": ENOUGH_FOR_TEXT,
        "edge": look.edge,
        "page_ratio": contrast(DARK_PAGE if look.edge == "edged-in-dark" else "#ffffff", colour),
    }
