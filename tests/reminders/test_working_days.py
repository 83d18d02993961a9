from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.reminders.working_days import OfficeHours

BRUSSELS = OfficeHours(9, 17, ZoneInfo("Europe/Brussels"))
NEW_YORK = OfficeHours(9, 17, ZoneInfo("America/New_York"))
FRIDAY = datetime(2026, 11, 27, 13, 0, tzinfo=UTC)  # 14:00 in Brussels


def there(moment: datetime, hours: OfficeHours) -> str:
    return moment.astimezone(hours.zone).strftime("%a %d %H:%M")


@pytest.mark.parametrize(("days", "due"), [(1, "Mon 30 14:00"), (2, "Tue 01 14:00"), (5, "Fri 04 14:00")])
def test_weekends_do_not_count(days: int, due: str) -> None:
    assert there(BRUSSELS.days_after(FRIDAY, days), BRUSSELS) == due


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-25T06:00", "Thu 26 09:00"),  # before the office opens
        ("2026-11-25T21:30", "Thu 26 16:30"),  # after it closed: never at the last minute
        ("2026-11-28T12:00", "Mon 30 13:00"),  # on a Saturday
    ],
)
def test_what_was_asked_out_of_hours_is_followed_up_within_them(asked: str, due: str) -> None:
    moment = datetime.fromisoformat(asked).replace(tzinfo=UTC)

    assert there(BRUSSELS.days_after(moment, 1), BRUSSELS) == due


def test_the_hour_is_that_of_the_contact() -> None:
    assert there(NEW_YORK.days_after(FRIDAY, 1), NEW_YORK) == "Mon 30 09:00"
    assert NEW_YORK.are_on(datetime(2026, 11, 27, 20, 0, tzinfo=UTC))
    assert not BRUSSELS.are_on(datetime(2026, 11, 27, 20, 0, tzinfo=UTC))


def test_a_change_to_summer_time_keeps_the_hour() -> None:
    asked = datetime(2027, 3, 26, 9, 0, tzinfo=UTC)  # Friday, 10:00; clocks change on Sunday

    assert there(BRUSSELS.days_after(asked, 1), BRUSSELS) == "Mon 29 10:00"


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-27T13:00", "Fri 27 14:00"),
        ("2026-11-27T05:00", "Fri 27 09:00"),
        ("2026-11-27T18:00", "Mon 30 09:00"),
        ("2026-11-29T18:00", "Mon 30 09:00"),
    ],
)
def test_the_office_opens_next(moment: str, opens: str) -> None:
    found = BRUSSELS.next_after(datetime.fromisoformat(moment).replace(tzinfo=UTC))

    assert there(found, BRUSSELS) == opens
