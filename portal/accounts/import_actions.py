"""Steps of an import: keep what was uploaded, and make accounts of it once the member says so."""

from sqlalchemy import delete

from portal.accounts.actions import add_account, add_contact
from portal.accounts.candidates import check_rows
from portal.accounts.models import AccountImport
from portal.accounts.sheets import Sheet
from portal.agencies.models import Member
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import _


def keep_upload(sheet: Sheet, *, by: Member) -> AccountImport:
    """Keep the rows of a list until the member decides; forget lists they left undecided before."""
    undecided = AccountImport.member_id == by.id, AccountImport.imported_count.is_(None)
    db.session.execute(delete(AccountImport).where(*undecided))
    upload = AccountImport(member_id=by.id, rows=sheet.rows, unused_columns=sheet.unused_columns)
    db.session.add(upload)
    db.session.flush()
    return upload


def import_accounts(upload: AccountImport, *, expected: int, by: Member) -> None:
    """Add the accounts of the rows without errors, once; raise ``NotNow`` if they are not as many as seen."""
    if upload.imported_count is not None:
        return
    ready = [candidate for candidate in check_rows(upload.rows) if not candidate.errors]
    if len(ready) != expected or not ready:
        raise NotNow(
            _("The accounts changed since this list was checked. Nothing was imported. Look at it again.")
        )
    for candidate in ready:
        facts = candidate.facts(by.agency.language)
        account = add_account(facts, by=by)
        contact = candidate.contact(facts.language)
        if contact:
            add_contact(account, contact, by=by)
    upload.imported_count, upload.rows = len(ready), []
