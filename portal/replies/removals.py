"""Whom the CRM should lose, though nobody asked about them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from portal.replies.clauses import Clause
from portal.replies.cues import cue
from portal.replies.facts import AskedPerson
from portal.replies.tokens import folded, tokens_of

_WORD: Final = r"[^\W\d_a-zß-öø-ÿ][\w'\u2019-]{1,30}"
_NAME: Final = re.compile(
    rf"{_WORD}(?:\s+(?:van|von|de|der|den|del|da|di|du|la|le|ter|ten)\b){{0,2}}(?:\s+{_WORD}){{1,3}}"
)
_MOST: Final = 10


def removed_in(clauses: Sequence[Clause], asked: Iterable[AskedPerson]) -> tuple[str, ...]:
    """Return the full names of people who are to be taken out, none of whom was asked about."""
    known = {token.folded for one in asked for token in tokens_of(one.name)}
    whole = [name for clause in clauses for name in _names(clause.segment.sentence.text, known)]
    found: dict[str, None] = {}
    before, last = "", None
    for clause in clauses:
        sentence = clause.segment.sentence
        if sentence is last:
            continue
        last, previous, before = sentence, before, sentence.text
        asks = sentence.is_question and not cue("request").search(sentence.words)
        is_removal = cue("remove", clause.language).search(sentence.words)
        if asks or cue("stays").search(sentence.words) or not is_removal:
            continue
        if cue("not").search(cue("gone").sub(" ", sentence.words)):
            continue
        names = list(_names(sentence.text, known)) or list(_known_by_first(sentence.text, whole))
        points_back = cue("strong_pronoun").search(sentence.words) or cue("both").search(sentence.words)
        if not names and points_back:
            names = list(_names(previous, known))
        found.update(dict.fromkeys(names))
    return tuple(found)[:_MOST]


def _names(text: str, known: set[str]) -> Iterator[str]:
    for match in _NAME.finditer(text):
        words = match.group().split()
        titles = [at for at, word in enumerate(words) if cue("title").fullmatch(folded(word))]
        words = words[titles[-1] + 1 :] if titles else words
        while words and _is_opening(words[0]):
            words = words[1:]
        words = [word.removesuffix("'s").removesuffix("\u2019s") for word in words]
        name = " ".join(words)
        parts = {token.folded for token in tokens_of(name)}
        if len(words) > 1 and not parts & known:
            yield name


def _known_by_first(text: str, whole: Sequence[str]) -> Iterator[str]:
    """Full names given elsewhere, of whom the text names the first or the last one."""
    said = {token.written for token in tokens_of(text)}
    for name in dict.fromkeys(whole):
        if said & set(name.split()):
            yield name


def _is_opening(word: str) -> bool:
    folded = " ".join(token.folded for token in tokens_of(word))
    return bool(cue("opening").fullmatch(folded))
