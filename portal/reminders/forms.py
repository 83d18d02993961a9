"""What an owner fills in about reminders."""

from datetime import datetime
from typing import Any

from wtforms import Field, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, ValidationError

from portal.core.texts import _, _l
from portal.reminders.actions import ScheduleFacts
from portal.reminders.models import ReminderSchedule
from portal.reminders.states import LATEST_DAY, MOST_REMINDERS
from portal.reminders.working_days import OfficeHours, in_order
from portal.web.editing import RecordForm
from portal.web.times import full_hour


def _hours(first: int, last: int) -> list[SelectChoice]:
    return [SelectChoice(hour, full_hour(hour)) for hour in range(first, last + 1)]


class ScheduleForm(RecordForm):
    """When to remind, and when to give up."""

    remind_after = StringField(_l("Remind after how many working days"))
    give_up_after = IntegerField(
        _l("Give up after how many working days"),
        validators=[InputRequired(_l("Say when to give up.")), NumberRange(1, LATEST_DAY)],
    )
    office_opens = SelectField(_l("Not before"), choices=lambda: _hours(0, 23), coerce=int)
    office_closes = SelectField(_l("Not after"), choices=lambda: _hours(1, 24), coerce=int)

    def validate_remind_after(self, field: Field) -> None:
        """Refuse what are no days, too many of them, and days out of order."""
        try:
            days = self._days()
        except ValueError:
            raise ValidationError(_("Write days with commas between them, such as 2, 5, 9.")) from None
        if len(days) > MOST_REMINDERS:
            raise ValidationError(_("At most %(most)s reminders: more are not read.", most=MOST_REMINDERS))
        if not in_order(days) or not all(1 <= day <= LATEST_DAY for day in days):
            raise ValidationError(
                _("Each day must come after the one before, at most %(most)s.", most=LATEST_DAY)
            )
        field.data = ", ".join(map(str, days))

    def validate_give_up_after(self, field: Field) -> None:
        """Refuse to give up before the last reminder was sent."""
        days = [] if self.remind_after.errors else self._days()
        if not field.errors and days and field.data <= days[-1]:
            raise ValidationError(_("Give up after the last reminder, so after day %(day)s.", day=days[-1]))

    def validate_office_closes(self, field: Field) -> None:
        """Refuse an office that closes before it opens."""
        if field.errors or self.office_opens.errors:
            return
        if field.data <= self.office_opens.data:
            raise ValidationError(_("This must be later than the hour before."))

    def _days(self) -> list[int]:
        return [
            int(day) for day in (self.remind_after.data or "").replace(";", ",").split(",") if day.strip()
        ]

    def facts(self) -> ScheduleFacts:
        """Return what was filled in."""
        return ScheduleFacts(
            remind_after=tuple(self._days()),
            give_up_after=self.give_up_after.data,
            office_opens=self.office_opens.data,
            office_closes=self.office_closes.data,
        )


def filled_in(schedule: ReminderSchedule) -> dict[str, Any]:
    """Return a schedule as the form shows it."""
    return {
        "remind_after": ", ".join(map(str, schedule.remind_after)),
        "give_up_after": schedule.give_up_after,
        "office_opens": schedule.office_opens,
        "office_closes": schedule.office_closes,
    }


def outlook(facts: ScheduleFacts, zone: Any, now: datetime) -> list[datetime]:
    """Return when each step would be due for a question asked now; the last one is giving up."""
    hours = OfficeHours(facts.office_opens, facts.office_closes, zone)
    return [hours.days_after(now, days) for days in (*facts.remind_after, facts.give_up_after)]
