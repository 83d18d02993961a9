"""Reading schedules and chases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.accounts.models import Contact
from portal.agencies.queries import current_agency
from portal.core import clock
from portal.core.db import db
from portal.reminders.models import Chase, ReminderSchedule
from portal.reminders.states import (
    GIVE_UP_AFTER,
    OFFICE_CLOSES,
    OFFICE_OPENS,
    REMIND_AFTER,
    Question,
)
from portal.reminders.working_days import OfficeHours

_MOST_AT_ONCE: Final = 1000


def schedule_for(question: Question) -> ReminderSchedule:
    """Return the agency's schedule, or one with the defaults that is not stored yet."""
    statement = select(ReminderSchedule).where(ReminderSchedule.question == question)
    found = db.session.scalars(statement).one_or_none()
    return found or ReminderSchedule(
        question=question,
        remind_after=list(REMIND_AFTER),
        give_up_after=GIVE_UP_AFTER,
        office_opens=OFFICE_OPENS,
        office_closes=OFFICE_CLOSES,
    )


def office_hours_of(contact: Contact, schedule: ReminderSchedule) -> OfficeHours:
    """Return when mail may come to a contact, in their own time zone, else in the agency's."""
    zone = ZoneInfo(contact.time_zone or current_agency().time_zone)
    return OfficeHours(schedule.office_opens, schedule.office_closes, zone)


def chases_of(question: Question, topic_id: int) -> Sequence[Chase]:
    """Return everybody who was or is reminded of this question, the latest first."""
    statement = select(Chase).where(Chase.question == question, Chase.topic_id == topic_id)
    return db.session.scalars(statement.order_by(Chase.asked_at.desc(), Chase.id.desc())).all()


def chases(chase_ids: Sequence[int]) -> Sequence[Chase]:
    """Return these chases as they are now, as far as they exist."""
    statement = select(Chase).where(Chase.id.in_(chase_ids)).order_by(Chase.id)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def open_chases_of(contact_id: int, question: Question, until: datetime) -> Sequence[Chase]:
    """Return what a contact is to be reminded of until then, as it is now, the longest wait first."""
    mine = Chase.contact_id == contact_id, Chase.question == question
    statement = select(Chase).where(*mine, Chase.next_at <= until).order_by(Chase.asked_at, Chase.id)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def contacts_due(question: Question) -> set[tuple[int, int]]:
    """Return agency and id of the contacts who are to be reminded now, of every agency in scope."""
    statement = (
        select(Chase.agency_id, Chase.contact_id)
        .where(Chase.next_at <= clock.now(), Chase.question == question)
        .order_by(Chase.next_at)
        .limit(_MOST_AT_ONCE)
    )
    return {(row.agency_id, row.contact_id) for row in db.session.execute(statement)}
