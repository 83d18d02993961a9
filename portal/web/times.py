"""Times as people say them, with the exact moment one hover away, in the reader's zone and language.

Lists show many moments, and the same people look at the same lists, so what is costly to format is made once
and kept.
"""

from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as date_in_words
from babel.dates import format_skeleton, format_timedelta, get_datetime_format
from babel.dates import format_time as time_in_words
from flask import g
from flask_babel import format_date, format_time, get_locale, get_timezone, to_user_timezone
from markupsafe import Markup

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
KEPT: Final = 16_384  # moments in words, a few hundred bytes each
ENOUGH: Final = 0.9  # of a unit, to speak in it


def ago(moment: datetime | None, never: str | None = None) -> Markup | str:
    """Return "3 hours ago" as a ``<time>`` element; ``never`` stands for a moment that was not."""
    if moment is None:
        return never if never is not None else _("never")
    return _ago(*_reader(), moment, _passed(moment))


def exact(moment: datetime) -> str:
    """Return the day and the minute, in the reader's zone."""
    return _exact(*_reader(), moment)


def moment_of_today(moment: datetime) -> str:
    """Return the minute of something that happened today, else the day and the minute; the reader's zone."""
    there = to_user_timezone(moment)
    is_today = there.date() == to_user_timezone(clock.now()).date()
    return str(format_time(moment, "short")) if is_today else exact(moment)


def appointment(moment: datetime) -> str:
    """Return the day of the week, the day and the minute of something to come, in the reader's zone."""
    there = to_user_timezone(moment)
    return f"{format_skeleton('MMMEd', there, locale=get_locale())}, {format_time(moment, 'short')}"


def day(value: date | datetime) -> str:
    """Return the day, written out."""
    return str(format_date(value, "long"))


def short_day(value: date | datetime) -> str:
    """Return the day in the fewest characters a reader knows."""
    return str(format_skeleton("Md", value, locale=get_locale()))


def full_hour(of: int) -> str:
    """Return an hour of the day, 0 to 24, as the reader's clock shows it."""
    return _minute(get_locale(), of % 24, 0)


def _reader() -> tuple[str, str]:
    """Return the reader's language and zone by name.

    Asked for each moment of a list: Babel's own objects are slow to tell apart, and its ways to them long,
    so that what it keeps is looked at first.
    """
    kept = getattr(g._get_current_object(), "_flask_babel", None)  # noqa: SLF001 - its own name for it
    locale = getattr(kept, "babel_locale", None) or get_locale()
    zone = getattr(kept, "babel_tzinfo", None) or get_timezone()
    return locale.language, str(zone)


def _passed(moment: datetime) -> int:
    """Return how far off a moment is, in seconds, rounded as people round: below zero if it is past."""
    seconds = int((moment - clock.now()).total_seconds() // 1)
    passed = abs(seconds)
    for unit in UNITS:
        if passed >= unit * ENOUGH:
            passed = round(passed / unit) * unit
            break
    return passed if seconds > 0 else -passed


@lru_cache(maxsize=KEPT)
def _ago(language: str, zone: str, moment: datetime, passed: int) -> Markup:
    said = format_timedelta(
        timedelta(seconds=passed), add_direction=True, threshold=ENOUGH, locale=_locale(language)
    )
    iso, title = moment.isoformat(timespec="seconds"), _exact(language, zone, moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, title, said)


@lru_cache(maxsize=KEPT)
def _exact(language: str, zone: str, moment: datetime) -> str:
    locale, here = _locale(language), moment.astimezone(_zone(zone))
    return _joined(locale).format(_minute(locale, here.hour, here.minute), _day(locale, here.date()))


_locale = cache(Locale)


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
