"""The way from one account to the next: the page, and the list in the dialog of every page."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.forms import read_words
from portal.accounts.tabs import FIRST_WHAT, tab_of
from portal.core.texts import _
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.fragments import render_page

blueprint = Blueprint("switcher", __name__)


@blueprint.get("/switch")
@requires(Right.VIEW)
def switch() -> ResponseReturnValue:
    """Offer accounts, the latest opened first; ``to`` is the kind of page to open, ``here`` the one left."""
    words = read_words(request.args.get("q", ""))
    here = read_words(request.args.get("here", ""))
    to = read_words(request.args.get("to", ""))
    return render_page(
        "accounts/switch.html",
        fragment="results",
        rows=queries.accounts_to_switch_to(current_member(), words, but=here),
        words=words,
        here_slug=here,
        to=to,
        tab=tab_of(to),
        title=FIRST_WHAT.get(to, _("Switch account")),
    )
