"""Which sign-ins of a CRM's history are news; CRMs promise no order in it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from portal.core import clock
from portal.core.db import db
from portal.crm.protocol import Capability, SignIn
from portal.users.models import MirrorRead
from portal.users.states import ReadState

LATE: Final = timedelta(hours=1)  # a sign-in may enter the history late by this much
ENOUGH_OLD: Final = 100  # so many old ones in a row, newest first all along, are followed by no news


def known_until(account_id: int) -> datetime | None:
    """Return since when sign-ins may be missing: the start of the last reading that saw them to the end.

    Once a day there is no such moment, so that the whole history is read whatever its order.
    """
    done = select(MirrorRead).where(MirrorRead.account_id == account_id, MirrorRead.state == ReadState.DONE)
    read = db.session.scalars(done.order_by(MirrorRead.id.desc()).limit(1)).one_or_none()
    if read is None or read.started_at is None or Capability.ACTIVITY in read.hidden:
        return None
    if read.started_at.date() != clock.now().date():
        return None
    return read.started_at - LATE


def until_old(sign_ins: Iterable[SignIn], since: datetime | None) -> Iterator[SignIn]:
    """Yield sign-ins up to where only old ones follow, which shows only if they come newest first."""
    before, is_in_order, old = None, True, 0
    for sign_in in sign_ins:
        is_in_order = is_in_order and (before is None or sign_in.at <= before)
        old = old + 1 if since is not None and sign_in.at < since else 0
        before = sign_in.at
        yield sign_in
        if is_in_order and old >= ENOUGH_OLD:
            return
