"""Until when somebody is away, read from what their mailbox answers, in five languages."""

import re
from datetime import date, timedelta
from functools import cache
from typing import Final

from portal.replies.dates import days_in
from portal.replies.phrases import pattern

MOST_TEXT: Final = 5_000  # characters of a note that are looked at
_LONGEST: Final = timedelta(days=400)  # an absence; what is later is a misreading


def away_until(text: str, on: date, *, language: str = "") -> date | None:
    """Return the last day named as one that somebody is away until or back on, or None.

    ``on`` is the day of the mail.
    """
    note = text[:MOST_TEXT]
    found = [named.day for named in days_in(note, on, language) if _is_end(note[: named.start])]
    fitting = [day for day in found if on <= day <= on + _LONGEST]
    return max(fitting, default=None)


def _is_end(before: str) -> bool:
    """Tell whether the words in front make the day an end; an article or a weekday may stand between."""
    return bool(_end().search(before[-80:]))


@cache
def _end() -> re.Pattern[str]:
    article, weekday = r"(?:(?:the|dem|den|le|el|de) )?", r"(?:\w{2,12}[.,]?\s+)?"
    return re.compile(rf"(?:^|\W)(?:{pattern('until').pattern})[\s:,]*{weekday}{article}$", re.IGNORECASE)
