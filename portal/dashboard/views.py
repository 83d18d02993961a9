"""The home page."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.policy.guards import requires
from portal.policy.rights import Right
from portal.web.fragments import render_page

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/")
@requires(Right.VIEW)
def home() -> ResponseReturnValue:
    """Show what waits, what failed, and what is worth knowing."""
    return render_page("dashboard/home.html")
