"""The pages: what an admin sees in the emulated HubSpot, and the levers of the emulation."""

import json
from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.demo.emulator import overview, people
from portal.demo.emulator.faults import KINDS
from portal.demo.emulator.gate import db
from portal.demo.emulator.knobs import read_knobs
from portal.demo.emulator.problems import Problem

screens = Blueprint("screens", __name__)
CALLS_SHOWN = 40
LAST_PAGE = 10_000
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


@screens.get("/")
def accounts() -> ResponseReturnValue:
    """Show all accounts."""
    return _page("accounts", accounts=overview.accounts(db()))


@screens.get("/settings/<int:portal_id>/users")
def users(portal_id: int) -> ResponseReturnValue:
    """Show the users and seats of an account, with what its admins can do."""
    account = overview.get_account(db(), portal_id)
    wanted = request.args.get("q", "").strip()
    page = min(max(request.args.get("page", 0, type=int), 0), LAST_PAGE)
    rows = overview.users(db(), portal_id, wanted, page)
    return _page(
        "users",
        account=account,
        users=rows[: overview.PAGE],
        seats=people.seats_of(db(), portal_id, seat_lag=0),
        wanted=wanted,
        page=page,
        has_more=len(rows) > overview.PAGE,
    )


@screens.get("/settings/<int:portal_id>/", defaults={"place": ""})
@screens.get("/settings/<int:portal_id>/<path:place>")
def elsewhere(portal_id: int, place: str) -> ResponseReturnValue:
    """Lead any other deep link into an account to its users, or to the one it names."""
    overview.get_account(db(), portal_id)
    user = people.find_user(db(), portal_id, place.rsplit("/", 1)[-1], by_email=False)
    return redirect(url_for("screens.users", portal_id=portal_id, q=user["email"] if user else None))


@screens.get("/control")
def control() -> ResponseReturnValue:
    """Show the levers of the emulation, what is still to fail, and the latest calls."""
    return _page(
        "control",
        accounts=overview.accounts(db()),
        kinds=KINDS,
        knobs=read_knobs(db()),
        faults=overview.planned_faults(db()),
        calls=overview.latest_calls(db(), CALLS_SHOWN),
    )


@screens.app_template_filter("moment")
def moment(milliseconds: int) -> str:
    """Return a time as people read it."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%d %b %Y, %H:%M UTC}"


@screens.app_template_filter("listed")
def listed(names: str) -> str:
    """Return a stored list as text."""
    return ", ".join(json.loads(names))


def answer_problem(problem: Problem) -> Response:
    """Answer a refusal: as a page to a browser, else in HubSpot's shape."""
    if "text/html" in request.headers.get("Accept", ""):
        page = _page("problem", problem=problem)
        page.status_code = problem.status
        return page
    return problem.answer()


def _page(name: str, **shown: object) -> Response:
    page = Response(render_template(f"demo/emulator/{name}.html", **shown), mimetype="text/html")
    page.headers["Content-Security-Policy"] = POLICY
    return page
