"""The day somebody starts, as far as a part of a sentence says so."""

from datetime import date
from typing import Final

from portal.replies.clauses import Clause
from portal.replies.cues import cue, plain
from portal.replies.dates import NamedDay, days_in
from portal.replies.tokens import tokens_of

_NEAR: Final = 60  # characters before or behind the day


def start_in(clause: Clause, on: date, language: str) -> date | None:
    """Return the first working day it names; none where day and month could be the other way round."""
    text = clause.segment.text
    for named in sorted(days_in(text, on, language), key=lambda named: named.start):
        if named.day >= on and not named.is_doubtful and _is_start(clause, named):
            return named.day
    return None


def _is_start(clause: Clause, named: NamedDay) -> bool:
    text = clause.segment.text
    before = plain(tokens_of(text[max(0, named.start - _NEAR) : named.start]))
    behind = plain(tokens_of(text[named.end : named.end + _NEAR]))
    if cue("no_start", clause.language).search(before):
        return False
    if clause.segment.label == "start":
        return True
    return bool(cue("start", clause.language).search(f"{before} {behind}"))
