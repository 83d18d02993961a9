"""Where a letter ends: the greeting before the name, the name, and what programs put below."""

import re
from collections.abc import Sequence
from typing import Final

from portal.replies.lines import LONGEST, bare, without_links
from portal.replies.phrases import pattern

_MOST_LINES: Final = 14  # of a signature under a greeting
_DELIMITER: Final = re.compile(r"^(?:--|\u2014|__|\u2013)\s*$")
_GREETING_LENGTH: Final = 60


def without_signature(text: str) -> tuple[str, str]:
    """Part a text into what it says and how it ends; the two together hold all of it."""
    lines = text.split("\n")
    at = _end(lines)
    return "\n".join(lines[:at]).strip(), "\n".join(lines[at:]).strip()


def _end(lines: Sequence[str]) -> int:
    """Where the end begins: at a greeting, else at a delimiter, else at what a device adds."""
    end = next((at for at, line in enumerate(lines) if at and _DELIMITER.match(line[:LONGEST])), len(lines))
    for at in range(max(0, end - _MOST_LINES), end):
        if ends_letter(lines[at]) and not _opens_letter(lines, at):
            return at
    return _before_devices(lines[:end])


def _opens_letter(lines: Sequence[str], at: int) -> bool:
    """Tell whether a farewell is the greeting, as "Cordial saludo," is: nothing above, a long line below."""
    is_first = not any(line.strip() for line in lines[:at])
    return is_first and any(len(line) > _GREETING_LENGTH for line in lines[at + 1 :])


def _before_devices(lines: Sequence[str]) -> int:
    """Where the lines begin that telephones have put at the very end."""
    at = len(lines)
    while at and (not lines[at - 1].strip() or _is_device(lines[at - 1])):
        at -= 1
    return at


def begins_with_signature(text: str) -> bool:
    """Tell whether a text is only an end: a device's line, a delimiter, or a greeting without thanks."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    if _DELIMITER.match(first[:LONGEST]) or _is_device(first):
        return True
    return ends_letter(first) and not pattern("thanks").search(first)


def ends_letter(line: str) -> bool:
    """Tell whether a line is a greeting at the end, or what a telephone adds."""
    text = bare(line).strip(" ,.!;-\u2013\u2014/")
    if not text or len(text) > _GREETING_LENGTH:
        return False
    return _is_device(line) or bool(pattern("sign_off").fullmatch(text))


def _is_device(line: str) -> bool:
    text = without_links(bare(line)).strip(" ,.!;-\u2013\u2014/<>()[]")
    return len(text) < LONGEST and bool(pattern("sent_from").fullmatch(text))
