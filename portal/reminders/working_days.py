"""When a reminder is due: so many working days after the question, in office hours where the contact is.

Monday to Friday are working days. Public holidays are not known here; a reminder on one waits in the inbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """From when to when mail may come, in full hours of the contact's own day."""

    opens: int
    closes: int
    zone: ZoneInfo

    def are_on(self, moment: datetime) -> bool:
        """Tell whether it is a working hour there."""
        there = moment.astimezone(self.zone)
        return is_working_day(there.date()) and self.opens <= there.hour < self.closes

    def next_after(self, moment: datetime) -> datetime:
        """Return the moment itself in office hours, else when the office opens next."""
        if self.are_on(moment):
            return moment
        there = moment.astimezone(self.zone)
        day = there.date() if there.hour < self.opens else there.date() + _DAY
        while not is_working_day(day):
            day += _DAY
        return self._at(day, time(self.opens))

    def days_after(self, moment: datetime, days: int) -> datetime:
        """Return the same time of day so many working days later, moved into office hours."""
        there = moment.astimezone(self.zone)
        day = there.date()
        for _ in range(days):
            day = next_working_day(day)
        last = time(self.closes - 1, 30)
        return self._at(day, min(max(there.time(), time(self.opens)), last))

    def end_of_day(self, moment: datetime) -> datetime:
        """Return when the office closes on the day of the moment."""
        return self._at(moment.astimezone(self.zone).date(), time(self.closes))

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone).astimezone(ZoneInfo("UTC"))


def is_working_day(day: date) -> bool:
    """Tell whether people work on this day of the week."""
    return day.weekday() < SATURDAY


def next_working_day(day: date) -> date:
    """Return the first working day after this one."""
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return day


def in_order(days: Sequence[int]) -> bool:
    """Tell whether each of these days comes after the one before."""
    return list(days) == sorted(set(days))
