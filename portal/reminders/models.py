"""Who is reminded of what, how often it was done, and the agency's schedule for it."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, Index, UniqueConstraint, column
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Contact
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model
from portal.reminders.states import (
    GIVE_UP_AFTER,
    OFFICE_CLOSES,
    OFFICE_OPENS,
    REMIND_AFTER,
    ChaseEnd,
    Question,
)

_IS_OPEN = column("next_at").is_not(None)


class Chase(AgencyOwned, Model):
    """That a contact is reminded of one question until it is answered; ``topic_id`` is the question's row.

    Once ``next_at`` is empty, nobody is reminded any more, and ``ended`` says why.
    """

    __tablename__ = "chases"
    links: ClassVar = {"account_id": "accounts", "contact_id": "contacts"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "question", "topic_id", "contact_id"),
        Index("ix_chases_due", "next_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_chases_contact", "agency_id", "contact_id"),
    )

    account_id: Mapped[int]
    contact_id: Mapped[int]
    question: Mapped[Question]
    topic_id: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    reminded: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    ended: Mapped[ChaseEnd | None]

    contact: Mapped[Contact] = relationship(primaryjoin=lambda: Contact.id == foreign(Chase.contact_id))


class ReminderSchedule(AgencyOwned, Model):
    """When an agency reminds people of one kind of question; without a row, the defaults hold."""

    __tablename__ = "reminder_schedules"
    constraints: ClassVar = (UniqueConstraint("agency_id", "question"),)

    question: Mapped[Question]
    remind_after: Mapped[list[int]] = mapped_column(JSON, default=lambda: list(REMIND_AFTER))  # working days
    give_up_after: Mapped[int] = mapped_column(default=GIVE_UP_AFTER)  # the same
    office_opens: Mapped[int] = mapped_column(default=OFFICE_OPENS)  # o'clock
    office_closes: Mapped[int] = mapped_column(default=OFFICE_CLOSES)
