"""The day somebody starts, as far as a part of a sentence says so."""

from datetime import date
from typing import Final

from portal.replies.clauses import Clause
from portal.replies.cues import cue, plain
from portal.replies.dates import NamedDay, days_in
from portal.replies.tokens import tokens_of

_NEAR: Final = 60  # characters before or behind the day


def start_in(clause: Clause, on: date, language: str) -> NamedDay | None:
    """Return the first working day it names; it is doubtful where day and month could be the other way round.

    The words that say so may stand in an earlier part: "first day is Monday, the 4th of January".
    """
    sentence = clause.segment.sentence.text
    at = max(0, sentence.find(clause.segment.text))
    end = at + len(clause.segment.text)
    for named in sorted(days_in(sentence, on, language), key=lambda named: named.start):
        if at <= named.start < end and named.day >= on and _is_start(clause, named, at, end):
            return named
    return None


def _is_start(clause: Clause, named: NamedDay, at: int, end: int) -> bool:
    """Tell whether the words around a day say so; the part of the sentence lies from ``at`` to ``end``."""
    sentence = clause.segment.sentence.text
    nearest = max(0, named.start - _NEAR)
    before = plain(tokens_of(sentence[max(at, nearest) : named.start]))
    earlier = plain(tokens_of(sentence[nearest : max(at, nearest)]))
    behind = plain(tokens_of(sentence[named.end : min(end, named.end + _NEAR)]))
    if cue("no_start", clause.language).search(before) or cue("not", clause.language).search(before):
        return False
    if clause.segment.label == "start" or cue("start_now", clause.language).search(before):
        return True
    if cue("start", clause.language).search(f"{before} {behind}"):
        return True
    return bool(cue("start", clause.language).search(earlier)) and not _ends(earlier, clause.language)


def _ends(words: str, language: str) -> bool:
    return bool(cue("leaves", language).search(words) or cue("not", language).search(words))
