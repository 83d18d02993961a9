"""The lines of a text, as they are compared: without what mail programs put around words."""

import html
import re
from functools import lru_cache
from typing import Final

from portal.core.email_addresses import visible

LONGEST: Final = 600  # characters of a line that are looked at; a longer one is nobody's header

_QUOTE_PREFIX: Final = re.compile(r"^[ \t]*(?:(?:[A-Z]{0,3}>|\|(?=[ >|])|&gt;)[ \t]?)+")
_MARKUP: Final = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_LINK: Final = re.compile(
    r"<?\b(?:https?://|www\.|mailto:)[^\s>]{1,2000}>?|\[(?:image|cid|bild|afbeelding|imagen)[^\]]{0,200}\]",
    re.IGNORECASE,
)
_EMOJI: Final = "\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff"
_RULE: Final = re.compile(rf"^\W*(?:[-_=*~#•·\u2014\u2013]\s?){{3,}}\W*$|^[^\w(){_EMOJI}]{{0,3}}$")
_HAS_EMOJI: Final = re.compile(f"[{_EMOJI}]")


def is_quoted(line: str) -> bool:
    """Tell whether a line is led by the sign of a quotation."""
    return bool(_QUOTE_PREFIX.match(line[:40]))


def unquoted(line: str) -> str:
    """The line without the signs of a quotation."""
    return _QUOTE_PREFIX.sub("", line[:LONGEST])


@lru_cache(maxsize=64)  # neighbours ask for the same lines
def bare(line: str) -> str:
    """The words of a line: no quotation signs, stars or entities; spaces single."""
    text = html.unescape(unquoted(line)) if "&" in line else unquoted(line)
    return " ".join(_MARKUP.sub("", visible(text)).split())


def without_links(text: str) -> str:
    """The text without addresses of pages, which programs rewrite."""
    return _LINK.sub(" ", text)


def has_emoji(text: str) -> bool:
    """Tell whether somebody says something with an emoji."""
    return bool(_HAS_EMOJI.search(text))


def is_rule(line: str) -> bool:
    """Tell whether a line only separates, or is empty."""
    return bool(_RULE.match(unquoted(line)[:LONGEST]))
