"""Until when somebody is away, read from what their mailbox answers, in five languages."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from portal.replies.phrases import pattern
from portal.replies.tokens import folded

MOST_TEXT: Final = 5_000  # characters of a note that are looked at
_LONGEST: Final = timedelta(days=400)  # an absence; what is later is a misreading
_SOON: Final = timedelta(days=200)  # a day without its year is not later
_CENTURY: Final = 2000
_MONTHS: Final = 12
_SHORT_YEAR: Final = 2  # digits
_FILE: Final = Path(__file__).with_name("months.toml")


def away_until(text: str, on: date, *, language: str = "") -> date | None:
    """Return the last day named as one that somebody is away until or back on, or None.

    ``on`` is the day of the mail: a year that is left out is the next that fits. A date in digits is read
    with the day first, unless the note is American: ``en-US``, or with a month that there is not.
    """
    note = text[:MOST_TEXT]
    found = [day for place, day in _days(note, on, language) if _is_end(note[:place])]
    fitting = [day for day in found if on <= day <= on + _LONGEST]
    return max(fitting, default=None)


def _is_end(before: str) -> bool:
    """Tell whether the words in front make the day an end; an article or a weekday may stand between."""
    return bool(_end().search(before[-80:]))


@cache
def _end() -> re.Pattern[str]:
    article, weekday = r"(?:(?:the|dem|den|le|el|de) )?", r"(?:\w{2,12}[.,]?\s+)?"
    return re.compile(rf"(?:^|\W)(?:{pattern('until').pattern})[\s:,]*{weekday}{article}$", re.IGNORECASE)


def _days(note: str, on: date, language: str) -> Iterator[tuple[int, date]]:
    for found in _written().finditer(note):
        month = _month_number(found["month"] or found["month2"])
        day = _date(found["year"] or found["year2"], month, found["day"] or found["day2"], on)
        if day:
            yield found.start(), day
    for found in _DIGITS.finditer(note):
        day = _from_digits(found, on, language)
        if day:
            yield found.start(), day
    for found in _weekdays().finditer(note):
        ahead = (_weekday_number(found.group()) - on.weekday()) % 7 or 7
        yield found.start(), on + timedelta(days=ahead)


_DIGITS: Final = re.compile(
    r"(?<![\d.])(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?:(?P=sign)(?P<c>\d{4}|\d{2})?)?)(?![\d:])"
)


def _from_digits(found: re.Match[str], on: date, language: str) -> date | None:
    if found["y"]:
        return _date(found["y"], int(found["m"]), found["d"], on)
    first, second = int(found["a"]), int(found["b"])
    is_american = found["sign"] == "/" and language.lower() == "en-us"
    day, month = (second, first) if is_american or (second > _MONTHS >= first) else (first, second)
    return _date(found["c"], month, str(day), on)


def _date(year: str | None, month: int, day: str, on: date) -> date | None:
    """The day, of the next year that fits where none is given."""
    try:
        if year:
            number = int(year)
            return date(number if len(year) > _SHORT_YEAR else _CENTURY + number, month, int(day))
        this = date(on.year, month, int(day))
        coming = this if this >= on else date(on.year + 1, month, int(day))
        return coming if coming <= on + _SOON else None
    except ValueError:
        return None


@cache
def _written() -> re.Pattern[str]:
    """A day with the month in words, before or after it."""
    names = "|".join(sorted((name for names in _listed()["months"] for name in names), key=len, reverse=True))
    return re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er)?\s+(?:de\s+|of\s+)?(?P<month>{names})\b\.?"
        r"(?:,?\s+(?:de\s+)?(?P<year>\d{4}))?"
        rf"|\b(?P<month2>{names})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>\d{{4}}))?",
        re.IGNORECASE,
    )


@cache
def _weekdays() -> re.Pattern[str]:
    names = "|".join(name for names in _listed()["weekdays"] for name in names)
    return re.compile(rf"\b(?:{names})\b(?!,?\s+(?:the\s+|den\s+|le\s+|el\s+)?\d)", re.IGNORECASE)


def _month_number(name: str) -> int:
    return _number("months", name) + 1


def _weekday_number(name: str) -> int:
    return _number("weekdays", name)


def _number(kind: str, name: str) -> int:
    return next(at for at, names in enumerate(_listed()[kind]) if folded(name) in map(folded, names))


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
