"""The words of ``cues.toml`` and ``role_cues.toml``, ready to be looked for in the words of a sentence."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from portal.replies.tokens import Token

_FOLDER: Final = Path(__file__).parent
_ACCENTED: Final = {"sí": "sí"}
_LONGEST_WORD: Final = 40  # letters; no word that we know is longer
_SURE: Final = {"strong": 0.8, "likely": 0.6, "weak": 0.45}
_COMMON: Final = {
    "en": "the and is she he to for in of please a on will with be as her his has thanks our who at that",
    "de": "der die das und ist sie er bitte fur im nicht ein eine mit zu bei wird hat auf nur ich den von",
    "fr": "le la les et est elle il pour de dans des un une s merci avec sera qui au du nous en svp",
    "nl": "de het een en is zij ze hij voor in van op wordt graag met bij ook dat moet aan onze doet zijn",
    "es": "el la los y es ella para de en que por un una con del se gracias al lo como favor nuestra sera",
}


def plain(tokens: Iterable[Token]) -> str:
    """The words as they are compared with cues, with one blank between them.

    One accent counts: Spanish "sí" (yes) is not "si" (if).
    """
    return " ".join(_ACCENTED.get(token.written.lower(), token.folded[:_LONGEST_WORD]) for token in tokens)


@cache
def cue(topic: str, language: str = "") -> re.Pattern[str]:
    """What matches any of a topic's words, in one language or in all."""
    listed = _listed("cues.toml")[topic]
    chosen = [listed[language]] if language in listed else listed.values()
    return _pattern(words for group in chosen for words in group)


@cache
def role_cues(key: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """What speaks for a job role the portal ships, each with how sure it makes us."""
    groups = _listed("role_cues.toml").get(key, {})
    return tuple(
        (_SURE[tier], _pattern(words for group in languages.values() for words in group))
        for tier, languages in groups.items()
    )


def language_of(tokens: Sequence[Token]) -> str:
    """The language that most common words are of; empty where two are alike or the text is too short."""
    said = [token.folded for token in tokens]
    counts = sorted(
        ((sum(word in common for word in said), language) for language, common in _common().items()),
        reverse=True,
    )
    (most, language), (next_most, _other) = counts[:2]
    return language if most > next_most + 1 else ""


@cache
def _common() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _COMMON.items()}


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(dict.fromkeys(words))})\b")


@cache
def _listed(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
