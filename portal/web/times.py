"""Times as people say them, with the exact moment one hover away, in the reader's zone and language."""

from datetime import date, datetime

from babel.dates import format_skeleton
from flask_babel import (
    format_date,
    format_datetime,
    format_time,
    format_timedelta,
    get_locale,
    to_user_timezone,
)
from markupsafe import Markup

from portal.core import clock
from portal.core.texts import _


def ago(moment: datetime | None, never: str | None = None) -> Markup | str:
    """Return "3 hours ago" as a ``<time>`` element; ``never`` stands for a moment that was not."""
    if moment is None:
        return never if never is not None else _("never")
    words = format_timedelta(moment - clock.now(), add_direction=True, threshold=0.9)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), exact(moment), words
    )


def exact(moment: datetime) -> str:
    """Return the day and the minute, in the reader's zone."""
    return str(format_datetime(moment, "medium"))


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
