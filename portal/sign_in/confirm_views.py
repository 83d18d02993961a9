"""Asks for the password again before what somebody at an unlocked screen could do lasting harm with.

What was typed travels along as hidden fields; after the right password the browser sends it on by itself.
"""

from flask import Blueprint, Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.config import Mode
from portal.core.errors import NotFound
from portal.core.texts import _
from portal.policy.guards import current_member, needs_password, open_to_members
from portal.sign_in import actions, sessions
from portal.sign_in.forms import ConfirmForm
from portal.web.addresses import is_local
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import render_page

blueprint = Blueprint("confirm", __name__)
_NOT_SENT_ON = {"csrf_token", "current_password", "going_to"}


def register(app: Flask) -> None:
    """Ask before every view that is marked so; in the demo nobody has a password to type."""
    app.register_blueprint(blueprint)
    if app.extensions["settings"].mode is not Mode.DEMO:
        app.before_request(ask_first)


def ask_first() -> ResponseReturnValue | None:
    """Show the form for the password, if this view needs it and it was not typed lately."""
    view = current_app.view_functions.get(request.endpoint or "")
    # Who asks is looked up last: pages for clients must not meet the member of the same browser.
    if view is None or not needs_password(view) or not current_user.is_authenticated:
        return None
    return None if sessions.is_confirmed() else _ask(request.path, ConfirmForm(formdata=None))


@blueprint.post("/confirm-password")
@open_to_members("everybody may say again who they are")
def confirm() -> ResponseReturnValue:
    """Send what was typed on to where it was going, if the password fits."""
    to, form = request.form.get("going_to", ""), ConfirmForm()
    if not is_local(to):
        raise NotFound
    if form.validate():
        if actions.is_own_password(current_member(), form.current_password.data):
            sessions.confirm()
            return redirect(to, 307)
        form.current_password.errors = [_("This is not your current password.")]
    return _ask(to, form)


def _ask(to: str, form: ConfirmForm) -> ResponseReturnValue:
    typed = [(name, text) for name, text in request.form.items(multi=True) if name not in _NOT_SENT_ON]
    return render_page(
        "sign_in/confirm.html", fragment="form", status=UNPROCESSABLE, form=form, typed=typed, to=to
    )
