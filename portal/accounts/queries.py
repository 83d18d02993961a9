"""Reading accounts and contacts; the scope leaves out what the member may not see."""

from sqlalchemy import select

from portal.accounts.models import Account
from portal.core.db import db
from portal.core.errors import NotFound


def get_account(slug: str) -> Account:
    """Return one account by its slug, archived or not, or raise ``NotFound``."""
    account = db.session.scalars(select(Account).where(Account.slug == slug)).one_or_none()
    if account is None:
        raise NotFound
    return account
