"""The headers that mail programs put above what they quote: from, date, to and subject, in any language."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from portal.core.email_addresses import contains_address
from portal.replies.lines import LONGEST, bare, is_quoted, is_rule
from portal.replies.phrases import pattern

_BLOCK_LINES: Final = 12  # lines in which the headers of a block stand together
_TIME: Final = re.compile(r"\d{1,2}[:.]\d{2}")
_FEW: Final = 2  # headers that make a block, where an address or a rule helps
_SOME: Final = 3  # and where nothing does
_RULE_LENGTH: Final = 3


def header_block(lines: Sequence[str], at: int) -> int:
    """Return how many lines a block of headers takes that begins here; 0 where none does.

    Where a header is there twice, one of the two is somebody's own line, such as "Date: 15 January" at the
    end of an answer. The block is then where more different headers stand together.
    """
    first = _role(lines[at])
    if not first or first == "cc":
        return 0
    start, block = _fullest(_headers_from(lines, at))
    if start or not block:
        return 0
    seen = {role for role, _ in block} - {"cc", ""}
    values = " ".join(text for _, text in block)
    has_address = contains_address(values)
    is_enough = len(seen) >= (_FEW if has_address or _is_ruled_off(lines, at) else _SOME)
    is_dated = seen >= {"date", "to"} and has_address and bool(_TIME.search(values))
    return len(block) if is_enough and ("from" in seen or is_dated) else 0


def block_above(lines: Sequence[str], below: int) -> int:
    """Return how many lines a block of headers takes that ends just above this line, or goes on in it."""
    for at in range(max(0, below - _BLOCK_LINES), below):
        taken = header_block(lines, at)
        if taken and at + taken >= below:
            return below - at
    return 0


def is_from_header(line: str) -> bool:
    """Tell whether a line names a sender."""
    return _role(line) == "from"


def begins_in_one_line(line: str) -> bool:
    """Tell whether one line holds a whole block, as it does where a program lost the ends of lines."""
    text = bare(line)[:LONGEST]
    if not contains_address(text):
        return False
    return bool(_one_line().match(text)) and len(set(_named(text))) >= _SOME


def _named(text: str) -> list[str]:
    return [str(found.lastgroup) for found in _anywhere().finditer(text)]


def _headers_from(lines: Sequence[str], at: int) -> list[tuple[str, str]]:
    """The lines that stand together from here on, each with its header; a value may take a second line."""
    found: list[tuple[str, str]] = []
    strange = 0
    for line in lines[at : at + _BLOCK_LINES]:
        role = _role(line) if is_quoted(line) == is_quoted(lines[at]) else ""
        strange = 0 if role else strange + 1
        if strange > 1:
            break
        found.append((role, bare(line)[:LONGEST]))
    while found and not found[-1][0]:
        found.pop()
    return found


def _fullest(found: Sequence[tuple[str, str]]) -> tuple[int, Sequence[tuple[str, str]]]:
    """Where the most different headers stand together without a repetition, and those."""
    best: tuple[int, Sequence[tuple[str, str]]] = (0, ())
    start, known = 0, 0
    for end in range(len(found)):
        role = found[end][0]
        earlier = [at for at in range(start, end) if found[at][0] == role and role not in {"", "cc"}]
        start = earlier[-1] + 1 if earlier else start
        while start < end and not found[start][0]:
            start += 1
        count = len({name for name, _ in found[start : end + 1]} - {"", "cc"})
        if count > known or (earlier and count == known):
            best, known = (start, found[start : end + 1]), count
        elif best[0] == start:
            best = (start, found[start : end + 1])
    return best


def _is_ruled_off(lines: Sequence[str], at: int) -> bool:
    above = next((line for line in reversed(lines[max(0, at - 3) : at]) if line.strip()), "")
    return len(above.strip()) >= _RULE_LENGTH and is_rule(above)


@lru_cache(maxsize=64)  # a line is asked about once for each line near it
def _role(line: str) -> str:
    """Which header a line is, or nothing."""
    found = _header_pattern().match(bare(line)[:LONGEST])
    return str(found.lastgroup) if found else ""


def _roles() -> str:
    names = ("from", "date", "to", "cc", "subject")
    return "|".join(f"(?P<{name}>{pattern(f'header_{name}').pattern})" for name in names)


@cache
def _header_pattern() -> re.Pattern[str]:
    return re.compile(rf"\W{{0,4}}(?:{_roles()})\s{{0,3}}[:\uff1a]", re.IGNORECASE)


@cache
def _anywhere() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_roles()})\s{{0,3}}[:\uff1a]", re.IGNORECASE)


@cache
def _one_line() -> re.Pattern[str]:
    """What such a line begins with: the sender, behind a separator or at once."""
    separator = rf"(?:[-_=*]{{2,}}\s*(?:{pattern('original_message').pattern})\s*[-_=*]{{2,}}\s*)?"
    return re.compile(
        rf"\W{{0,4}}{separator}(?:{pattern('header_from').pattern})\s{{0,3}}[:\uff1a]", re.IGNORECASE
    )
