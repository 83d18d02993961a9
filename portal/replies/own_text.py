"""Our own mail, found again in what comes back, however it was wrapped, quoted or rewritten.

We know exactly what we sent. Words of it that stand together in the reply are ours, whatever stands between
them; so neither the mail program nor its language matters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from portal.replies.facts import CutBy, Sent
from portal.replies.header_blocks import block_above, header_block
from portal.replies.introductions import introduction
from portal.replies.lines import LONGEST, bare, has_emoji, is_quoted, is_rule, without_links
from portal.replies.markup import QUOTE_MARK, plain_text
from portal.replies.phrases import pattern
from portal.replies.quoting import Quotation, begins_thread, quotation, says_forwarded

_TOGETHER: Final = 4  # words in a row that are taken for ours
_RUN: Final = 6  # words in a row that a line of ours must be part of
_ENOUGH: Final = 8  # words of ours, or it is not our mail that is quoted
_SHORT_LINE: Final = 8  # words; up to that, all of them must be ours, since a word added is an answer
_SHARE: Final = 0.75  # of the words of a longer line
_ALIKE: Final = 90.0  # of 100, for lines with damaged letters
_ALIKE_DAMAGED: Final = 75.0  # for lines in which letters were replaced on the way
_NEAR: Final = 6  # lines below ours that may be ours, but damaged
_DAMAGE: Final = re.compile(r"\w(?:[?\ufffd]+|Ã.|â€.)\w")
_DAMAGED_FROM: Final = 12  # characters of such a line
_ABOVE: Final = 16  # lines above ours that may be headers
_WRAPPED: Final = 5  # lines an introduction may take
_BETWEEN_LINES: Final = 3  # between an introduction and our first line: a warning, or damaged words of ours
_MOST_LINES: Final = 4000

_WORD: Final = re.compile(r"[^\W_]+")


def own_lines(lines: Sequence[str], sent: Sent) -> Quotation | None:
    """Return which lines are ours or lead to ours; None where our mail is not quoted."""
    ours = _Ours(sent)
    matched = ours.among(lines[:_MOST_LINES])
    if not matched:
        return None
    first, last = min(matched), max(matched)
    begin = _lead_in(lines, first)
    quoted = matched | set(range(begin, first))
    quoted |= {at for at in range(first, last) if at not in matched and _is_noise(lines, at, matched)}
    quoted |= _earlier(lines, begin)
    answered_above = any(_says_something(lines[at]) for at in range(begin) if at not in quoted)
    quoted |= _tail(lines, last + 1, answered_above=answered_above)
    between = any(at not in quoted and _says_something(lines[at]) for at in range(first, last))
    return Quotation(frozenset(quoted), CutBy.OWN_TEXT, _BETWEEN if between else _CLEAN)


_CLEAN: Final = 0.97
_BETWEEN: Final = 0.75  # answers between our lines, or lines of ours that nobody would know again


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the reply, and the line it stands in."""

    text: str
    line: int


class _Ours:
    """What we sent, as words in a row."""

    def __init__(self, sent: Sent) -> None:
        texts = [sent.text, plain_text(sent.html, hidden=True), sent.subject]
        sequences = [_words(text) for text in texts]
        self._rows = {row for words in sequences for row in _rows(words)}
        self._whole = " ".join(word for words in sequences for word in words)

    def among(self, lines: Sequence[str]) -> set[int]:
        """Return the lines that are ours; none unless enough of them is."""
        words = [_Word(word, at) for at, line in enumerate(lines) for word in _words(bare(line))]
        is_ours = self._marked([word.text for word in words])
        runs = _runs(is_ours)
        if not any(end - start >= _ENOUGH for start, end in runs):
            return set()
        long_runs = {at for start, end in runs if end - start >= _RUN for at in range(start, end)}
        found = _covered(words, is_ours, long_runs)
        return found | self._damaged(lines, found)

    def _marked(self, words: Sequence[str]) -> list[bool]:
        marked = [False] * len(words)
        for at, row in enumerate(_rows(words)):
            if row in self._rows:
                marked[at : at + _TOGETHER] = [True] * _TOGETHER
        return marked

    def _damaged(self, lines: Sequence[str], found: set[int]) -> set[int]:
        """Lines among ours that are almost ours: letters were lost, or words broken at the end of lines."""
        return {
            at
            for at in range(min(found), min(len(lines), max(found) + _NEAR))
            if at not in found
            and (at < max(found) or _DAMAGE.search(lines[at]))
            and self._is_almost(bare(lines[at]))
        }

    def _is_almost(self, line: str) -> bool:
        text = " ".join(_words(line))
        least = _ALIKE_DAMAGED if _DAMAGE.search(line) else _ALIKE
        return len(text) >= _DAMAGED_FROM and fuzz.partial_ratio(text, self._whole) >= least


def _covered(words: Sequence[_Word], is_ours: Sequence[bool], in_run: set[int]) -> set[int]:
    """Lines whose words are ours, all of a short line, most of a long one."""
    by_line: dict[int, list[int]] = {}
    for at, word in enumerate(words):
        by_line.setdefault(word.line, []).append(at)
    return {
        line
        for line, places in by_line.items()
        if any(at in in_run for at in places)
        and sum(is_ours[at] for at in places) >= len(places) * (1 if len(places) <= _SHORT_LINE else _SHARE)
    }


def _runs(marked: Sequence[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = None
    for at, mark in enumerate([*marked, False]):
        if mark and start is None:
            start = at
        elif not mark and start is not None:
            runs.append((start, at))
            start = None
    return runs


def _rows(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[shift:] for shift in range(_TOGETHER)), strict=False)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", without_links(text).casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def _lead_in(lines: Sequence[str], first: int) -> int:
    """Where what leads to our first line begins: headers, an introduction, separators."""
    at = first
    while at and first - at < _ABOVE:
        taken = _led_in_by(lines, at)
        if not taken:
            break
        at -= taken
    return at


def _led_in_by(lines: Sequence[str], below: int) -> int:
    """How many lines just above this one lead to it."""
    above = lines[below - 1]
    if is_rule(above) or above == QUOTE_MARK or is_quoted(above) or says_forwarded(above):
        return 1
    if pattern("external_warning").search(above[:LONGEST]):
        return 1
    return _introduced_by(lines, below) or _introduced_further_above(lines, below)


def _introduced_by(lines: Sequence[str], below: int) -> int:
    """How many lines an introduction, a block of headers or a separator takes that ends just above."""
    for count in range(min(_WRAPPED, below), 0, -1):
        if introduction(lines, below - count, before_quote=True) == count:
            return count
    block = block_above(lines, below)
    return block or int(begins_thread(lines, below - 1) and not header_block(lines, below - 1))


def _introduced_further_above(lines: Sequence[str], below: int) -> int:
    """Little that stands between an introduction and our own words was put there on the way."""
    said = 0
    for at in range(below - 1, max(-1, below - _ABOVE), -1):
        said += _says_something(lines[at])
        if said > _BETWEEN_LINES:
            break
        taken = _certainly_introduced_by(lines, at)
        if taken:
            return below - at + taken
    return 0


def _certainly_introduced_by(lines: Sequence[str], below: int) -> int:
    for count in range(min(_WRAPPED, below), 0, -1):
        if introduction(lines, below - count) == count:
            return count
    return block_above(lines, below)


def _is_noise(lines: Sequence[str], at: int, matched: Iterable[int]) -> bool:
    """Whatever among our lines is nobody's answer: nothing, rules, links, headers, quoted lines."""
    line = lines[at]
    if not _says_something(line) or pattern("external_warning").search(line[:LONGEST]):
        return True
    if block_above(lines, at + 1):
        return True
    return is_quoted(line) and any(is_quoted(lines[other]) for other in matched)


def _says_something(line: str) -> bool:
    return line != QUOTE_MARK and not is_rule(line) and (bool(_words(bare(line))) or has_emoji(line))


def _earlier(lines: Sequence[str], begin: int) -> set[int]:
    """What is quoted above our mail: one of somebody else's, written since."""
    found = quotation(lines[:begin], beside_ours=True)
    return set(found.lines) if found else set()


def _tail(lines: Sequence[str], start: int, *, answered_above: bool) -> set[int]:
    """What is quoted below our mail; where the answer stands above, little below belongs to it."""
    below = list(lines[start:])
    found = quotation(below, beside_ours=True)
    quoted = {start + at for at in found.lines} if found else set()
    if answered_above:
        for at, line in enumerate(below):
            if pattern("footer").search(line[:LONGEST]) or begins_thread(below, at):
                return quoted | set(range(start + at, len(lines)))
    return quoted
