"""The pages of access requests: the lists, the form, the preview, and one request with its steps."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.access_requests import actions, chasing, forms, links, mails, queries, states, taking
from portal.access_requests.models import AccessRequest
from portal.access_requests.progress import progress_of
from portal.access_requests.proposal_queries import proposal_of
from portal.access_requests.queries import Wanted
from portal.access_requests.timeline import sentence
from portal.accounts.models import Account
from portal.accounts.queries import contacts
from portal.core import clock
from portal.core.errors import NotNow
from portal.core.texts import _
from portal.inbox.queries import mails_about as mails_in_about
from portal.inbox.showing import is_list
from portal.mail.reading import for_a_frame
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.provisioning import states as run_states
from portal.reminders.queries import chases_of
from portal.web.addresses import whole_address
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.headers import allow_own_frames, as_mail, keep_private
from portal.web.paging import cursor_from_request

ALL = "/accounts/<slug:account>/access-requests"
ONE = f"{ALL}/<int(max=2147483647):number>"  # what an integer column holds

blueprint = Blueprint("access_requests", __name__)


@blueprint.get("/access-requests")
@requires(Right.VIEW)
def everywhere() -> ResponseReturnValue:
    """Show the requests of all accounts."""
    return _list("access_requests/everywhere.html", forms.read_wanted(request.args, current_member()))


@blueprint.get(ALL)
@requires(Right.VIEW)
def of_account(account: Account) -> ResponseReturnValue:
    """Show the requests of one account."""
    wanted = forms.read_wanted(request.args, current_member(), account)
    return _list("access_requests/of_account.html", wanted, account=account)


def _list(template: str, wanted: Wanted, **more: Any) -> Response:
    page = queries.requests(wanted, cursor_from_request())
    names = queries.names_of_people([row.id for row in page.rows])
    answer = render_page(
        template, fragment="rows", page=page, names=names, wanted=wanted, states=states, **more
    )
    return show_address(answer, request.full_path.rstrip("?"))


@blueprint.get(f"{ALL}/new")
@requires(Right.SEND_REQUESTS)
def new(account: Account) -> ResponseReturnValue:
    """Ask who needs access, and whom to ask about it."""
    return _form(account, forms.RequestForm(account, _contacts(account)))


@blueprint.post(ALL)
@requires(Right.SEND_REQUESTS)
def create(account: Account) -> ResponseReturnValue:
    """Store a draft, and show it as the contact will see it."""
    form = forms.RequestForm(account, _contacts(account))
    if form.change_rows():
        return _form(account, form)
    if not form.validate():
        return _form(account, form, status=UNPROCESSABLE)
    access_request = actions.draft_request(account, current_member(), form.wish())
    return moved(url_for(".preview", account=account, number=access_request.number))


@blueprint.get(f"{ONE}/edit")
@requires(Right.SEND_REQUESTS)
def edit(account: Account, number: int) -> ResponseReturnValue:
    """Show a draft to be changed."""
    access_request = _changeable(account, number)
    form = forms.RequestForm(account, _contacts(account), data=forms.filled_in(access_request))
    return _form(account, form, access_request)


@blueprint.post(f"{ONE}/edit")
@requires(Right.SEND_REQUESTS)
def change(account: Account, number: int) -> ResponseReturnValue:
    """Store the changes of a draft."""
    access_request = _changeable(account, number)
    form = forms.RequestForm(account, _contacts(account))
    if form.change_rows():
        return _form(account, form, access_request)
    if not form.validate():
        return _form(account, form, access_request, status=UNPROCESSABLE)
    actions.change_request(access_request, current_member(), form.wish())
    return moved(url_for(".preview", account=account, number=number))


def _contacts(account: Account) -> list[Any]:
    return [contact for contact in contacts(account) if contact.may_approve]


def _changeable(account: Account, number: int) -> AccessRequest:
    access_request = queries.get_request(account, number, lock=request.method == "POST")
    if access_request.state not in states.CHANGEABLE:
        raise NotNow
    return access_request


def _form(
    account: Account, form: forms.RequestForm, access_request: AccessRequest | None = None, status: int = 200
) -> Response:
    return render_page(
        "access_requests/form.html",
        fragment="form",
        status=status,
        account=account,
        form=form,
        access_request=access_request,
    )


@blueprint.get(f"{ONE}/preview")
@requires(Right.VIEW)
def preview(account: Account, number: int) -> ResponseReturnValue:
    """Show the mail exactly as it will look, before it is sent."""
    access_request = queries.get_request(account, number)
    allow_own_frames()
    return render_page(
        "access_requests/preview.html",
        account=account,
        access_request=access_request,
        mail=mails.preview_question(access_request, clock.now() + links.LIVES),
        can_send=access_request.state in states.SENDABLE,
        can_change=access_request.state in states.CHANGEABLE,
        **_warnings(access_request),
    )


@blueprint.get(f"{ONE}/preview/mail")
@requires(Right.VIEW)
def preview_mail(account: Account, number: int) -> ResponseReturnValue:
    """Show the HTML of the mail, for the frame of the preview."""
    access_request = queries.get_request(account, number)
    mail = mails.preview_question(access_request, clock.now() + links.LIVES)
    return as_mail(Response(for_a_frame(mail.html)))


@blueprint.get(ONE)
@requires(Right.VIEW)
def show(account: Account, number: int) -> ResponseReturnValue:
    """Show a request: where it is, whom it waits for, what was answered, what happened."""
    return _show(account, queries.get_request(account, number))


def _show(
    account: Account,
    access_request: AccessRequest,
    *,
    link: str = "",
    withdrawing: forms.WithdrawForm | None = None,
    status: int = 200,
) -> Response:
    return render_page(
        "access_requests/show.html",
        fragment="now",
        status=status,
        account=account,
        access_request=access_request,
        link=link,
        states=states,
        latest_link=queries.find_latest_link(access_request),
        chases=chases_of(chasing.QUESTION, access_request.id),
        answers=queries.answers(access_request),
        timeline=[(entry, sentence(entry)) for entry in queries.timeline(access_request)],
        withdrawing=withdrawing or forms.WithdrawForm(formdata=None),
        may_withdraw=actions.may_withdraw(access_request),
        **_post(access_request),
        **_setting_up(access_request),
        **_warnings(access_request),
    )


def _post(access_request: AccessRequest) -> dict[str, Any]:
    return {
        "mails": queries.mails_about(access_request),
        "replies": mails_in_about(access_request),
        "is_list": is_list,
    }


def _setting_up(access_request: AccessRequest) -> dict[str, Any]:
    return {
        "proposal": proposal_of(access_request),
        "taking": taking,
        "progress": progress_of(access_request),
        "run_states": run_states,
    }


def _warnings(access_request: AccessRequest) -> dict[str, Any]:
    return {
        "already_users": queries.already_users(access_request),
        "also_asked_in": queries.also_asked_in(access_request),
    }


@blueprint.post(f"{ONE}/send")
@requires(Right.SEND_REQUESTS)
def send(account: Account, number: int) -> ResponseReturnValue:
    """Ask the client."""
    access_request = queries.get_request(account, number, lock=True)
    actions.send_request(access_request, current_member())
    toast(_("The question to %(name)s is on its way.", name=access_request.contact.name))
    return moved(url_for(".show", account=account, number=number))


@blueprint.post(f"{ONE}/resend")
@requires(Right.SEND_REQUESTS)
def resend(account: Account, number: int) -> ResponseReturnValue:
    """Send the question once more."""
    access_request = queries.get_request(account, number, lock=True)
    actions.send_again(access_request, current_member())
    toast(_("%(name)s gets the question once more, with a new link.", name=access_request.contact.name))
    return moved(url_for(".show", account=account, number=number))


@blueprint.post(f"{ONE}/copy-link")
@requires(Right.SEND_REQUESTS)
def copy_link(account: Account, number: int) -> ResponseReturnValue:
    """Make a fresh link and show it this once."""
    access_request = queries.get_request(account, number, lock=True)
    token = actions.copy_link(access_request, current_member())
    keep_private()
    return _show(account, access_request, link=whole_address("answers.open_link", token=token))


@blueprint.post(f"{ONE}/stop-reminders")
@requires(Right.SEND_REQUESTS)
def stop_reminders(account: Account, number: int) -> ResponseReturnValue:
    """Remind nobody of this question any more."""
    chasing.stop(queries.get_request(account, number, lock=True), current_member())
    toast(_("No more reminders go out about this. The question itself stays open."))
    return moved(url_for(".show", account=account, number=number))


@blueprint.post(f"{ONE}/start-reminders")
@requires(Right.SEND_REQUESTS)
def start_reminders(account: Account, number: int) -> ResponseReturnValue:
    """Remind the contact we wait for, from today on."""
    chasing.start_again(queries.get_request(account, number, lock=True), current_member())
    toast(_("Reminders go out again until there is an answer."))
    return moved(url_for(".show", account=account, number=number))


@blueprint.post(f"{ONE}/withdraw")
@requires(Right.SEND_REQUESTS)
def withdraw(account: Account, number: int) -> ResponseReturnValue:
    """Take the question back."""
    form = forms.WithdrawForm()
    access_request = queries.get_request(account, number, lock=True)
    if not form.validate():
        return _show(account, access_request, withdrawing=form, status=UNPROCESSABLE)
    actions.withdraw_request(access_request, current_member(), form.reason.data or "")
    toast(_("The request is withdrawn. Its links stopped working."))
    return moved(url_for(".show", account=account, number=number))
