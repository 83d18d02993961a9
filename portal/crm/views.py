"""The connection page of an account."""

from collections.abc import Sequence

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account
from portal.core.texts import _
from portal.crm import actions, queries
from portal.crm.connectors import CONNECTABLE
from portal.crm.forms import SaveForm, TokenForm
from portal.crm.queries import OtherAccount
from portal.crm.states import STATE_NAMES
from portal.crm.words import NEEDED_SCOPES, SCOPES, connected_elsewhere, explain_stored
from portal.jobs.workers import worker_is_late
from portal.policy.guards import asks_password, current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("crm", __name__, url_prefix="/accounts/<slug:account>/connection")


@blueprint.get("")
@requires(Right.VIEW)
def connection(account: Account) -> ResponseReturnValue:
    """Show how the account is connected, and the test that is under way."""
    return _page(account, TokenForm(formdata=None))


@blueprint.post("/test")
@requires(Right.CONNECT_CRM)
def test(account: Account) -> ResponseReturnValue:
    """Take a token on trial."""
    form = TokenForm()
    if not form.validate():
        return _page(account, form, status=UNPROCESSABLE)
    actions.start_test(account, form.token.data, current_member())
    return moved(url_for("crm.connection", account=account))


@blueprint.post("/test-saved-token")
@requires(Right.CONNECT_CRM)
def test_saved_token(account: Account) -> ResponseReturnValue:
    """Test the token that is saved already."""
    actions.test_saved_token(account, current_member())
    return moved(url_for("crm.connection", account=account))


@blueprint.post("/drop-test")
@requires(Right.CONNECT_CRM)
def drop_test(account: Account) -> ResponseReturnValue:
    """Forget the token on trial."""
    actions.drop_tests(account)
    toast(_("The token was forgotten. Nothing was saved."))
    return moved(url_for("crm.connection", account=account))


@blueprint.post("/save")
@requires(Right.CONNECT_CRM)
@asks_password()
def save(account: Account) -> ResponseReturnValue:
    """Save the token that passed its test."""
    form = SaveForm()
    if not form.validate():
        return _page(account, TokenForm(formdata=None), status=UNPROCESSABLE)
    actions.save_connection(account, form.test.data, current_member())
    toast(_("%(account)s is connected. Its users are being read now.", account=account.name))
    return moved(url_for("crm.connection", account=account))


@blueprint.post("/disconnect")
@requires(Right.CONNECT_CRM)
def disconnect(account: Account) -> ResponseReturnValue:
    """End the connection."""
    actions.disconnect(account, current_member())
    toast(_("%(account)s is disconnected and its token destroyed.", account=account.name))
    return moved(url_for("crm.connection", account=account))


def _page(account: Account, form: TokenForm, status: int = 200) -> ResponseReturnValue:
    trial, connection = queries.find_test(account.id), queries.find_connection(account.id)
    return render_page(
        "crm/connection.html",
        fragment="trial",
        status=status,
        account=account,
        connection=connection,
        is_connectable=account.crm in CONNECTABLE,
        form=form,
        trial=trial,
        trial_elsewhere=_elsewhere(account, trial.details.get("external_id", "") if trial else ""),
        elsewhere=_elsewhere(account, connection.external_id if connection and connection.is_kept else ""),
        connected_elsewhere=connected_elsewhere,
        explain=explain_stored,
        scopes=SCOPES,
        needed_scopes=NEEDED_SCOPES,
        state_names=STATE_NAMES,
        worker_is_late=worker_is_late(),
    )


def _elsewhere(account: Account, external_id: str) -> Sequence[OtherAccount] | None:
    """Return the other accounts connected to the same, as far as they may be seen; None if there are none."""
    if not external_id or not queries.is_connected_elsewhere(external_id, account):
        return None
    return queries.accounts_connected_to(external_id, account)
