"""The pages of a proposal: change it, look it over, confirm it, and watch it being set up."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.access_requests import onboarding, proposal_queries, proposals, queries, scheduling, taking
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.progress import progress_of
from portal.access_requests.proposal_forms import ConfirmForm, ProposalForm
from portal.access_requests.states import RequestState
from portal.accounts.models import Account
from portal.core.errors import NotFound, NotNow
from portal.core.texts import Text, _
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.provisioning import actions as provisioning
from portal.provisioning import states as run_states
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.queries import get_step
from portal.users import seats
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("proposals", __name__)

ADDRESS = "/accounts/<slug:account>/access-requests/<int:number>"


@blueprint.get(f"{ADDRESS}/proposal")
@requires(Right.PROVISION)
def edit(account: Account, number: int) -> ResponseReturnValue:
    """Show the answer beside what each person will get."""
    seats.refresh(account)
    access_request = _answered(account, number)
    proposal = proposal_queries.open_proposal_of(access_request)
    return _form(access_request, proposal, ProposalForm(access_request, proposal))


@blueprint.post(f"{ADDRESS}/proposal")
@requires(Right.PROVISION)
def change(account: Account, number: int) -> ResponseReturnValue:
    """Keep what was chosen, and go on to look it over."""
    access_request = _answered(account, number, lock=True)
    proposal = proposal_queries.open_proposal_of(access_request)
    form = ProposalForm(access_request, proposal)
    if (part := form.form_to_fill()) is not None:
        part.fill_from(proposal_queries.meanings_by_id(account, proposal.targets))
        return _form(access_request, proposal, form)
    if not form.validate():
        return _form(access_request, proposal, form, UNPROCESSABLE)
    if form.version.data != access_request.version:
        return _form(access_request, proposal, form, NotNow.status)
    proposals.change(access_request, form.version.data, form.choices(), current_member())
    return moved(url_for(".review", account=account, number=number))


@blueprint.get(f"{ADDRESS}/proposal/review")
@requires(Right.PROVISION)
def review(account: Account, number: int) -> ResponseReturnValue:
    """Show exactly what will be written, before it is."""
    seats.refresh(account)
    access_request = _answered(account, number)
    proposal = proposal_queries.open_proposal_of(access_request)
    return _review(access_request, proposal, ConfirmForm(access_request, proposal))


@blueprint.get(f"{ADDRESS}/proposal/seats")
@requires(Right.PROVISION)
def left_seats(account: Account, number: int) -> ResponseReturnValue:
    """Show the seats of a proposal as they are known now; asked for while they are being read."""
    return _seats(account, number, "access_requests/_proposal_seats.html")


@blueprint.get(f"{ADDRESS}/proposal/takes")
@requires(Right.PROVISION)
def takes(account: Account, number: int) -> ResponseReturnValue:
    """Show what confirming takes as it is known now; asked for while the seats are being read."""
    return _seats(account, number, "access_requests/_proposal_takes.html")


@blueprint.post(f"{ADDRESS}/proposal/confirm")
@requires(Right.PROVISION)
def confirm(account: Account, number: int) -> ResponseReturnValue:
    """Have everybody in the proposal set up."""
    access_request = _answered(account, number, lock=True)
    proposal = proposal_queries.open_proposal_of(access_request)
    form = ConfirmForm(access_request, proposal)
    if not form.validate():
        return _review(access_request, proposal, form, UNPROCESSABLE)
    if form.version.data != access_request.version:
        return _review(access_request, proposal, form, NotNow.status)
    admins = form.admins.data or []
    if (problem := proposals.find_problem(proposal, admins)) is not None:
        return _review(access_request, proposal, form, UNPROCESSABLE, problem)
    chosen = {"invites": form.invites.data, "waits": form.waits}
    proposals.confirm(access_request, form.version.data, admins, current_member(), **chosen)
    toast(_("Confirmed. %(what)s", what=_what_follows(access_request)))
    return moved(_home(account, number))


def _what_follows(access_request: AccessRequest) -> str:
    account, waiting = access_request.account.name, [p for p in access_request.people if p.is_scheduled]
    if access_request.state is RequestState.SCHEDULED:
        return _("Set-up in %(account)s waits for the first working day.", account=account)
    if waiting:
        return _("The portal begins in %(account)s; the others wait for their first day.", account=account)
    return _("The portal is setting everybody up in %(account)s.", account=account)


@blueprint.get(f"{ADDRESS}/progress")
@requires(Right.VIEW)
def progress(account: Account, number: int) -> ResponseReturnValue:
    """Show how far each person is; nothing new, nothing sent."""
    access_request = queries.get_request(account, number)
    now = progress_of(access_request)
    seen = request.args.get("seen", "")
    if seen and seen == now.mark:
        return Response(status=204)
    if seen and not now.is_live:
        return moved(_home(account, number))
    return render_page(
        "access_requests/progress.html",
        fragment="progress",
        account=account,
        access_request=access_request,
        progress=now,
        run_states=run_states,
    )


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/try-again")
@requires(Right.PROVISION)
def try_again(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Let a stopped person go on."""
    provisioning.try_again(_run(account, number, person_id), by=current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/change-existing")
@requires(Right.PROVISION)
def change_existing(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Change the user who is in the account already."""
    provisioning.change_existing(_run(account, number, person_id), by=current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/reopen")
@requires(Right.PROVISION)
def reopen(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Open the proposal again for somebody whose set-up stopped before anything was written."""
    access_request = queries.get_request(account, number, lock=True)
    proposals.reopen(access_request, _person(access_request, person_id), current_member())
    return moved(url_for(".edit", account=account, number=number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/leave-out")
@requires(Right.PROVISION)
def leave_out(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Go on without this person."""
    provisioning.leave_out(_run(account, number, person_id), by=current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/check")
@requires(Right.PROVISION)
def check(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Read the CRM now, to see whether the steps by hand are done."""
    provisioning.check_now(_run(account, number, person_id), by=current_member())
    toast(_("The portal is looking in the CRM."), "info")
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/steps/<int:step_id>/done")
@requires(Right.PROVISION)
def done(account: Account, number: int, step_id: int) -> ResponseReturnValue:
    """Take a member's word that a step by hand is done."""
    step = get_step(account, step_id)
    if step.run_id not in {person.run_id for person in queries.get_request(account, number).people}:
        raise NotFound
    provisioning.say_done(step, by=current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/signed-in")
@requires(Right.PROVISION)
def signed_in(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Take a member's word that somebody signed in."""
    access_request = queries.get_request(account, number, lock=True)
    onboarding.say_signed_in(access_request, _person(access_request, person_id), current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/check-sign-ins")
@requires(Right.PROVISION)
def check_sign_ins(account: Account, number: int) -> ResponseReturnValue:
    """Look in the CRM's login history now."""
    onboarding.check_now(queries.get_request(account, number, lock=True))
    toast(_("The portal is looking in the CRM's login history."), "info")
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/start-now")
@requires(Right.PROVISION)
def start_now(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Set up somebody now who would wait for their first working day."""
    access_request = queries.get_request(account, number, lock=True)
    scheduling.start_now(access_request, [_person(access_request, person_id)], current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/people/<int:person_id>/no-more")
@requires(Right.PROVISION)
def leave_out_scheduled(account: Account, number: int, person_id: int) -> ResponseReturnValue:
    """Go on without somebody who waits for their first working day."""
    access_request = queries.get_request(account, number, lock=True)
    scheduling.leave_out(access_request, _person(access_request, person_id), current_member())
    return moved(_home(account, number))


@blueprint.post(f"{ADDRESS}/proposal/take-back")
@requires(Right.PROVISION)
def take_back(account: Account, number: int) -> ResponseReturnValue:
    """Change a confirmed proposal whose set-up has not begun."""
    scheduling.take_back(queries.get_request(account, number, lock=True), current_member())
    return moved(url_for(".edit", account=account, number=number))


def _answered(account: Account, number: int, *, lock: bool = False) -> AccessRequest:
    access_request = queries.get_request(account, number, lock=lock)
    if not proposal_queries.undecided(access_request):
        raise NotNow
    return access_request


def _person(access_request: AccessRequest, person_id: int) -> RequestPerson:
    person = next((each for each in access_request.people if each.id == person_id), None)
    if person is None:
        raise NotFound
    return person


def _run(account: Account, number: int, person_id: int) -> ProvisioningRun:
    person = _person(queries.get_request(account, number), person_id)
    if person.run is None:
        raise NotFound
    return person.run


def _home(account: Account, number: int) -> str:
    return url_for("access_requests.show", account=account, number=number)


def _form(
    access_request: AccessRequest, proposal: proposal_queries.Proposal, form: ProposalForm, status: int = 200
) -> Response:
    seen = form.renew(access_request.version)
    return render_page(
        "access_requests/proposal.html",
        fragment="form",
        status=status,
        account=access_request.account,
        access_request=access_request,
        proposal=proposal,
        form=form,
        taking=taking,
        is_stale=status == NotNow.status,
        since=proposal_queries.changes_since(access_request, seen),
        answer=next(iter(queries.answers(access_request)), None),
    )


def _seats(account: Account, number: int, template: str) -> Response:
    access_request = _answered(account, number)
    return render_page(
        template,
        account=account,
        access_request=access_request,
        proposal=proposal_queries.open_proposal_of(access_request),
        taking=taking,
    )


def _review(
    access_request: AccessRequest,
    proposal: proposal_queries.Proposal,
    form: ConfirmForm,
    status: int = 200,
    problem: Text | None = None,
) -> Response:
    seen = form.renew(access_request.version)
    return render_page(
        "access_requests/proposal_review.html",
        fragment="review",
        status=status,
        account=access_request.account,
        access_request=access_request,
        proposal=proposal,
        form=form,
        taking=taking,
        is_stale=status == NotNow.status,
        since=proposal_queries.changes_since(access_request, seen) if status == NotNow.status else [],
        problem=problem,
        admins=form.admins.data or [],
        answer=next(iter(queries.answers(access_request)), None),
    )
