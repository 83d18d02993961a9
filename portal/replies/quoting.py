"""What any mail program quotes, told by how it looks: headers, "on ... wrote", separators, leading signs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from portal.core.email_addresses import contains_address
from portal.replies.facts import CutBy
from portal.replies.lines import LONGEST, bare, is_quoted, is_rule, unquoted
from portal.replies.markup import QUOTE_MARK
from portal.replies.phrases import pattern

_MOST_WRAPPED: Final = 5  # lines an introduction is wrapped into
_BLOCK_LINES: Final = 12  # lines in which the headers of a block stand together
_DATE_FIRST: Final = re.compile(r"^\W*(?:\w{2,12}[.,]?\s+)?\d{1,4}[-/. 年]\s?\w{1,12}[-/. 月]\s?\d{1,4}")
_DIGIT: Final = re.compile(r"\d")
_END: Final = re.compile(r"(?:[:\uff1a]\W{0,3}|-{2,}\s*)$")
_SENTENCE_END: Final = re.compile(r"[.!?]\W{0,2}$")
_TIME: Final = re.compile(r"\d{1,2}[:.]\d{2}")
_MOST_LINES: Final = 4000  # that are looked at
_SHORT: Final = 120  # characters of a line that may be a separator
_FEW: Final = 2  # headers that make a block, where an address or a rule helps
_SOME: Final = 3  # and where nothing does
_RULE_LENGTH: Final = 3
_GROUPWISE: Final = re.compile(r"\s*>>> .{3,200} >>>\s*$")
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
            return Quotation(_led_by_signs(lines, at), CutBy.QUOTE, 0.75)
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
    return frozenset(quoted)


def begins_thread(lines: Sequence[str], at: int) -> bool:
    """Tell whether all from here on is an earlier mail, or what a list adds to each."""
    return bool(_separator(lines, at) or _header_block(lines, at) or _list_footer(lines, at))


def _is_broken_off(lines: Sequence[str], at: int) -> bool:
    """A long quoted line is broken by some programs, and its end then stands alone among quoted ones."""
    if not lines[at].strip() or at == 0 or at + 1 >= len(lines):
        return False
    above, below = lines[at - 1], lines[at + 1]
    return is_quoted(above) and is_quoted(below) and len(above) >= _WRAPPED_FROM > len(lines[at])


def _sign_follows(lines: Sequence[str], at: int) -> bool:
    return any(is_quoted(line) for line in lines[at : at + 3])


def _quote_follows(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return is_quoted(following) or _header(following) == "from"


def _marker(lines: Sequence[str], at: int) -> int:
    line = bare(lines[at])
    return int(len(line) < _SHORT and bool(pattern("reply_marker").search(line)))


def _structure(lines: Sequence[str], at: int) -> int:
    return int(lines[at] == QUOTE_MARK)


def _separator(lines: Sequence[str], at: int) -> int:
    """A line such as "----- Original Message -----"."""
    line = unquoted(lines[at]).strip()
    is_groupwise = bool(_GROUPWISE.match(lines[at][:LONGEST]))
    return int(is_groupwise or (len(line) < _SHORT and bool(_separator_pattern().match(line))))


def _header_block(lines: Sequence[str], at: int) -> int:
    """From, date, to and subject above what is quoted, in any order and language."""
    first = _header(lines[at])
    if not first or first == "cc":
        return 0
    block = _block(lines, at)
    seen = {role for role, _ in block} - {"cc", ""}
    values = " ".join(text for _, text in block)
    has_address = contains_address(values)
    is_enough = len(seen) >= (_FEW if has_address or _is_ruled_off(lines, at) else _SOME)
    is_dated = seen >= {"date", "to"} and has_address and bool(_TIME.search(values))
    return int(is_enough and ("from" in seen or is_dated))


def _block(lines: Sequence[str], at: int) -> list[tuple[str, str]]:
    """The headers that stand together from here on, each once, with the lines their values go on in."""
    block: list[tuple[str, str]] = []
    strange = 0
    for line in lines[at : at + _BLOCK_LINES]:
        role = _header(line)
        if role and role in {known for known, _ in block}:
            break
        strange = 0 if role else strange + 1
        if strange > 1:
            break
        block.append((role, bare(line)[:LONGEST]))
    return block


def _is_ruled_off(lines: Sequence[str], at: int) -> bool:
    above = next((line for line in reversed(lines[max(0, at - 3) : at]) if line.strip()), "")
    return len(above.strip()) >= _RULE_LENGTH and is_rule(above)


def is_header(line: str) -> bool:
    """Tell whether a line is a header, in any language we know."""
    return bool(_header(line))


def _header(line: str) -> str:
    """Which header a line is, or nothing."""
    text = bare(line)[:LONGEST]
    found = _header_pattern().match(text)
    return str(found.lastgroup) if found else ""


def _list_footer(lines: Sequence[str], at: int) -> int:
    """What a mailing list puts under each mail."""
    return int(
        bool(_LIST_RULE.match(lines[at])) and bool(_LIST.search(" ".join(lines[at + 1 : at + 4])[:LONGEST]))
    )


def introduction(lines: Sequence[str], at: int, *, before_quote: bool = False) -> int:
    """How many lines an introduction of a quotation takes that begins here; 0 where none does.

    ``before_quote`` says that a quotation follows in any case, which leaves less to doubt.
    """
    joined = ""
    for count in range(1, _MOST_WRAPPED + 1):
        line = bare(lines[at + count - 1]) if at + count <= len(lines) else ""
        joined = f"{joined} {line}".strip()
        if not line or len(joined) > LONGEST or is_rule(line) or not (count > 1 or _may_introduce(joined)):
            return 0
        may_end_openly = count == 1 and (before_quote or _quote_follows(lines, at + count))
        if _introduces(joined, before_quote=may_end_openly):
            return count
    return 0


def _may_introduce(first_line: str) -> bool:
    return bool(
        _opener().match(first_line) or contains_address(first_line) or pattern("wrote").search(first_line)
    )


def _introduces(text: str, *, before_quote: bool) -> bool:
    has_address, has_number = contains_address(text), bool(_DIGIT.search(text))
    is_opened = bool(_opener().match(text))
    ends = bool(_END.search(text))
    if not ends and (not before_quote or _SENTENCE_END.search(text)):
        return False
    if pattern("wrote").search(text):
        return (has_address or has_number) and (is_opened or has_address or (ends and before_quote))
    return has_address and has_number and bool(_DATE_FIRST.match(text))


@cache
def _opener() -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{pattern('wrote_opener').pattern}|{_DATE_FIRST.pattern})", re.IGNORECASE)


@cache
def _separator_pattern() -> re.Pattern[str]:
    return re.compile(
        rf"[-_=*>#\s]{{2,}}(?:{pattern('original_message').pattern})[-_=*>#:\s]*$", re.IGNORECASE
    )


@cache
def _header_pattern() -> re.Pattern[str]:
    roles = "|".join(
        f"(?P<{role}>{pattern(f'header_{role}').pattern})" for role in ("from", "date", "to", "cc", "subject")
    )
    return re.compile(rf"\W{{0,4}}(?:{roles})\s{{0,3}}[:\uff1a]", re.IGNORECASE)


_BEGINNINGS: Final = {
    "marker": _marker,
    "structure": _structure,
    "separator": _separator,
    "headers": _header_block,
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
