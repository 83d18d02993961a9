"""What is done to the mirror: ask for a read, and note what was learned between two reads."""

from datetime import datetime

from sqlalchemy import select

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.crm.connections import LIVING, NO_CONNECTION, SWITCHED_OFF
from portal.crm.protocol import CrmUser, SignIn
from portal.crm.queries import find_connection
from portal.jobs import work
from portal.users import mirroring
from portal.users.models import MirrorRead, User
from portal.users.states import LEASE, READ_ACCOUNT, READ_EVERY, UNDER_WAY


def ask_for_read(account: Account, by: Member | None = None) -> MirrorRead:
    """Have an account's CRM read again, or join the read under way; ``NotNow`` if it is not connected."""
    connection = find_connection(account.id)
    if connection is None:
        raise NotNow(NO_CONNECTION)
    if connection.state not in LIVING:
        raise NotNow(SWITCHED_OFF)
    mirroring.lock_account(account.id)
    under_way = (MirrorRead.account_id == account.id, MirrorRead.state.in_(UNDER_WAY))
    read = db.session.scalars(select(MirrorRead).where(*under_way).limit(1)).one_or_none()
    if read is None:
        now = clock.now()
        connection.next_read_at = now + READ_EVERY
        read = MirrorRead(account_id=account.id, asked_by=by.name if by else "", lease_until=now + LEASE)
        db.session.add(read)
        db.session.flush()
        work.enqueue(READ_ACCOUNT, read.id)
    return read


def note_user(account: Account, user: CrmUser) -> User:
    """Take over one user as the CRM just reported it, and count anew."""
    mirroring.lock_account(account.id)
    row = mirroring.write_certain(account.id, user)
    mirroring.recount(account)
    return row


def note_sign_in(account: Account, external_id: str, at: datetime) -> User | None:
    """Take over a sign-in seen in the CRM; return the user, or None if it tells nothing new."""
    mirroring.lock_account(account.id)
    moved = mirroring.write_sign_ins(account.id, [SignIn(external_id, "", at)])
    mirroring.recount(account)
    return moved[0] if moved else None
