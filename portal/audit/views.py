"""The trail on screen and as a table to keep."""

import csv
import io
import json

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.agencies.queries import members
from portal.audit import queries
from portal.audit.forms import AuditFilter
from portal.audit.states import PROVE
from portal.audit.words import sentence
from portal.core.errors import BadInput
from portal.core.texts import _
from portal.jobs.work import enqueue
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.paging import Page, cursor_from_request

blueprint = Blueprint("audit", __name__, url_prefix="/audit")
MOST_EXPORTED = 10_000
OK = 200
_FORMULAS = ("=", "+", "-", "@", "|", "\t", "\r")  # the pipe starts a program in old Excel


@blueprint.get("")
@requires(Right.VIEW_AUDIT)
def trail() -> ResponseReturnValue:
    """Show what happened, the newest first."""
    form = AuditFilter(request.args, members())
    is_clear = form.validate()
    wanted = form.wanted(current_member().time_zone) if is_clear else queries.Wanted()
    page = queries.entries_page(wanted, cursor_from_request()) if is_clear else Page(())
    response = render_page(
        "audit/trail.html",
        fragment="list",
        status=OK if is_clear else UNPROCESSABLE,
        form=form,
        page=page,
        wanted=wanted,
        head=queries.find_head(),
        sentence=sentence,
        as_text=_as_text,
        most=MOST_EXPORTED,
    )
    return show_address(response, request.full_path.rstrip("?"))


@blueprint.get("/entries.csv")
@requires(Right.VIEW_AUDIT)
def export() -> ResponseReturnValue:
    """Hand out what the same question shows on screen, as CSV."""
    form = AuditFilter(request.args, members())
    if not form.validate():
        raise BadInput
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(
        (_("Entry"), _("Time"), _("Who"), _("Account"), _("What happened"), _("Name"), _("Details"))
    )
    for entry in queries.newest_entries(form.wanted(current_member().time_zone), MOST_EXPORTED):
        words = sentence(entry.action, entry.actor_name, entry.subject_name)
        details = json.dumps(entry.details, ensure_ascii=False)
        cells = (entry.actor_name, entry.account_name, words, entry.action, details)
        writer.writerow((entry.sequence, entry.at.isoformat(timespec="seconds"), *map(_harmless, cells)))
    return Response(
        f"\ufeff{table.getvalue()}",
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit-trail.csv"'},
    )


@blueprint.post("/prove")
@requires(Right.VIEW_AUDIT)
def prove() -> ResponseReturnValue:
    """Have the whole chain checked in the background."""
    enqueue(PROVE)
    toast(_("The trail is being checked. Reload this page in a moment to see the outcome."), "info")
    return moved(url_for("audit.trail"))


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
