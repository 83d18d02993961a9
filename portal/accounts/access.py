"""Which accounts a member sees who does not see all of them."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.engine import Row

from portal.accounts.models import Account, AccountAccess
from portal.agencies.models import Member
from portal.core.db import db


def accounts_given_to(member: Member) -> set[int]:
    """Return the ids of the accounts a member was given."""
    return set(
        db.session.scalars(select(AccountAccess.account_id).where(AccountAccess.member_id == member.id))
    )


def accounts_to_give(member: Member) -> Sequence[Row[int, str]]:
    """Return id and name of every account that can be given to a member, by name."""
    given = select(AccountAccess.account_id).where(AccountAccess.member_id == member.id)
    return db.session.execute(
        select(Account.id, Account.name)
        .where(or_(Account.archived_at.is_(None), Account.id.in_(given)))
        .order_by(Account.sort_name, Account.id)
    ).all()


def give_access(member: Member, account_ids: Collection[int]) -> None:
    """Give a member exactly these accounts of the agency."""
    before, after = accounts_given_to(member), set(account_ids)
    db.session.execute(
        delete(AccountAccess).where(
            AccountAccess.member_id == member.id, AccountAccess.account_id.in_(before - after)
        )
    )
    db.session.add_all(
        AccountAccess(member_id=member.id, account_id=account_id) for account_id in sorted(after - before)
    )
    db.session.flush()
