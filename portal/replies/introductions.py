"""The line that introduces a quotation, such as "on 1 March, Tom wrote:", as mail programs write it."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from portal.core.email_addresses import contains_address, find_addresses, visible
from portal.replies.header_blocks import is_from_header
from portal.replies.lines import LONGEST, bare, is_quoted, is_rule
from portal.replies.phrases import pattern

_MOST_WRAPPED: Final = 5  # lines that an introduction may be wrapped into
_FULL_DATE: Final = (
    r"(?:\d{1,4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,4}"
    r"|\d{1,2}(?:\.|st|nd|rd|th|er)?\s+(?:de\s+)?[^\W\d]{3,12}\.?,?\s+(?:de\s+)?\d{4}"
    r"|[^\W\d]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4})"
)
_DATED: Final = re.compile(_FULL_DATE)
_DATE_FIRST: Final = re.compile(
    r"^\W*(?:\d{1,2}[:.]\d{2}(?:\s?[ap]m)?,?\s+)?(?:\w{2,12}[.,]?\s+)?"
    rf"(?:\d{{1,4}}[-/. 年]\s?\w{{1,12}}[-/. 月]\s?\d{{1,4}}|{_FULL_DATE})",
    re.IGNORECASE,
)
_DIGIT: Final = re.compile(r"\d")
_END: Final = re.compile(r"(?:[:\uff1a]\W{0,3}|-{2,}\s*)$")
_CLOSED: Final = re.compile(r"\s?[>)\]]\W{0,2}$")
_BRACKET_NEAR_END: Final = re.compile(r"[>)\]]")
_SHORTEST_TAIL: Final = 40  # characters in which a bracket closes and a verb follows
_SENTENCE_END: Final = re.compile(r"[.!?]\W{0,2}$")


def introduction(lines: Sequence[str], at: int, *, before_quote: bool = False) -> int:
    """Return how many lines an introduction of a quotation takes that begins here; 0 where none does.

    ``before_quote`` says that a quotation follows in any case, which leaves less to doubt.
    """
    joined: list[str] = []
    for count in range(1, _MOST_WRAPPED + 1):
        line = bare(lines[at + count - 1]) if at + count <= len(lines) else ""
        joined.append(line)
        text = " ".join(joined)
        if not line or len(text) > LONGEST or is_rule(line) or not (count > 1 or _may_introduce(text)):
            return 0
        may_end_openly = count == 1 and (before_quote or _quote_follows(lines, at + count))
        if _introduces(text, before_quote=may_end_openly):
            return 0 if _holds_a_shorter_one(joined) else count
    return 0


def _holds_a_shorter_one(joined: Sequence[str]) -> bool:
    """Tell whether the last lines are an introduction by themselves; those above are somebody's words."""
    return any(
        _introduces(text, before_quote=False) and _DATED.search(text)
        for text in (" ".join(joined[start:]) for start in range(1, len(joined)))
    )


def _quote_follows(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return is_quoted(following) or is_from_header(following)


def _may_introduce(first_line: str) -> bool:
    return bool(
        _opener().match(first_line) or contains_address(first_line) or pattern("wrote").search(first_line)
    )


def _introduces(text: str, *, before_quote: bool) -> bool:
    ends = bool(_END.search(text))
    if not ends and (not before_quote or _SENTENCE_END.search(text)):
        return _ends_without_colon(text)
    has_address, has_number = contains_address(text), bool(_DIGIT.search(text))
    is_opened = bool(_opener().match(text))
    if pattern("wrote").search(text):
        return (has_address or has_number) and (is_opened or has_address or (ends and before_quote))
    return has_address and has_number and bool(_DATE_FIRST.match(text))


def _ends_without_colon(text: str) -> bool:
    """Some programs leave the colon out: a full date, and at the end an address in brackets or the verb."""
    if not _BRACKET_NEAR_END.search(text[-_SHORTEST_TAIL:]) or not _DATED.search(text):
        return False
    if not contains_address(text) or not (_opener().match(text) or _DATE_FIRST.match(text)):
        return False
    return bool(_verb_last().search(text) or (_ends_in_address(text) and pattern("wrote").search(text)))


def _ends_in_address(text: str) -> bool:
    """Tell whether an address in brackets ends a text."""
    seen = visible(text)
    closed = _CLOSED.search(seen)
    return closed is not None and any(found.end >= closed.start() for found in find_addresses(seen))


@cache
def _verb_last() -> re.Pattern[str]:
    return re.compile(rf"[>)\]],?\s(?:{pattern('wrote').pattern})\s*$", re.IGNORECASE)


@cache
def _opener() -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{pattern('wrote_opener').pattern}|{_DATE_FIRST.pattern})", re.IGNORECASE)
