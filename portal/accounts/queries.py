"""Reading accounts and contacts; the scope leaves out what the member may not see."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.accounts.models import Account, Contact
from portal.core.db import db
from portal.core.errors import NotFound


def get_account(slug: str) -> Account:
    """Return one account by its slug, archived or not, or raise ``NotFound``."""
    account = db.session.scalars(select(Account).where(Account.slug == slug)).one_or_none()
    if account is None:
        raise NotFound
    return account


def contacts(account: Account) -> Sequence[Contact]:
    """Return the account's contacts who have not ended, by name."""
    statement = select(Contact).where(Contact.account_id == account.id, Contact.ended_at.is_(None))
    return db.session.scalars(statement.order_by(Contact.name, Contact.id)).all()
