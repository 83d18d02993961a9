"""Steps of an import: keep what was uploaded, and make accounts of it once the member says so."""

from sqlalchemy import delete

from portal.accounts.actions import add_account, add_contact
from portal.accounts.candidates import Candidate, check_rows
from portal.accounts.models import AccountImport
from portal.accounts.sheets import Sheet
from portal.accounts.states import IMPORT
from portal.agencies.models import Member
from portal.agencies.queries import get_member
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import _
from portal.jobs import work

BATCH = 20  # rows in one transaction: others wait for it no longer than they would notice


def keep_upload(sheet: Sheet, *, by: Member) -> AccountImport:
    """Keep the rows of a list until the member decides; forget lists they left undecided before."""
    undecided = AccountImport.member_id == by.id, AccountImport.decided_at.is_(None)
    db.session.execute(delete(AccountImport).where(*undecided))
    upload = AccountImport(member_id=by.id, rows=sheet.rows, unused_columns=sheet.unused_columns)
    db.session.add(upload)
    db.session.flush()
    return upload


def decide(upload: AccountImport, *, expected: int) -> None:
    """Have the rows without errors imported, once; raise ``NotNow`` if they are not as many as seen."""
    if upload.decided_at is not None:
        return
    ready = [candidate for candidate in check_rows(upload.rows) if not candidate.errors]
    if len(ready) != expected or not ready:
        raise NotNow(
            _("The accounts changed since this list was checked. Nothing was imported. Look at it again.")
        )
    upload.decided_at = clock.now()
    work.enqueue(IMPORT, upload.id)


def import_next_rows(import_id: int) -> bool:
    """Add the accounts of the next rows, leaving out those with errors; tell whether rows are left."""
    upload = db.session.get_one(AccountImport, import_id, with_for_update=True, populate_existing=True)
    if not upload.is_under_way:
        return False
    member = get_member(upload.member_id)
    for candidate in check_rows(upload.rows[upload.handled : upload.handled + BATCH]):
        upload.handled += 1
        if not candidate.errors:
            _import(candidate, by=member)
            upload.imported += 1
    if upload.handled == len(upload.rows):
        upload.finished_at = clock.now()
    return upload.is_under_way


def _import(candidate: Candidate, *, by: Member) -> None:
    facts = candidate.facts(by.agency.language)
    account = add_account(facts, by=by)
    contact = candidate.contact(facts.language)
    if contact:
        add_contact(account, contact, by=by)
