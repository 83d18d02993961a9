"""Which passwords are refused: short ones, and those of which little is left without what everybody tries."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from portal.agencies.models import Member
from portal.core.texts import Text, _l

SHORTEST: Final = 12
LONGEST: Final = 1024
MUST_BE_LEFT: Final = 8
DIFFERENT_LETTERS: Final = 5
_SHORTEST_WORD: Final = 3
_SHORTEST_RUN: Final = 4

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_UNDISGUISE = str.maketrans("0134578@$!|", "oieastbasil")
_YEAR = re.compile(r"(?:19|20)\d\d")
_REPEATED = re.compile(r"^(.+?)\1+$")

TOO_SHORT = _l("Use at least 12 characters. A few words in a row are long and easy to remember.")
TOO_LONG = _l("Use at most 1,024 characters.")
GUESSABLE = _l(
    "This is easy to guess: without names, common words and rows of keys, too little of it is left. "
    "Choose another one."
)


def weakness(password: str, *, about: Iterable[str] = ()) -> Text | None:
    """Return why a password is refused, or None; ``about`` are words an attacker would know."""
    password = password.strip()
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    words = _common() | {_bare(word) for word in about if len(word) >= _SHORTEST_WORD}
    plain = unicodedata.normalize("NFKD", password).casefold()
    for reading in (plain, plain.translate(_UNDISGUISE)):
        left = _left_of(_bare(reading), words)
        if len(left) < MUST_BE_LEFT or len(set(left)) < DIFFERENT_LETTERS:
            return GUESSABLE
    return None


def words_about(member: Member, *more: str) -> set[str]:
    """Return the words an attacker would know of a member: name, address, agency."""
    return words_in(member.name, member.email, member.agency.name, *more)


def words_in(*texts: str) -> set[str]:
    """Return the words of texts, single and joined."""
    return {word for text in texts for word in (*re.split(r"[\W_]+", text), text)}


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _left_of(text: str, words: Iterable[str]) -> str:
    text = _REPEATED.sub(r"\1", text)
    for word in sorted(words, key=len, reverse=True):
        if word:
            text = text.replace(word, "")
    text = _YEAR.sub("", text)
    return _REPEATED.sub(r"\1", _without_runs(text))


def _without_runs(text: str) -> str:
    """Return the text without pieces of alphabets and keyboard rows, either way round."""
    kept, at = [], 0
    while at < len(text):
        end = at + _SHORTEST_RUN
        if text[at:end] in _runs() and len(text[at:end]) == _SHORTEST_RUN:
            while end < len(text) and text[end - _SHORTEST_RUN + 1 : end + 1] in _runs():
                end += 1
            at = end
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


@lru_cache(maxsize=1)
def _runs() -> frozenset[str]:
    both_ways = [row for forwards in _ROWS for row in (forwards, forwards[::-1])]
    return frozenset(
        row[start : start + _SHORTEST_RUN]
        for row in both_ways
        for start in range(len(row) - _SHORTEST_RUN + 1)
    )


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(_bare(line) for line in lines if line and not line.startswith("#"))
