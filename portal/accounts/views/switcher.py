"""The way from one account to the next: the page, and the list in the dialog of every page."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.forms import read_words
from portal.accounts.tabs import tab_of
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
    return render_page(
        "accounts/switch.html",
        fragment="results",
        rows=queries.accounts_to_switch_to(current_member(), words, but=here),
        words=words,
        here_slug=here,
        tab=tab_of(request.args.get("to", "")),
    )
