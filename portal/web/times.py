"""Times as people say them, with the exact moment one hover away, in the reader's zone and language.

Lists show many moments, so what is costly to format is made once and kept: days, minutes of a day, and the
few ways to say how long ago something was.
"""

from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as date_in_words
from babel.dates import format_skeleton, format_timedelta, get_datetime_format
from babel.dates import format_time as time_in_words
from flask_babel import format_date, format_time, get_locale, get_timezone, to_user_timezone
from markupsafe import Markup, escape

from portal.core import clock
from portal.core.texts import _

DAY: Final = 24 * 3600
UNITS: Final = (
    365 * DAY,
    30 * DAY,
    7 * DAY,
    DAY,
    3600,
    60,
    1,
)  # in seconds: year to second, as Babel has them
ENOUGH: Final = 0.9  # of a unit, to speak in it


def ago(moment: datetime | None, never: str | None = None) -> Markup | str:
    """Return "3 hours ago" as a ``<time>`` element; ``never`` stands for a moment that was not."""
    if moment is None:
        return never if never is not None else _("never")
    iso = moment.isoformat(timespec="seconds")
    return Markup(f'<time datetime="{iso}" title="{escape(exact(moment))}">{escape(_passed(moment))}</time>')  # noqa: S704


def exact(moment: datetime) -> str:
    """Return the day and the minute, in the reader's zone."""
    locale, here = get_locale(), moment.astimezone(_zone(str(get_timezone())))
    return _joined(locale).format(_minute(locale, here.hour, here.minute), _day(locale, here.date()))


def appointment(moment: datetime) -> str:
    """Return the day of the week, the day and the minute of something to come, in the reader's zone."""
    there = to_user_timezone(moment)
    return f"{format_skeleton('MMMEd', there, locale=get_locale())}, {format_time(moment, 'short')}"


def day(value: date | datetime) -> str:
    """Return the day, written out."""
    return str(format_date(value, "long"))


def short_day(value: date | datetime) -> str:
    """Return the day in the fewest characters a reader knows."""
    return str(format_date(value, "d/M"))


def _passed(moment: datetime) -> str:
    seconds = (moment - clock.now()) // timedelta(seconds=1)
    unit = next((unit for unit in UNITS if abs(seconds) >= unit * ENOUGH), 1)
    count = round(abs(seconds) / unit)
    return _how_long(get_locale(), count * unit if seconds > 0 else -count * unit)


@lru_cache(maxsize=2048)
def _how_long(locale: Locale, seconds: int) -> str:
    return format_timedelta(timedelta(seconds=seconds), add_direction=True, threshold=ENOUGH, locale=locale)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _joined(locale: Locale) -> str:
    return str(get_datetime_format("medium", locale)).replace("'", "")


@lru_cache(maxsize=4096)
def _day(locale: Locale, of: date) -> str:
    return date_in_words(of, "medium", locale)


@lru_cache(maxsize=4096)
def _minute(locale: Locale, hour: int, minute: int) -> str:
    return time_in_words(time(hour, minute), "short", locale=locale)
