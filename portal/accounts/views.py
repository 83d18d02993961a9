"""The pages of accounts: all of them, and each one's overview."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.models import Account
from portal.policy.guards import requires
from portal.policy.rights import Right
from portal.web.fragments import render_page

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/accounts/<slug:account>")
@requires(Right.VIEW)
def show(account: Account) -> ResponseReturnValue:
    """Show one account at a glance."""
    return render_page("accounts/show.html", account=account, contacts=queries.contacts(account))
