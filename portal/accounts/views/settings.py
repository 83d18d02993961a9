"""An account's settings: its name and look, archiving and restoring."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import actions, queries
from portal.accounts.forms import AccountForm
from portal.accounts.models import Account
from portal.audit.queries import find_author
from portal.core.texts import _
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("account_settings", __name__, url_prefix="/accounts/<slug:account>/settings")


@blueprint.get("")
@requires(Right.VIEW)
def edit(account: Account) -> ResponseReturnValue:
    """Show what can be changed."""
    return render_page("accounts/settings.html", account=account, form=_saved(account).begin())


@blueprint.post("")
@requires(Right.EDIT_ACCOUNTS)
def change(account: Account) -> ResponseReturnValue:
    """Change the account."""
    form = AccountForm(account=account)
    is_latest = form.may_replace(_saved(account), by=find_author(account))
    if not form.validate() or not is_latest:
        return render_page(
            "accounts/settings.html", fragment="form", status=form.status, account=account, form=form
        )
    actions.change_account(account, form.facts(), by=current_member())
    toast(_("The settings of %(name)s were saved.", name=account.name))
    return moved(url_for(".edit", account=account))


def _saved(account: Account) -> AccountForm:
    tags = ", ".join(queries.tags_of([account.id]).get(account.id, []))
    return AccountForm(account=account, formdata=None, obj=account, tags=tags)


@blueprint.post("/archive")
@requires(Right.ARCHIVE_ACCOUNTS)
def archive(account: Account) -> ResponseReturnValue:
    """Take the account out of lists."""
    actions.archive_account(account, by=current_member())
    toast(_("%(name)s was archived. Its history stays; restore it whenever you like.", name=account.name))
    return moved(url_for(".edit", account=account))


@blueprint.post("/restore")
@requires(Right.ARCHIVE_ACCOUNTS)
def restore(account: Account) -> ResponseReturnValue:
    """Bring the account back."""
    actions.restore_account(account, by=current_member())
    toast(_("%(name)s is back in all lists.", name=account.name))
    return moved(url_for(".edit", account=account))
