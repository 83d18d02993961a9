"""Importing many accounts from a list: upload, look at it, decide."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import queries
from portal.accounts.candidates import FIELDS, check_rows
from portal.accounts.forms import ImportForm
from portal.accounts.import_actions import decide, keep_upload
from portal.core.errors import BadInput
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.bodies import A_FILE, takes_up_to
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page

blueprint = Blueprint("account_imports", __name__, url_prefix="/accounts/import")

MOST_DIGITS = 4

SAMPLE = """\
name,crm,language,tags,contact name,contact address,contact language
Acme Bakery,hubspot,en,"retail, vip",Ana Silva,ana@acme.example,en
Boulangerie Martin,pipedrive,fr,retail,Luc Martin,luc@martin.example,fr
"""


@blueprint.get("")
@requires(Right.EDIT_ACCOUNTS)
def start() -> ResponseReturnValue:
    """Ask for a list."""
    return render_page("accounts/import.html", form=ImportForm(), fields=FIELDS)


@blueprint.get("/sample.csv")
@requires(Right.EDIT_ACCOUNTS)
def sample() -> ResponseReturnValue:
    """Hand out a list to fill in; the mark at its start lets spreadsheet programs read it rightly."""
    headers = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return Response("\ufeff" + SAMPLE, content_type="text/csv; charset=utf-8", headers=headers)


@blueprint.post("")
@requires(Right.EDIT_ACCOUNTS)
@takes_up_to(A_FILE)
def upload() -> ResponseReturnValue:
    """Keep a list, and show what would come of it."""
    form = ImportForm()
    if not form.validate() or form.sheet is None:
        return render_page("accounts/import.html", status=UNPROCESSABLE, form=form, fields=FIELDS)
    kept = keep_upload(form.sheet, by=current_member())
    return moved(url_for(".preview", import_id=kept.id))


@blueprint.get("/<int:import_id>")
@requires(Right.EDIT_ACCOUNTS)
def preview(import_id: int) -> ResponseReturnValue:
    """Show each row with what is wrong in it; nothing is written yet."""
    kept = queries.get_import(current_member(), import_id)
    if kept.decided_at is not None:
        return moved(url_for(".progress", import_id=import_id))
    candidates = check_rows(kept.rows)
    return render_page(
        "accounts/import_preview.html",
        upload=kept,
        wrong=[candidate for candidate in candidates if candidate.errors],
        ready=[candidate for candidate in candidates if not candidate.errors],
        fields=FIELDS,
    )


@blueprint.post("/<int:import_id>")
@requires(Right.EDIT_ACCOUNTS)
def finish(import_id: int) -> ResponseReturnValue:
    """Have the accounts added; a second click adds nothing."""
    kept = queries.get_import(current_member(), import_id, lock=True)
    expected = request.form.get("expected", "")
    if not (expected.isascii() and expected.isdigit() and len(expected) <= MOST_DIGITS):
        raise BadInput
    decide(kept, expected=int(expected))
    return moved(url_for(".progress", import_id=import_id))


@blueprint.get("/<int:import_id>/progress")
@requires(Right.EDIT_ACCOUNTS)
def progress(import_id: int) -> ResponseReturnValue:
    """Show how far an import is, and how it ended."""
    kept = queries.get_import(current_member(), import_id)
    if kept.decided_at is None:
        return moved(url_for(".preview", import_id=import_id))
    return render_page("accounts/import_progress.html", fragment="progress", upload=kept)
