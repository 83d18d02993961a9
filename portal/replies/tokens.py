"""The words of a text with their places, folded so that case and accents do not matter."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word: as it is compared, as it is written, and where."""

    folded: str
    written: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """Return the words of a text in their order."""
    return [
        Token(folded(found.group()), found.group(), found.start(), found.end())
        for found in _WORD.finditer(text)
    ]


def folded(text: str) -> str:
    """The text in lower case and without accents.

    The core has the same, but brings the web's translations along, which the child that reads does without.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
