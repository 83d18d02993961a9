"""Who is named in a part of a sentence: people asked about, people with an address, and anybody else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz

from portal.core.email_addresses import Doubt, FoundAddress, canonical, find_addresses
from portal.replies.cues import cue
from portal.replies.facts import AskedPerson
from portal.replies.segments import Segment
from portal.replies.tokens import Token, folded, tokens_of

_ALIKE: Final = 84.0  # of 100, for names with a slip
_SLIPS_FROM: Final = 4  # letters
_SHORTEST_NICKNAME: Final = 3  # letters
_SHORT: Final = 3  # words; in so few a name may be written small
_MOST_NAMES: Final = 4
_PLACE: Final = re.compile(r" ?\bxaddress(\d{1,5})x\b ?")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the tokens ``start`` to before ``end``; ``asked`` counts into the people asked about."""

    name: str
    email: str
    asked: int | None
    start: int
    end: int
    confidence: float
    doubt: Doubt | None = None  # of the address

    @property
    def key(self) -> str:
        """What tells this person from others."""
        return str(self.asked) if self.asked is not None else (self.email or folded(self.name))


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody who is neither asked about nor new: the tokens, and whether it is they who do something."""

    name: str
    start: int
    end: int
    acts: bool


class Namer:
    """Knows who was asked about, and the addresses of an answer."""

    def __init__(self, asked: Sequence[AskedPerson], text: str) -> None:
        self.asked = asked
        self._names = [tuple(token.folded for token in tokens_of(one.name)) for one in asked]
        self._addresses: list[FoundAddress] = []
        self._written: list[str] = []
        self.text = self._with_places(text)

    def _with_places(self, text: str) -> str:
        """The text with a word in the place of each address and its name, which no sign then tears apart."""
        parts, at = [], 0
        for found in find_addresses(text):
            parts += [text[at : found.start], f" xaddress{len(self._addresses)}x "]
            self._addresses.append(found)
            self._written.append(text[found.start : found.end])
            at = found.end
        return "".join([*parts, text[at:]])

    def restored(self, text: str) -> str:
        """The text with its addresses again."""
        return _PLACE.sub(
            lambda place: self._written[int(place[1])] if int(place[1]) < len(self._written) else "", text
        )

    def listed(self, segment: Segment) -> Person | None:
        """Somebody new at the head of a list's item: a full name, and nothing else before the sign."""
        count = _capitals(segment.tokens, 0, set())
        is_whole = count == len(segment.tokens) and 1 < count < _MOST_NAMES
        if not (segment.is_item and segment.opens and is_whole):
            return None
        return Person(segment.text, "", None, 0, count, 0.85)

    def first_name_in(self, segment: Segment) -> Person | None:
        """Whoever the first word with a capital may be, and the capitals behind it."""
        for at in range(len(segment.tokens)):
            count = _capitals(segment.tokens, at, set())
            if count:
                name = " ".join(token.written for token in segment.tokens[at : at + count])
                return Person(name, "", None, at, at + count, 0.7)
        return None

    def full_name_in(self, segment: Segment, taken: set[int]) -> Person | None:
        """Somebody new with a first and a last name; ``taken`` are the tokens that mean something else."""
        at = 0
        while at < len(segment.tokens):
            count = _capitals(segment.tokens, at, taken)
            tokens = segment.tokens[at : at + count]
            if count > 1 and not any(_is("opening", token.folded) for token in tokens):
                return Person(" ".join(token.written for token in tokens), "", None, at, at + count, 0.8)
            at += 1 if count > 1 else max(1, count)
        return None

    def people(self, segment: Segment) -> list[Person]:
        """Return the people who may be set up, in the order of the words."""
        found = [*self._addressed(segment), *self._by_name(segment.tokens)]
        return sorted(found, key=lambda person: person.start)

    def _addressed(self, segment: Segment) -> Iterator[Person]:
        for at, token in enumerate(segment.tokens):
            place = _PLACE.fullmatch(token.folded)
            if place and int(place[1]) < len(self._addresses):
                found = self._addresses[int(place[1])]
                name = found.name or self._hinted(segment, found.address)
                person = Person(name, found.address, None, at, at + 1, 0.9, found.doubt)
                yield self._as_asked(person)

    def _as_asked(self, person: Person) -> Person:
        words = tuple(token.folded for token in tokens_of(person.name))
        for at, (known, one) in enumerate(zip(self._names, self.asked, strict=True)):
            same_address = bool(one.email) and canonical(one.email) == person.email
            if same_address or (words and (words == known or set(words) <= set(known))):
                return replace(person, asked=at, name=person.name or one.name)
        return person

    def _hinted(self, segment: Segment, address: str) -> str:
        """A name in the same sentence whose parts the address is made of."""
        local = folded(address.partition("@")[0])
        words = [token for token in tokens_of(segment.sentence.text) if token.written[0].isupper()]
        parts = {token.folded for token in tokens_of(local)}
        fitting = [
            token
            for token in words
            if token.folded in parts or (len(token.folded) >= _SLIPS_FROM and token.folded in local)
        ]
        return " ".join(token.written for token in fitting)

    def _by_name(self, tokens: Sequence[Token]) -> Iterator[Person]:
        at = 0
        while at < len(tokens):
            index, count, confidence = self._named_at(tokens, at)
            if index is not None:
                one = self.asked[index]
                yield Person(one.name, one.email, index, at, at + count, confidence)
            at += max(1, count)

    def _named_at(self, tokens: Sequence[Token], at: int) -> tuple[int | None, int, float]:
        for index, known in enumerate(self._names):
            if known and tuple(token.folded for token in tokens[at : at + len(known)]) == known:
                return index, len(known), 1.0
        word, written = tokens[at].folded, tokens[at].written
        fitting = [index for index, known in enumerate(self._names) if word in known]
        is_name = written[0].isupper() or len(tokens) <= _SHORT or at == 0
        if len(fitting) == 1 and len(word) > 1 and not _is("particle", word) and is_name:
            return fitting[0], self._rest_of_name(tokens, at, fitting[0]), 0.95
        if fitting or cue("verb").fullmatch(word):
            return None, 0, 0.0
        if len(word) < _SLIPS_FROM or word[-1] in "iy":
            short = [at for at, known in enumerate(self._names) if _is_nickname(word, written, known)]
            if len(short) == 1 or len(word) < _SLIPS_FROM:
                return (short[0], 1, 0.8) if len(short) == 1 else (None, 0, 0.0)
        near = [index for index, known in enumerate(self._names) if _is_near(word, written, known)]
        return (near[0], 1, 0.8) if len(near) == 1 else (None, 0, 0.0)

    def _rest_of_name(self, tokens: Sequence[Token], at: int, index: int) -> int:
        """How many words of the name are here, in whatever order."""
        count = 1
        while at + count < len(tokens) and tokens[at + count].folded in self._names[index]:
            count += 1
        return count

    def others(self, segment: Segment, taken: set[int], language: str) -> list[Other]:
        """Return who else is named; ``taken`` are the tokens that mean something else."""
        found, at = [], 0
        while at < len(segment.tokens):
            count = self._other_at(segment, at, taken, language)
            if count:
                acts = _is_verb(segment.tokens, at + count, language) or (at == 0 and segment.opens != "")
                name = " ".join(token.written for token in segment.tokens[at : at + count])
                found.append(Other(_without_title(name), at, at + count, acts))
            at += max(1, count)
        return found

    def _other_at(self, segment: Segment, at: int, taken: set[int], language: str) -> int:
        tokens, is_german = segment.tokens, language in {"de", ""}
        titled = _is("title", tokens[at].folded) and at + 1 < len(tokens) and (at + 1) not in taken
        if titled and tokens[at + 1].written[0].isupper():
            return 1 + max(1, _capitals(tokens, at + 1, taken))
        count = _capitals(tokens, at, taken)
        if not count:
            return 0
        is_first = at == 0 and (segment.opens != "" or segment.sign in {"(", "!"})
        before = tokens[at - 1].folded if at else ""
        if is_first or is_german:
            is_joined = is_german and at + count < len(tokens) and _is("joins", tokens[at + count].folded)
            does = _is_verb(tokens, at + count, language) and not is_joined
            return count if does or (count > 1 and not is_german) else 0
        return 0 if _is("before_place", before) else count


def _capitals(tokens: Sequence[Token], at: int, taken: set[int]) -> int:
    """How many words from here on look like a name."""
    count = 0
    while count < _MOST_NAMES and at + count < len(tokens) and (at + count) not in taken:
        token = tokens[at + count]
        is_name = token.written[0].isupper() and not (
            _is("no_name", token.folded) or _is("title", token.folded)
        )
        is_acronym = len(token.written) > 1 and token.written.isupper()
        if not (is_name and not is_acronym) and not (count and _is("particle", token.folded)):
            break
        count += 1
    while count and _is("particle", tokens[at + count - 1].folded):
        count -= 1
    return count


def _is(topic: str, word: str) -> bool:
    return bool(cue(topic).fullmatch(word))


def _is_verb(tokens: Sequence[Token], at: int, language: str) -> bool:
    if at >= len(tokens) or tokens[at].written == "à":
        return False
    return bool(cue("verb", language).fullmatch(tokens[at].folded))


def _is_near(word: str, written: str, known: Sequence[str]) -> bool:
    return written[0].isupper() and any(
        len(part) >= _SLIPS_FROM
        and (fuzz.ratio(word, part) >= _ALIKE or (part.startswith(word) and len(part) - len(word) > 1))
        for part in known
    )


def _is_nickname(word: str, written: str, known: Sequence[str]) -> bool:
    """Tell whether a word shortens a first name: Wes, Bea, Gaby; a small word that is none is not."""
    if not known or not _SHORTEST_NICKNAME <= len(word) < len(known[0]) or not written[0].isupper():
        return False
    stem = word.rstrip("iye") if len(word) > _SHORTEST_NICKNAME else word
    is_short = len(stem) >= _SHORTEST_NICKNAME and known[0].startswith(stem)
    return is_short and not _is("no_nickname", word) and not _is("no_name", word)


def _without_title(name: str) -> str:
    first, _blank, rest = name.partition(" ")
    return rest if _is("title", folded(first)) else name
