"""The pages of mail templates: all of them, one being written with its preview, its versions."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account
from portal.core import clock
from portal.core.texts import _
from portal.mail.kinds import PLACEHOLDERS
from portal.mail.reading import for_a_frame, with_logo
from portal.mail.template_models import TemplateDraft
from portal.mail.template_queries import Chosen, chosen_text
from portal.mail_templates import actions, queries
from portal.mail_templates.comparing import compare as compared
from portal.mail_templates.forms import TextForm
from portal.mail_templates.places import Place, kinds_of, may_differ, place_at
from portal.mail_templates.previews import Tried, compose_with, made_up, try_text
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast
from portal.web.headers import allow_own_frames, as_mail
from portal.web.paging import cursor_from_request

ALL = "/mails/templates"
ALL_OF_ACCOUNT = "/accounts/<slug:account>/mail-templates"
ONE = f"{ALL}/<kind>/<language>"
ONE_OF_ACCOUNT = f"{ALL_OF_ACCOUNT}/<kind>/<language>"

blueprint = Blueprint("mail_templates", __name__)


@blueprint.get(ALL)
@blueprint.get(ALL_OF_ACCOUNT)
@requires(Right.VIEW)
def overview(account: Account | None = None) -> ResponseReturnValue:
    """Show for every mail and language whose text is in force."""
    return render_page(
        "mail_templates/overview.html",
        account=account,
        kinds=[Place(kind, "en", account) for kind in kinds_of(account)],
        standings=queries.standings(account),
        differing=[] if account else queries.accounts_with_own_texts(),
    )


@blueprint.get(ONE)
@blueprint.get(ONE_OF_ACCOUNT)
@requires(Right.VIEW)
def edit(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """Show one text to be changed, or to be read, and the mail that comes of it."""
    place = place_at(kind, language, account)
    form = _form(place, formdata=None, data={"about": request.args.get("about")})
    newest, draft = queries.find_newest(place), queries.find_draft(place, current_member())
    typed = draft if "typed" in request.args else None
    shown = typed or chosen_text(place.kind, place.language, account)
    form.show(shown.subject, shown.body, newest.number if newest else 0)
    if not typed:
        return _page(place, form, draft=draft)
    tried = try_text(place, typed.subject, typed.body, form.chosen_request(), current_member())
    form.problems = tried.problems
    return _page(place, form, tried=tried)


@blueprint.post(ONE)
@blueprint.post(ONE_OF_ACCOUNT)
@requires(Right.EDIT_MAIL_TEMPLATES)
def save(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """Save a text as the newest version."""
    place = place_at(kind, language, account)
    form = _form(place)
    if not form.may_be_saved(queries.find_newest(place, to_write=True)):
        tried = try_text(place, *form.as_typed(), form.chosen_request(), current_member())
        return _page(place, form, tried=tried, status=form.status)
    version = actions.save_text(place, form.subject.data, form.body.data, current_member())
    toast(_("Saved as version %(number)s. The next mail says this.", number=version.number))
    return moved(_address("edit", place))


@blueprint.post(f"{ONE}/preview")
@blueprint.post(f"{ONE_OF_ACCOUNT}/preview")
@requires(Right.EDIT_MAIL_TEMPLATES)
def preview(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """Show what comes of what is typed, and keep it in case it is never saved."""
    place = place_at(kind, language, account)
    form, member = _form(place), current_member()
    subject, body = form.as_typed()
    tried = try_text(place, subject, body, form.chosen_request(), member)
    actions.keep_draft(place, subject, body, member)
    form.problems = tried.problems
    return _page(place, form, tried=tried)


@blueprint.post(f"{ONE}/test")
@blueprint.post(f"{ONE_OF_ACCOUNT}/test")
@requires(Right.EDIT_MAIL_TEMPLATES)
def send_test(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """Send what is typed to the member who types it."""
    place = place_at(kind, language, account)
    form, member = _form(place), current_member()
    tried = try_text(place, *form.as_typed(), form.chosen_request(), member)
    form.problems = tried.problems
    if tried.mail is None:
        return _page(place, form, tried=tried, status=UNPROCESSABLE)
    actions.send_test(place, tried.mail, member)
    toast(_("A test is on its way to %(address)s, and to nobody else.", address=member.email))
    return _page(place, form, tried=tried)


@blueprint.get(f"{ONE}/mail")
@blueprint.get(f"{ONE_OF_ACCOUNT}/mail")
@requires(Right.VIEW)
def frame(kind: str, language: str, account: Account | None = None) -> Response:
    """Give the mail's own page, for the frame of the preview."""
    place, member = place_at(kind, language, account), current_member()
    about = _form(place, formdata=None, data={"about": request.args.get("about")}).chosen_request()
    draft = queries.find_draft(place, member) if "typed" in request.args else None
    tried = try_text(place, draft.subject, draft.body, about, member) if draft else Tried()
    template = chosen_text(place.kind, place.language, account).template
    mail = tried.mail or compose_with(place, template, about, member)
    return as_mail(Response(with_logo(for_a_frame(mail.html), mail.logo)))


@blueprint.post(f"{ONE}/forget")
@blueprint.post(f"{ONE_OF_ACCOUNT}/forget")
@requires(Right.EDIT_MAIL_TEMPLATES)
def forget(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """Throw away what was typed and not saved."""
    place = place_at(kind, language, account)
    actions.forget_draft(place, current_member())
    toast(_("Thrown away. The saved text is as it was."))
    return moved(_address("edit", place))


@blueprint.get(f"{ONE}/versions")
@blueprint.get(f"{ONE_OF_ACCOUNT}/versions")
@requires(Right.VIEW)
def versions(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """List the versions of a text, with who wrote them and when."""
    place = place_at(kind, language, account)
    return render_page(
        "mail_templates/versions.html",
        fragment="versions",
        page=queries.versions(place, cursor_from_request()),
        newest=queries.find_newest(place),
        **_whereabouts(place),
    )


@blueprint.get(f"{ONE}/versions/<int:number>")
@blueprint.get(f"{ONE_OF_ACCOUNT}/versions/<int:number>")
@requires(Right.VIEW)
def compare(kind: str, language: str, number: int, account: Account | None = None) -> ResponseReturnValue:
    """Show what a version changed, or how it differs from the newest."""
    place, newest = place_at(kind, language, account), queries.find_newest(place_at(kind, language, account))
    with_newest = "newest" in request.args and newest is not None
    other = newest.number if with_newest and newest else number - 1
    earlier, later = (queries.text_of(place, each) for each in sorted((number, other)))
    return render_page(
        "mail_templates/compare.html",
        version=queries.get_version(place, number),
        newest=newest,
        other=other,
        subject=compared(earlier.subject, later.subject),
        body=compared(earlier.body, later.body),
        **_whereabouts(place),
    )


@blueprint.post(f"{ONE}/versions/<int:number>/restore")
@blueprint.post(f"{ONE_OF_ACCOUNT}/versions/<int:number>/restore")
@requires(Right.EDIT_MAIL_TEMPLATES)
def restore(kind: str, language: str, number: int, account: Account | None = None) -> ResponseReturnValue:
    """Bring an earlier version back, as a new one."""
    place = place_at(kind, language, account)
    made = actions.restore_version(place, number, current_member())
    toast(_("Version %(number)s says again what version %(old)s said.", number=made.number, old=number))
    return moved(_address("versions", place))


@blueprint.post(f"{ONE}/give-up")
@blueprint.post(f"{ONE_OF_ACCOUNT}/give-up")
@requires(Right.EDIT_MAIL_TEMPLATES)
def give_up(kind: str, language: str, account: Account | None = None) -> ResponseReturnValue:
    """Use the text below again: the agency's, or the shipped one."""
    place = place_at(kind, language, account)
    actions.give_up_text(place, current_member())
    toast(_("The agency's text is used again.") if account else _("The shipped text is used again."))
    return moved(_address("edit", place))


def _form(place: Place, **given: Any) -> TextForm:
    return TextForm(place, queries.requests_to_show(place.account), **given)


def _page(
    place: Place,
    form: TextForm,
    *,
    tried: Tried | None = None,
    draft: TemplateDraft | None = None,
    status: int = 200,
) -> Response:
    chosen, about = chosen_text(place.kind, place.language, place.account), form.chosen_request()
    member, mail = current_member(), tried.mail if tried else None
    allow_own_frames()
    return render_page(
        "mail_templates/edit.html",
        fragment="checked",
        status=status,
        form=form,
        draft=draft,
        mail=mail or compose_with(place, chosen.template, about, member),
        is_typed=mail is not None,
        made_up=made_up(place, about, member),
        **_standing(place, form, chosen),
        **_whereabouts(place),
    )


def _standing(place: Place, form: TextForm, chosen: Chosen) -> dict[str, Any]:
    newest, overtaken_by = queries.find_newest(place), form.overtaken_by
    has_own = newest is not None and newest.is_own
    return {
        "chosen": chosen,
        "has_own": has_own,
        "is_passed_over": has_own and chosen.version is not newest,
        "problems": form.problems,
        "placeholders": PLACEHOLDERS[place.kind],
        "theirs": compared(form.body.data or "", overtaken_by.body) if overtaken_by else (),
        "now": clock.now(),
    }


def _whereabouts(place: Place) -> dict[str, Any]:
    return {"place": place, "account": place.account, "address": _address, "may_differ": may_differ}


def _address(view: str, place: Place, **more: Any) -> str:
    return url_for(f".{view}", kind=place.kind, language=place.language, account=place.account, **more)
