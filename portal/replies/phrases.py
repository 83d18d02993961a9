"""The words of ``phrases.toml``, ready to be looked for: what programs and people write."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("phrases.toml")


@cache
def pattern(topic: str) -> re.Pattern[str]:
    """What matches any of a topic's phrases in any language."""
    return re.compile("|".join(f"(?:{phrase})" for phrase in _listed(topic)), re.IGNORECASE)


@cache
def starting(topic: str) -> re.Pattern[str]:
    """What matches any of a topic's phrases at the start, behind "Re:" and marks that are no letters."""
    reply = r"(?:(?:re|aw|sv|antw|rv|tr|fw|fwd|wg)\s*:\s*)?"
    return re.compile(rf"\W*{reply}\W*(?:{pattern(topic).pattern})", re.IGNORECASE)


def _listed(topic: str) -> list[str]:
    return [phrase for phrases in _all()[topic].values() for phrase in phrases]


@cache
def _all() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
