"""What each part of an answer says: who is named, which job roles, and what is refused or in doubt."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from portal.core.email_addresses import visible
from portal.replies.cues import cue, language_of
from portal.replies.facts import AskedPerson
from portal.replies.lines import is_quoted
from portal.replies.mentions import Namer, Other, Person
from portal.replies.phrases import pattern
from portal.replies.roles import ADMINISTRATOR, RoleFinder, RoleMention
from portal.replies.segments import Segment, segments_of
from portal.replies.signatures import without_signature
from portal.replies.tokens import Token, tokens_of

MOST_TEXT: Final = 10_000  # characters of an answer in which people are looked for

_GREETING: Final = re.compile(r"[^,!:.\n]{0,40}(?:[,!:.\n]|$)")
_NAME_LINE: Final = re.compile(r"[-\u2013\u2014]?\s*(?:[^\W\d_a-z][\w.'\u2019-]*\s*){1,4}[,.]?\s*")
_END_LINES: Final = 8
LIKELY: Final = 0.5  # of a job role that is more than a hint
_LONGEST_END: Final = 80  # characters of a line below a name
_ONLY_AGO: Final = 6  # words between "not" and what it refuses
_BEHIND: Final = 3
_WITH_NOT: Final = ("external_partner", "reports_only")  # "not staff" says something itself
_ALIKE: Final = 85.0
_SLIPS_FROM: Final = 6


@dataclass(frozen=True, slots=True)
class Role:
    """A job role at a place; one that is refused is not wanted."""

    key: str
    words: str
    start: int
    end: int
    confidence: float
    is_refused: bool


@dataclass(slots=True)
class Clause:
    """A part of a sentence, and all that was found in it."""

    segment: Segment
    language: str
    people: list[Person] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    administrator: str = ""  # "clear" words, the "alone" word, or none

    def says(self, topic: str) -> bool:
        """Tell whether a cue of this topic is in it."""
        return bool(self.segment.says(topic, self.language))

    @property
    def words(self) -> str:
        """Its words as cues are compared with them."""
        return self.segment.words

    @property
    def is_bare(self) -> bool:
        """Tell whether nothing but names is in it."""
        named = {at for person in self.people for at in range(person.start, person.end)}
        rest = [token.folded for at, token in enumerate(self.segment.tokens) if at not in named]
        return bool(self.people) and all(
            cue("joins").fullmatch(word) or cue("filler").fullmatch(word) for word in rest
        )

    def refuses_only(self, person: Person) -> bool:
        """Tell whether the person's name and "not" are all that it says."""
        named = range(person.start, person.end)
        rest = [token.folded for at, token in enumerate(self.segment.tokens) if at not in named]
        return bool(_negations(self.segment, self.language)) and all(
            cue("not").fullmatch(word) or cue("filler").fullmatch(word) for word in rest
        )

    def without_negation(self) -> bool:
        """Tell whether nothing is refused in it."""
        return self.administrator != "refused" and not _negations(self.segment, self.language)


class Clauses:
    """Reads an answer part by part."""

    def __init__(self, answer: str, asked: Sequence[AskedPerson], finder: RoleFinder) -> None:
        text = visible(answer[:MOST_TEXT])
        body = without_signature(text)[0] or text.strip().partition("\n")[2]  # a farewell may be the greeting
        self.namer = Namer(asked, _without_end(_without_greeting(body), asked))
        self.language = language_of(tokens_of(self.namer.text))
        self._finder = finder

    def __iter__(self) -> Iterator[Clause]:
        for segment in segments_of(self.namer.text):
            yield self._read(segment)

    def _read(self, segment: Segment) -> Clause:
        clause = Clause(segment, self.language, people=self.namer.people(segment))
        named = {at for person in clause.people for at in range(person.start, person.end)}
        mentions = [
            one
            for one in self._finder.everything(segment.tokens)
            if not named & set(range(one.start, one.end)) and not _is_looked_at(one, segment, self.language)
        ]
        taken = named | {
            at for one in mentions for at in range(one.start, one.end) if one.confidence > LIKELY
        }
        clause.others = self.namer.others(segment, taken, self.language)
        negations = [
            (start, end)
            for start, end in _negations(segment, self.language)
            if not any(one.key in _WITH_NOT and one.start <= start < one.end for one in mentions)
        ]
        clause.roles = [_role(mention, segment, negations, mentions) for mention in mentions]
        clause.administrator = self._administrator(clause, named)
        return clause

    def _administrator(self, clause: Clause, named: set[int]) -> str:
        if ADMINISTRATOR not in self._finder.keys:
            return ""
        is_refused = bool(_negations(clause.segment, self.language))
        sentence = clause.segment.sentence.words
        is_whole = clause.says("all_rights") and cue("administers", self.language).search(sentence)
        if (
            is_whole
            or clause.segment.says("administrator")
            or (is_refused and clause.segment.says("administrator_alone"))
        ):
            return "refused" if is_refused else "clear"
        rest = [token for at, token in enumerate(clause.segment.tokens) if at not in named]
        words = [token.folded for token in rest if not cue("filler").fullmatch(token.folded)]
        return "alone" if len(words) == 1 and _is_administrator(words[0]) else ""


def _is_administrator(word: str) -> bool:
    known = (
        "administrator",
        "administrateur",
        "administratrice",
        "administrador",
        "administradora",
        "beheerder",
    )
    is_near = (
        len(word) > _SLIPS_FROM
        and word[-3:] != "ion"
        and any(fuzz.ratio(word, one) >= _ALIKE for one in known)
    )
    return bool(cue("administrator_alone").fullmatch(word)) or (
        is_near and not word.startswith("administrati")
    )


def _negations(segment: Segment, language: str) -> list[tuple[int, int]]:
    """The tokens that refuse something, without those that only sound like it."""
    words = segment.words
    polite = [found.span() for found in cue("polite", language).finditer(words)]
    polite += [found.span() for found in cue("no_change", language).finditer(words)]
    return [
        segment.places(found)
        for found in cue("not", language).finditer(words)
        if not any(start <= found.start() < end for start, end in polite)
    ]


def _role(
    mention: RoleMention, segment: Segment, negations: list[tuple[int, int]], mentions: Sequence[RoleMention]
) -> Role:
    before = any(0 <= mention.start - end <= _ONLY_AGO for _start, end in negations)
    last = not any(one.start >= mention.end for one in mentions)
    behind = last and any(0 <= start - mention.end <= _BEHIND for start, _end in negations)
    words = " ".join(token.written for token in segment.tokens[mention.start : mention.end])
    return Role(mention.key, words, mention.start, mention.end, mention.confidence, before or behind)


def _is_looked_at(mention: RoleMention, segment: Segment, language: str) -> bool:
    """Tell whether sales are what somebody looks at: "sales reports", "reportes de ventas"."""
    if mention.key != "sales_rep":
        return False
    words = segment.words.split(" ")
    before = [word for word in words[: mention.start] if not cue("particle").fullmatch(word)]
    around = before[-1:] + words[mention.end : mention.end + 1]
    return any(cue("figures", language).fullmatch(word) for word in around)


def _without_greeting(text: str) -> str:
    start = len(text) - len(text.lstrip())
    greeted = pattern("greeting").match(text, start)
    end = _GREETING.match(text, greeted.end()) if greeted else None
    return text[end.end() :] if end and not _says_more(end.group()) else text


def _says_more(greeted: str) -> bool:
    """Tell whether more than a name stands behind a greeting: "Merci de supprimer Paul, ..."."""
    words = [token.folded for token in tokens_of(greeted)]
    says = [word for word in words if not cue("joins").fullmatch(word)]
    return any(cue("verb").fullmatch(word) or cue("remove").fullmatch(word) for word in says)


def _without_end(text: str, asked: Sequence[AskedPerson]) -> str:
    """The text without a name and what stands below it, where the letter ends so without a farewell."""
    lines = text.rstrip().split("\n")
    known = {token.folded for one in asked for token in tokens_of(one.name)}
    for at in range(max(1, len(lines) - _END_LINES), len(lines)):
        if lines[at - 1].strip() and not lines[at].startswith("-"):
            continue
        tokens = tokens_of(lines[at])
        if (
            _NAME_LINE.fullmatch(lines[at])
            and not _are_known(tokens, known)
            and _ends_here(lines[at:], known)
        ):
            return "\n".join(lines[:at])
    return text


def _are_known(tokens: Sequence[Token], known: set[str]) -> bool:
    return any(token.folded in known for token in tokens)


def _ends_here(lines: Sequence[str], known: set[str]) -> bool:
    """Tell whether nobody asked about is named any more, and nothing but short lines is left."""
    return all(
        not is_quoted(line) and not _are_known(tokens_of(line), known) and len(line) <= _LONGEST_END
        for line in lines
    )
