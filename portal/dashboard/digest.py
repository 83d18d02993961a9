"""The morning mail: what waits for a member, on working days, only when something does."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.core import clock
from portal.core.db import db
from portal.dashboard import mails, queries
from portal.reminders.working_days import OfficeHours

OPENS: Final = 8  # o'clock, where the member is
CLOSES: Final = 18


def send_if_due(member_id: int) -> None:
    """Write to a member what waits for them, and plan the next morning; harmless to repeat."""
    member = _locked(member_id)
    now = clock.now()
    if member is None or member.next_digest_at > now:
        return
    hours = OfficeHours(OPENS, CLOSES, ZoneInfo(member.time_zone))
    if not hours.are_on(now):
        member.next_digest_at = hours.next_after(now)
        return
    if member.is_active and member.wants_digest:
        _write(member, now)
    member.next_digest_at = hours.next_after(hours.end_of_day(now))


def _write(member: Member, now: datetime) -> None:
    limited_to = None if member.sees_all_accounts else member.id
    with scope.agency(current_agency().id, limited_to=limited_to), force_locale(member.language):
        waiting = queries.waiting_for_member(member)
        if waiting:
            mails.tell_what_waits(member, waiting, on=now.astimezone(ZoneInfo(member.time_zone)).date())


def _locked(member_id: int) -> Member | None:
    statement = select(Member).where(Member.id == member_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
