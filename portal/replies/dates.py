"""Days named in a text, in five languages: with the month in words, in digits, or as a weekday."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from portal.replies.tokens import folded

_SOON: Final = timedelta(days=200)  # a day without its year is not later
_CENTURY: Final = 2000
_MONTHS: Final = 12
_SHORT_YEAR: Final = 2  # digits
_FILE: Final = Path(__file__).with_name("months.toml")
_DIGITS: Final = re.compile(
    r"(?<![\d.])(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?:(?P=sign)(?P<c>\d{4}|\d{2})?)?)(?![\d:])"
)


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day and its place in the text; ``is_doubtful`` where day and month could be the other way round."""

    start: int
    end: int
    day: date
    is_doubtful: bool = False


def days_in(text: str, on: date, language: str) -> Iterator[NamedDay]:
    """Yield every day that is named; ``on`` is the day of the mail, and a missing year is the next that fits.

    A date in digits is read with the day first, unless the text is American (``en-US``) or there is no such
    month.
    """
    for found in _written().finditer(text):
        month = _number("months", found["month"] or found["month2"]) + 1
        day = _date(found["year"] or found["year2"], month, found["day"] or found["day2"], on)
        if day:
            yield NamedDay(found.start(), found.end(), day)
    for found in _DIGITS.finditer(text):
        day = _from_digits(found, on, language)
        if day:
            yield NamedDay(found.start(), found.end(), day, is_doubtful=_may_be_turned(found, language))
    for found in _weekdays().finditer(text):
        weekday, number = _number("weekdays", found["name"]), found["number"]
        day = _next_numbered(on, weekday, int(number)) if number else _next(on, weekday)
        if day:
            yield NamedDay(found.start(), found.end(), day)


def _from_digits(found: re.Match[str], on: date, language: str) -> date | None:
    if found["y"]:
        return _date(found["y"], int(found["m"]), found["d"], on)
    first, second = int(found["a"]), int(found["b"])
    is_american = found["sign"] == "/" and language.lower() == "en-us"
    day, month = (second, first) if is_american or (second > _MONTHS >= first) else (first, second)
    return _date(found["c"], month, str(day), on)


def _may_be_turned(found: re.Match[str], language: str) -> bool:
    """English is written both ways, and nothing else says which one is meant."""
    if found["y"] or found["sign"] == "." or not language.lower().startswith("en"):
        return False
    first, second = int(found["a"]), int(found["b"])
    return first != second and max(first, second) <= _MONTHS


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


def _next(on: date, weekday: int) -> date:
    return on + timedelta(days=(weekday - on.weekday()) % 7 or 7)


def _next_numbered(on: date, weekday: int, number: int) -> date | None:
    """The next such weekday that falls on this day of a month: "Monday 11"."""
    weeks = range(_SOON.days // 7)
    days = (_next(on, weekday) + timedelta(weeks=week) for week in weeks)
    return next((day for day in days if day.day == number), None)


@cache
def _written() -> re.Pattern[str]:
    """A day with the month in words, before or after it."""
    names = "|".join(sorted((name for names in _listed()["months"] for name in names), key=len, reverse=True))
    return re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er)?\s+(?:de\s+|of\s+)?(?P<month>{names})\b\.?"
        r"(?:,?\s+(?:del?\s+)?(?P<year>\d{4}))?"
        rf"|\b(?P<month2>{names})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>\d{{4}}))?",
        re.IGNORECASE,
    )


@cache
def _weekdays() -> re.Pattern[str]:
    """A weekday, maybe with a day of the month, but no whole date, which says it itself."""
    names = "|".join(name for names in _listed()["weekdays"] for name in names)
    months = "|".join(name for names in _listed()["months"] for name in names)
    article = r",?\s+(?:the\s+|den\s+|dem\s+|le\s+|el\s+|de\s+)?"
    return re.compile(
        rf"\b(?P<name>{names})\b(?:{article}(?P<number>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\.?\d|[/:.-]\d|h\b)"
        rf"(?!\.?\s+(?:de\s+|of\s+)?(?:{months})\b)|(?!{article}\d))",
        re.IGNORECASE,
    )


def _number(kind: str, name: str) -> int:
    return next(at for at, names in enumerate(_listed()[kind]) if folded(name) in map(folded, names))


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
