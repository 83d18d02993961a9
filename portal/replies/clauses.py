"""What a client says, clause by clause: who is named in each, with which job roles, and what is refused."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rapidfuzz import fuzz

from portal.core.email_addresses import Doubt, canonical, find_addresses, visible
from portal.replies.facts import AskedPerson
from portal.replies.lines import is_quoted
from portal.replies.phrases import pattern
from portal.replies.roles import RoleFinder, RoleMention
from portal.replies.signatures import without_signature
from portal.replies.tokens import Token, folded, tokens_of

MOST_TEXT: Final = 10_000  # characters of an answer in which people are looked for

_LONGEST: Final = 1000  # characters of a clause; nobody says more in one
_SENTENCE: Final = re.compile(r"(?<=[^\d\s][.!?;])\s+")
_NAME: Final = r"[^\W\d_][\w'\u2019.-]{0,30}"
_LISTED: Final = re.compile(
    rf"\s*(?:[-*•·+]|\(?\d{{1,2}}[.)])?\s*(?P<name>{_NAME}(?:\s+{_NAME}){{0,3}}?)\s*"
    r"(?:[<(\[][^<>()\[\]\n]{1,254}[>)\]]\s*)?(?:[:=|\t]|\s[-/]\s?|\s?[\u2013\u2014\u2192]|->|=>|,\s)"
)
_GREETING: Final = re.compile(r"[^,!:.\n]{0,40}(?:[,!:.\n]|$)")
_ALIKE: Final = 84.0  # of 100, for names with a slip
_SLIPS_FROM: Final = 4


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a place in a clause; ``asked`` counts into the people asked about."""

    name: str
    email: str
    asked: int | None
    start: int
    end: int
    confidence: float
    is_refused: bool = False
    doubt: Doubt | None = None  # of the address

    @property
    def key(self) -> str:
        """What tells this person from others."""
        return str(self.asked) if self.asked is not None else (self.email or folded(self.name))


@dataclass(frozen=True, slots=True)
class Role:
    """A job role at a place in a clause; one that is refused is not wanted."""

    key: str
    words: str
    start: int
    confidence: float
    is_refused: bool


@dataclass(slots=True)
class Clause:
    """A sentence or an item of a list."""

    text: str
    people: list[Person] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    refused_at: int | None = None
    is_listed: bool = False
    _said: dict[str, bool] = field(default_factory=dict)

    @property
    def is_question(self) -> bool:
        """Tell whether it asks instead of saying."""
        return self.text.rstrip().endswith("?")

    def says(self, topic: str) -> bool:
        """Tell whether a phrase of this topic is in it."""
        if topic not in self._said:
            self._said[topic] = bool(pattern(topic).search(self.text))
        return self._said[topic]


def clauses_of(answer: str, asked: Sequence[AskedPerson], finder: RoleFinder) -> Iterator[Clause]:
    """Read an answer clause by clause; an empty one stands where a line is left empty."""
    reader = _Reader(asked, finder)
    body, _signature = without_signature(visible(answer[:MOST_TEXT]))
    for line in _without_greeting(body).split("\n"):
        if not is_quoted(line):
            yield from (reader.read(text[:_LONGEST]) for text in _SENTENCE.split(line.strip()))


def _without_greeting(text: str) -> str:
    start = len(text) - len(text.lstrip())
    greeted = pattern("greeting").match(text, start)
    end = _GREETING.match(text, greeted.end()) if greeted else None
    return text[end.end() :] if end else text


class _Reader:
    """Knows who was asked about and what job roles are called."""

    def __init__(self, asked: Sequence[AskedPerson], finder: RoleFinder) -> None:
        self._asked = [(tuple(token.folded for token in tokens_of(one.name)), one) for one in asked]
        self._finder = finder

    def read(self, text: str) -> Clause:
        """Return what one clause says."""
        clause = Clause(text)
        tokens = tokens_of(text)
        mentions = self._finder.mentions(tokens)
        self._add_addressed(clause)
        self._add_asked(clause, tokens)
        self._add_listed(clause, tokens, mentions)
        self._add_replacing(clause, tokens, mentions)
        if not clause.people:
            self._add_meant(clause)
        clause.people = [
            _refused(person, text) for person in sorted(clause.people, key=lambda one: one.start)
        ]
        clause.roles = [
            _role(mention, tokens, text)
            for mention in mentions
            if not _within(mention, tokens, clause.people)
        ]
        refused = pattern("declined").search(text)
        clause.refused_at = refused.start() if refused else None
        return clause

    def _add_addressed(self, clause: Clause) -> None:
        """People with their addresses, known or new."""
        for found in find_addresses(clause.text):
            asked = self._index(found.name, found.address)
            name = found.name or (self._asked[asked][1].name if asked is not None else "")
            clause.people.append(
                Person(name, found.address, asked, found.start, found.end, 0.9, doubt=found.doubt)
            )

    def _index(self, name: str, email: str) -> int | None:
        words = tuple(token.folded for token in tokens_of(name))
        for at, (known, one) in enumerate(self._asked):
            if (one.email and canonical(one.email) == email) or (words and words == known):
                return at
        return None

    def _add_asked(self, clause: Clause, tokens: Sequence[Token]) -> None:
        """People asked about, by their whole name or a part that only one of them has."""
        at = 0
        while at < len(tokens):
            found = self._named_at(tokens, at)
            if found is None:
                at += 1
                continue
            index, count, confidence = found
            start, end = tokens[at].start, tokens[at + count - 1].end
            if not any(person.start <= start < person.end for person in clause.people):
                one = self._asked[index][1]
                clause.people.append(Person(one.name, one.email, index, start, end, confidence))
            at += count

    def _named_at(self, tokens: Sequence[Token], at: int) -> tuple[int, int, float] | None:
        for index, (known, _) in enumerate(self._asked):
            if known and tuple(token.folded for token in tokens[at : at + len(known)]) == known:
                return index, len(known), 1.0
        word = tokens[at].folded
        fitting = [index for index, (known, _) in enumerate(self._asked) if word in known]
        if (
            len(fitting) == 1
            and len(word) > 1
            and tokens[at].written[0].isupper() | (len(tokens) < _SLIPS_FROM)
        ):
            return fitting[0], self._rest_of_name(tokens, at, fitting[0]), 0.95
        near = [
            index
            for index, (known, _) in enumerate(self._asked)
            if len(word) >= _SLIPS_FROM
            and any(len(part) >= _SLIPS_FROM and fuzz.ratio(word, part) >= _ALIKE for part in known)
        ]
        return (near[0], 1, 0.75) if len(near) == 1 and not fitting else None

    def _rest_of_name(self, tokens: Sequence[Token], at: int, index: int) -> int:
        """How many words of the name stand here, in whatever order."""
        count = 1
        while at + count < len(tokens) and tokens[at + count].folded in self._asked[index][0]:
            count += 1
        return count

    def _add_listed(self, clause: Clause, tokens: Sequence[Token], mentions: Sequence[RoleMention]) -> None:
        """Somebody new at the head of a list's item: "Carla Gomez - marketing"."""
        found = _LISTED.match(clause.text)
        if not found:
            return
        start, end = found.span("name")
        clause.is_listed = any(person.start <= end and start <= person.end for person in clause.people)
        name = found.group("name")
        is_name = (
            name[0].isupper()
            and not any(tokens[one.start].start < end for one in mentions)
            and not any(pattern(topic).search(name) for topic in ("declined", "everybody", "pronoun"))
        )
        says = mentions or pattern("declined").search(clause.text, end)
        if is_name and says and not clause.is_listed and not clause.people:
            clause.people.append(Person(name.strip(), "", None, start, end, 0.75))
            clause.is_listed = True

    def _add_replacing(
        self, clause: Clause, tokens: Sequence[Token], mentions: Sequence[RoleMention]
    ) -> None:
        """Somebody new beside a word such as "instead"."""
        for found in pattern("instead").finditer(clause.text):
            near = [token for token in tokens if token.end <= found.start()][-2:] + [
                token for token in tokens if token.start >= found.end()
            ][:3]
            for token in near:
                taken = any(person.start <= token.start < person.end for person in clause.people)
                is_role = any(
                    tokens[one.start].start <= token.start < tokens[one.end - 1].end for one in mentions
                )
                if token.written[0].isupper() and token.start and not taken and not is_role:
                    clause.people.append(Person(token.written, "", None, token.start, token.end, 0.65))
                    return

    def _add_meant(self, clause: Clause) -> None:
        """Everybody, or the one who must be meant where one was asked about."""
        found = pattern("everybody").search(clause.text)
        chosen = range(len(self._asked)) if found else ()
        if len(self._asked) == 1 and not found:
            found = pattern("pronoun").search(clause.text)
            chosen = range(1) if found else ()
        for index in chosen:
            one = self._asked[index][1]
            place = found.span() if found else (0, 0)
            clause.people.append(Person(one.name, one.email, index, *place, 0.8))


def _refused(person: Person, text: str) -> Person:
    """Where "not" stands just before the name, it refuses this person."""
    before = text[max(0, person.start - 12) : person.start]
    found = list(pattern("not").finditer(before))
    is_refused = bool(found) and not tokens_of(before[found[-1].end() :])
    return replace(person, is_refused=is_refused)


def _role(mention: RoleMention, tokens: Sequence[Token], text: str) -> Role:
    start, end = tokens[mention.start].start, tokens[mention.end - 1].end
    before = text[max(0, start - 14) : start]
    found = list(pattern("not").finditer(before))
    is_refused = bool(found) and len(tokens_of(before[found[-1].end() :])) <= 1
    return Role(mention.key, text[start:end], start, mention.confidence, is_refused)


def _within(mention: RoleMention, tokens: Sequence[Token], people: Sequence[Person]) -> bool:
    start = tokens[mention.start].start
    return any(person.name and person.start <= start < person.end for person in people)
