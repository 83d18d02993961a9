"""The agency's job roles, and what they mean in each account."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account
from portal.audit.queries import find_author
from portal.core.errors import NotFound
from portal.core.texts import LANGUAGES, _
from portal.job_roles import actions, queries
from portal.job_roles.forms import JobRoleForm, MappingForm
from portal.job_roles.likeness import likely_choice
from portal.job_roles.meanings import Meaning, Targets, meaning
from portal.job_roles.models import JobRole
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("job_roles", __name__)


@blueprint.get("/job-roles")
@requires(Right.VIEW)
def of_agency() -> ResponseReturnValue:
    """Show the agency's job roles, the ended ones last."""
    found = sorted(queries.job_roles(with_ended=True), key=lambda job_role: job_role.ended_at is not None)
    return render_page("job_roles/of_agency.html", job_roles=found, text_of=queries.text_of)


@blueprint.get("/job-roles/new")
@requires(Right.EDIT_JOB_ROLES)
def new() -> ResponseReturnValue:
    """Ask for a job role of the agency's own."""
    return render_page("job_roles/new.html", form=JobRoleForm(formdata=None))


@blueprint.post("/job-roles/new")
@requires(Right.EDIT_JOB_ROLES)
def add() -> ResponseReturnValue:
    """Add a job role."""
    form, member = JobRoleForm(), current_member()
    if not form.validate():
        return render_page("job_roles/new.html", status=UNPROCESSABLE, form=form)
    job_role = actions.add_job_role(member.language, form.wording(), member, is_admin=form.is_admin.data)
    toast(_("%(job_role)s was added. Add its text in the other languages too.", job_role=form.name.data))
    return moved(url_for("job_roles.edit", key=job_role.key))


@blueprint.get("/job-roles/<key>")
@requires(Right.EDIT_JOB_ROLES)
def edit(key: str) -> ResponseReturnValue:
    """Show a job role in one language, to be changed."""
    job_role, language = queries.get_job_role(key), _language()
    return _edit_page(job_role, language, _saved(job_role, language).begin())


@blueprint.post("/job-roles/<key>")
@requires(Right.EDIT_JOB_ROLES)
def change(key: str) -> ResponseReturnValue:
    """Change a job role in one language."""
    job_role, language, form = queries.get_job_role(key), _language(), JobRoleForm()
    is_latest = form.may_replace(_saved(job_role, language), by=find_author(job_role))
    if not form.validate() or not is_latest:
        return _edit_page(job_role, language, form, form.status)
    actions.change_job_role(job_role, language, form.wording(), current_member(), is_admin=form.is_admin.data)
    toast(_("%(job_role)s was saved.", job_role=form.name.data))
    return moved(url_for("job_roles.edit", key=key, language=language))


@blueprint.post("/job-roles/<key>/move-up")
@requires(Right.EDIT_JOB_ROLES)
def move_up(key: str) -> ResponseReturnValue:
    """Move a job role one place up."""
    actions.move_up(queries.get_job_role(key), current_member())
    return moved(url_for("job_roles.of_agency"))


@blueprint.post("/job-roles/<key>/end")
@requires(Right.EDIT_JOB_ROLES)
def end(key: str) -> ResponseReturnValue:
    """Offer a job role no longer."""
    job_role = queries.get_job_role(key)
    actions.end_job_role(job_role, current_member())
    toast(_("%(job_role)s is no longer offered.", job_role=_name(job_role)))
    return moved(url_for("job_roles.of_agency"))


@blueprint.post("/job-roles/<key>/restore")
@requires(Right.EDIT_JOB_ROLES)
def restore(key: str) -> ResponseReturnValue:
    """Offer an ended job role again."""
    job_role = queries.get_job_role(key)
    actions.restore_job_role(job_role, current_member())
    toast(_("%(job_role)s is offered again.", job_role=_name(job_role)))
    return moved(url_for("job_roles.of_agency"))


@blueprint.get("/accounts/<slug:account>/job-roles")
@requires(Right.VIEW)
def of_account(account: Account) -> ResponseReturnValue:
    """Show what each job role means in an account."""
    targets = queries.targets_of(account)
    return render_page(
        "job_roles/of_account.html",
        account=account,
        meanings=queries.meanings(account, targets),
        targets=targets,
        likely_choice=likely_choice,
        text_of=queries.text_of,
    )


@blueprint.get("/accounts/<slug:account>/job-roles/<key>")
@requires(Right.MAP_JOB_ROLES)
def mapping(account: Account, key: str) -> ResponseReturnValue:
    """Show what a job role means in an account, to be changed."""
    job_role, targets = queries.get_job_role(key), queries.targets_of(account)
    found = meaning(job_role, queries.find_mapping(job_role, account), targets)
    return _mapping_page(account, found, _saved_mapping(found, targets).begin())


@blueprint.post("/accounts/<slug:account>/job-roles/<key>")
@requires(Right.MAP_JOB_ROLES)
def map_job_role(account: Account, key: str) -> ResponseReturnValue:
    """Say what a job role means in an account."""
    job_role = queries.get_job_role(key)
    targets = queries.targets_of(account)
    form, found = MappingForm(targets), meaning(job_role, queries.find_mapping(job_role, account), targets)
    is_latest = form.may_replace(_saved_mapping(found, targets))
    if not form.validate() or not is_latest:
        return _mapping_page(account, found, form, form.status)
    actions.map_job_role(account, job_role, form.choice(), current_member())
    toast(_("%(job_role)s is mapped in %(account)s.", job_role=_name(job_role), account=account.name))
    return moved(url_for("job_roles.of_account", account=account))


@blueprint.post("/accounts/<slug:account>/job-roles/<key>/clear")
@requires(Right.MAP_JOB_ROLES)
def clear_mapping(account: Account, key: str) -> ResponseReturnValue:
    """Take back what a job role means in an account."""
    job_role = queries.get_job_role(key)
    actions.clear_mapping(account, job_role, current_member())
    toast(
        _("%(job_role)s is no longer mapped in %(account)s.", job_role=_name(job_role), account=account.name)
    )
    return moved(url_for("job_roles.of_account", account=account))


def _saved(job_role: JobRole, language: str) -> JobRoleForm:
    form = JobRoleForm(formdata=None)
    form.show(queries.find_text(job_role, language), is_admin=job_role.is_admin)
    return form


def _saved_mapping(found: Meaning, targets: Targets) -> MappingForm:
    form = MappingForm(targets, formdata=None)
    form.show(found)
    return form


def _edit_page(job_role: JobRole, language: str, form: JobRoleForm, status: int = 200) -> ResponseReturnValue:
    return render_page(
        "job_roles/edit.html",
        status=status,
        job_role=job_role,
        language=language,
        form=form,
        text_of=queries.text_of,
    )


def _mapping_page(
    account: Account, found: Meaning, form: MappingForm, status: int = 200
) -> ResponseReturnValue:
    return render_page(
        "job_roles/mapping.html",
        status=status,
        account=account,
        meaning=found,
        form=form,
        name=_name(found.job_role),
    )


def _language() -> str:
    """Return the language whose text is shown, which stands in the address."""
    language = request.args.get("language") or current_member().language
    if language not in LANGUAGES:
        raise NotFound
    return language


def _name(job_role: JobRole) -> str:
    return queries.text_of(job_role, current_member().language).name
