"""All accounts, each one's overview, and adding one."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import actions, queries
from portal.accounts.forms import AccountForm, ignored_filters, read_filters, write_filters
from portal.accounts.models import Account
from portal.core.texts import _
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.paging import cursor_from_request

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/accounts")
@requires(Right.VIEW)
def index() -> ResponseReturnValue:
    """List the accounts that fit the search."""
    filters, cursor = read_filters(request.args), cursor_from_request()
    page = queries.account_rows(filters, cursor)
    response = render_page(
        "accounts/index.html",
        fragment="rows",
        page=page,
        filters=filters,
        ignored=ignored_filters(request.args, filters),
        tags=queries.tags_of([row.id for row in page.rows]),
        tag_names=queries.tag_names,
    )
    return response if cursor else show_address(response, url_for(".index", **write_filters(filters)))


@blueprint.get("/accounts/<slug:account>")
@requires(Right.VIEW)
def show(account: Account) -> ResponseReturnValue:
    """Show one account at a glance."""
    return render_page(
        "accounts/show.html",
        account=account,
        contacts=queries.contacts(account),
        tags=queries.tags_of([account.id]).get(account.id, []),
    )


@blueprint.get("/accounts/new")
@requires(Right.EDIT_ACCOUNTS)
def new() -> ResponseReturnValue:
    """Ask what the account is called."""
    member = current_member()
    form = AccountForm(consultant_id=member.id, language=member.agency.language)
    return render_page("accounts/new.html", form=form)


@blueprint.post("/accounts/new")
@requires(Right.EDIT_ACCOUNTS)
def add() -> ResponseReturnValue:
    """Add an account."""
    form = AccountForm()
    if not form.validate():
        return render_page("accounts/new.html", fragment="form", status=UNPROCESSABLE, form=form)
    account = actions.add_account(form.facts(), by=current_member())
    toast(_("%(name)s was added. Next: connect its CRM and add a contact.", name=account.name))
    return moved(url_for(".show", account=account))
