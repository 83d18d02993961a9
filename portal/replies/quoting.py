"""What any mail program quotes, told by how it looks: headers, "on ... wrote", separators, leading signs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from portal.replies.facts import CutBy
from portal.replies.header_blocks import begins_in_one_line, header_block
from portal.replies.introductions import introduction
from portal.replies.lines import LONGEST, bare, is_quoted, is_rule, unquoted
from portal.replies.markup import QUOTE_MARK
from portal.replies.phrases import pattern

_MOST_LINES: Final = 4000  # that are looked at
_SHORT: Final = 120  # characters of a line that may be a separator
_GROUPWISE: Final = re.compile(r"\s*>>> .{3,200} >>>\s*$")
_FEW_QUOTED: Final = 4  # lines that somebody repeats to speak of them
_NEAR_LINES: Final = 40
_BETWEEN_DASHES: Final = re.compile(r"-{3,}\s*([^-\s].{2,110}?[^-\s])\s*-{3,}\s*$")
_NAMED: Final = re.compile(r"[\d@]")
_LIST_RULE: Final = re.compile(r"_{20,}\s*$|-{20,}\s*$")
_LIST: Final = re.compile(r"mailing list|list-?info|unsubscribe|google groups", re.IGNORECASE)
_WRAPPED_FROM: Final = 60  # characters; a shorter line was not broken by a program


@dataclass(frozen=True, slots=True)
class Quotation:
    """Which lines are quoted, and how sure that is."""

    lines: frozenset[int]
    by: CutBy
    confidence: float


def quotation(lines: Sequence[str], *, beside_ours: bool = False) -> Quotation | None:
    """Return what is quoted, or None where nothing looks like it.

    ``beside_ours`` says that these lines stand above or below a quotation of our own mail: another one is
    less likely then, and takes two lines.
    """
    for at, line in enumerate(lines[:_MOST_LINES]):
        for kind, begins in _BEGINNINGS.items():
            taken = begins(lines, at)
            if taken:
                return _from(lines, at, taken, kind)
        if line.strip("> \t") and all(map(is_quoted, lines[at : at + 1 + beside_ours])):
            if not beside_ours and not any(above.strip() for above in lines[:at]):
                return None  # quoted before a word was said: what the answer speaks of
            return _introduced_later(lines, at) or Quotation(_led_by_signs(lines, at), CutBy.QUOTE, 0.75)
    return None


def _introduced_later(lines: Sequence[str], start: int) -> Quotation | None:
    """A few quoted lines above an introduction are what the answer speaks of; the quotation is below."""
    quoted = 0
    for at in range(start, min(len(lines), start + _NEAR_LINES)):
        quoted += is_quoted(lines[at])
        if quoted > _FEW_QUOTED:
            return None
        if is_quoted(lines[at]):
            continue
        for kind, begins in _BEGINNINGS.items():
            taken = begins(lines, at)
            if taken:
                return _from(lines, at, taken, kind)
    return None


def _from(lines: Sequence[str], at: int, taken: int, kind: str) -> Quotation:
    """All from here on, unless signs tell line by line what is quoted."""
    first = _with_rules_above(lines, at)
    by = CutBy.MARKER if kind == "marker" else CutBy.QUOTE
    if kind == "introduction" and _sign_follows(lines, at + taken):
        signed = _led_by_signs(lines, at + taken)
        return Quotation(frozenset(range(first, at + taken)) | signed, by, 0.85)
    return Quotation(frozenset(range(first, len(lines))), by, _SURENESS[kind])


def _with_rules_above(lines: Sequence[str], at: int) -> int:
    """Lines that only separate, or say that something was forwarded, belong to what they stand above."""
    while at and (is_rule(lines[at - 1]) or says_forwarded(lines[at - 1])):
        at -= 1
    return at


def says_forwarded(line: str) -> bool:
    """Tell whether a line says that what follows was forwarded."""
    text = bare(line).strip("-_=*: ")
    return len(text) < _SHORT and bool(pattern("forwarded_message").fullmatch(text))


def _led_by_signs(lines: Sequence[str], start: int) -> frozenset[int]:
    """The quoted lines from here on: led by a sign, broken off such a line, or introducing one."""
    quoted: set[int] = set()
    at = start
    while at < len(lines):
        taken = introduction(lines, at) if not is_quoted(lines[at]) and len(quoted) < _MOST_LINES else 0
        if taken and _sign_follows(lines, at + taken):
            quoted.update(range(at, at + taken))
        elif is_quoted(lines[at]) or lines[at] == QUOTE_MARK or _is_broken_off(lines, at):
            quoted.add(at)
        elif begins_thread(lines, at):
            quoted.update(range(at, len(lines)))
            break
        at += max(taken, 1)
    return frozenset(quoted | _footer_below(lines, max(quoted, default=len(lines))))


def _footer_below(lines: Sequence[str], last: int) -> set[int]:
    """What a company puts under each mail, below all that is quoted, where the answer stands above."""
    below = [at for at in range(last + 1, len(lines)) if lines[at].strip()]
    is_footer = bool(below) and bool(pattern("footer").search(lines[below[0]][:LONGEST]))
    return set(range(last + 1, len(lines))) if is_footer else set()


def begins_thread(lines: Sequence[str], at: int) -> bool:
    """Tell whether all from here on is an earlier mail, or what a list adds to each."""
    return bool(_separator(lines, at) or header_block(lines, at) or _list_footer(lines, at))


def _is_broken_off(lines: Sequence[str], at: int) -> bool:
    """A long quoted line is broken by some programs, and its end then stands alone among quoted ones."""
    if not lines[at].strip() or at == 0 or at + 1 >= len(lines):
        return False
    above, below = lines[at - 1], lines[at + 1]
    return is_quoted(above) and is_quoted(below) and len(above) >= _WRAPPED_FROM > len(lines[at])


def _sign_follows(lines: Sequence[str], at: int) -> bool:
    return any(is_quoted(line) for line in lines[at : at + 3])


def _marker(lines: Sequence[str], at: int) -> int:
    line = bare(lines[at])
    return int(len(line) < _SHORT and bool(pattern("reply_marker").search(line)))


def _structure(lines: Sequence[str], at: int) -> int:
    return int(lines[at] == QUOTE_MARK)


def _separator(lines: Sequence[str], at: int) -> int:
    """A line such as "----- Original Message -----"."""
    line = unquoted(lines[at]).strip()
    is_groupwise = bool(_GROUPWISE.match(lines[at][:LONGEST]))
    is_short = len(line) < _SHORT
    return int(
        is_groupwise
        or (is_short and bool(_separator_pattern().match(line)))
        or (is_short and _introduces_between_dashes(line))
        or begins_in_one_line(line)
    )


def _introduces_between_dashes(line: str) -> bool:
    """Zoho and others: "---- Tom wrote ----"; in other languages the verb may stand further in front."""
    found = _BETWEEN_DASHES.match(line)
    verb = pattern("wrote").search(found[1]) if found else None
    return bool(found and verb and (verb.end() == len(found[1]) or _NAMED.search(found[1])))


def _list_footer(lines: Sequence[str], at: int) -> int:
    """What a mailing list puts under each mail."""
    return int(
        bool(_LIST_RULE.match(lines[at])) and bool(_LIST.search(" ".join(lines[at + 1 : at + 4])[:LONGEST]))
    )


@cache
def _separator_pattern() -> re.Pattern[str]:
    return re.compile(
        rf"[-_=*>#\s]{{2,}}(?:{pattern('original_message').pattern})[-_=*>#:\s]*$", re.IGNORECASE
    )


_BEGINNINGS: Final = {
    "marker": _marker,
    "structure": _structure,
    "separator": _separator,
    "headers": header_block,
    "introduction": introduction,
    "list": _list_footer,
}
_SURENESS: Final = {
    "marker": 0.9,
    "structure": 0.85,
    "separator": 0.85,
    "headers": 0.8,
    "introduction": 0.8,
    "list": 0.7,
}
