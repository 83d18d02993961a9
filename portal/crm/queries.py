"""Reading connections."""

from sqlalchemy import select

from portal.core.db import db
from portal.crm.models import Connection


def find_connection(account_id: int) -> Connection | None:
    """Return an account's connection, living or not, or None if it never had one."""
    statement = select(Connection).where(Connection.account_id == account_id)
    return db.session.scalars(statement).one_or_none()
