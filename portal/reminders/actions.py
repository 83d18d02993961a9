"""Steps of a chase: begin, remind, wait, stop; and the agency's schedule."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.accounts.models import Contact
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.reminders import queries
from portal.reminders.models import Chase, ReminderSchedule
from portal.reminders.states import ChaseEnd, Question


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """When to remind, in working days after the question; and the office hours of the contact's day."""

    remind_after: tuple[int, ...]
    give_up_after: int
    office_opens: int
    office_closes: int


def begin_chase(question: Question, topic_id: int, contact: Contact) -> Chase:
    """Remind a contact of a question from now on; one who was reminded before begins anew."""
    chase = _find(question, topic_id, contact.id) or Chase(
        question=question, topic_id=topic_id, account_id=contact.account_id, contact_id=contact.id
    )
    chase.asked_at, chase.reminded, chase.ended = clock.now(), 0, None
    db.session.add(chase)
    plan_next(chase, contact)
    db.session.flush()
    return chase


def plan_next(chase: Chase, contact: Contact) -> None:
    """Set when the next step is due: a reminder, or after the last one to give up."""
    schedule = queries.schedule_for(chase.question)
    days = [*schedule.remind_after, schedule.give_up_after]
    hours = queries.office_hours_of(contact, schedule)
    due = hours.days_after(chase.asked_at, days[min(chase.reminded, len(days) - 1)])
    chase.next_at = max(due, hours.days_after(clock.now(), 1)) if due <= clock.now() else due


def note_reminded(chase: Chase) -> None:
    """Count a reminder, and plan the next step."""
    chase.reminded += 1
    plan_next(chase, chase.contact)


def wait_until(chase: Chase, moment: datetime) -> None:
    """Leave the contact alone until then, such as until they are back."""
    hours = queries.office_hours_of(chase.contact, queries.schedule_for(chase.question))
    chase.next_at = hours.next_after(moment)


def end_chase(chase: Chase, why: ChaseEnd) -> None:
    """Remind this contact no more; one that has ended stays as it ended."""
    if chase.next_at is not None:
        chase.next_at, chase.ended = None, why


def end_chases(question: Question, topic_id: int, why: ChaseEnd) -> None:
    """Remind nobody of this question any more."""
    for chase in queries.chases_of(question, topic_id):
        end_chase(chase, why)


def change_schedule(question: Question, facts: ScheduleFacts, by: Member) -> None:
    """Store the agency's schedule; it holds for every reminder that is planned from now on."""
    schedule = queries.schedule_for(question)
    before = _as_details(schedule)
    schedule.remind_after, schedule.give_up_after = list(facts.remind_after), facts.give_up_after
    schedule.office_opens, schedule.office_closes = facts.office_opens, facts.office_closes
    if _as_details(schedule) != before:
        db.session.add(schedule)
        trail.record(by, "reminders.schedule_changed", by.agency, **_as_details(schedule))


def _as_details(schedule: ReminderSchedule) -> dict[str, object]:
    return {
        "remind_after": list(schedule.remind_after),
        "give_up_after": schedule.give_up_after,
        "office": f"{schedule.office_opens}-{schedule.office_closes}",
    }


def _find(question: Question, topic_id: int, contact_id: int) -> Chase | None:
    this = Chase.question == question, Chase.topic_id == topic_id, Chase.contact_id == contact_id
    return db.session.scalars(select(Chase).where(*this)).one_or_none()
