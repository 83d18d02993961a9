"""What is wanted for one person, out of all that an answer says of them: nothing, rather than a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portal.replies.clauses import Clause, Role
from portal.replies.cues import cue
from portal.replies.dates import NamedDay
from portal.replies.facts import MOST_CONFIDENCE, FoundJobRole, FoundPerson, Wish
from portal.replies.mentions import Person
from portal.replies.roles import ADMINISTRATOR

_MOST_WORDS: Final = 300  # characters that are shown of a sentence
_LIKELY: Final = 0.5
_CLEAR: Final = 0.75
_ONLY_LOOKS: Final = 0.8
_ADMINISTRATOR: Final = 0.7
_REFUSED: Final = 0.7
_HINDERS: Final = (  # Administrator, anywhere in the sentence
    "not",
    "maybe",
    "past",
    "boss",
    "somebody_else",
    "ask",
    "same_as",
    "me",
    "question",
    "stays",
    "asks_for",
)
_GAP: Final = 0.08  # between the surest job role and the next
_RIVAL: Final = 0.7  # as sure, a second one contradicts
_SALES: Final = ("sales_rep", "sales_manager")


@dataclass(slots=True)
class Evidence:
    """What is said of one person, collected over the answer."""

    person: Person
    words: list[str] = field(default_factory=list)
    roles: dict[str, FoundJobRole] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    is_refused: bool = False
    confidence: float = 0.0
    instead_of: int | None = None
    needs_a_look: bool = False
    first_day: date | None = None
    is_added: bool = False  # somebody new who is clearly to be set up

    @property
    def is_worth_showing(self) -> bool:
        """Tell whether something was said; of somebody new, that they are to be set up."""
        if self.person.asked is None:
            return bool(self.roles) or self.is_added
        return bool(self.words) or self.first_day is not None

    def take(self, clause: Clause, roles: Sequence[Role], *, is_doubtful: bool, has_others: bool) -> None:
        """Take what a part of a sentence says of this person."""
        sentence = clause.segment.sentence
        is_past = clause.says("past") and not clause.says("now")
        if clause.says("correction"):
            self.refused |= set(self.roles)
            self.roles.clear()
            self.needs_a_look = True
            self.show(clause)
        if roles or clause.says("same_as") or clause.administrator or clause.segment.is_item:
            self.show(clause)
        asks = sentence.is_question and not cue("request").search(sentence.words)
        self.needs_a_look |= is_doubtful or has_others or is_past or sentence.is_question
        self.needs_a_look |= bool(clause.says("all_rights"))
        if clause.says("taken_off"):
            self.needs_a_look |= bool(roles)
            return
        if asks or is_doubtful or is_past or cue("question").search(sentence.words):
            return
        for role in roles:
            self._take_role(role, clause)
        self._take_looks(clause)
        if clause.administrator:
            self._take_administrator(clause, has_others=has_others)

    def _take_role(self, role: Role, clause: Clause) -> None:
        if role.is_refused:
            self.refused.add(role.key)
            self.needs_a_look = True
        elif not (role.key == "sales_manager" and _is_of_boss(role, clause)):
            self.refused.discard(role.key)
            self._add(role.key, role.words, role.confidence)

    def _add(self, key: str, words: str, confidence: float) -> None:
        """Two different words for one job role make each other surer."""
        sure = confidence * self.confidence
        known = self.roles.get(key)
        if known and known.words.casefold() != words.casefold():
            sure = max(sure, known.confidence, min(MOST_CONFIDENCE, 1 - (1 - sure) * (1 - known.confidence)))
            if confidence < _CLEAR:
                sure = min(max(sure, known.confidence), max(0.7, known.confidence))
        elif known:
            sure = max(sure, known.confidence)
        self.roles[key] = FoundJobRole(key, words, round(min(MOST_CONFIDENCE, sure), 2))

    def _take_looks(self, clause: Clause) -> None:
        """To look, and nothing beyond it."""
        segment = clause.segment
        looks = segment.says("look", clause.language)
        only = segment.says("only", clause.language)
        changes_nothing = segment.says("no_change", clause.language)
        owns = segment.says("own", clause.language)
        if self.is_refused and not looks:
            return
        if (looks and only and not owns) or changes_nothing:
            self._add("reports_only", (looks or changes_nothing or only).group(), _ONLY_LOOKS)  # type: ignore[union-attr]
            self.show(clause)

    def _take_administrator(self, clause: Clause, *, has_others: bool) -> None:
        """Only unmistakable words, of nobody else, with no "not" or "if" near them."""
        sentence = clause.segment.sentence.words
        is_safe = clause.without_negation() and not has_others and not clause.others
        hindered = [
            topic
            for topic in _HINDERS
            if cue(topic, clause.language).search(_without_polite(sentence, clause.language))
        ]
        if not is_safe or hindered:
            self.refused.add(ADMINISTRATOR)
            self.needs_a_look = True
            return
        self.roles[ADMINISTRATOR] = FoundJobRole(ADMINISTRATOR, clause.segment.text[:100], _ADMINISTRATOR)
        self.needs_a_look = True

    def take_start(self, named: NamedDay) -> None:
        """Take the first day that is named; one that could be read two ways is left to whoever looks."""
        if named.is_doubtful:
            self.needs_a_look = True
        else:
            self.first_day = self.first_day or named.day

    def refuse(self, clause: Clause) -> None:
        """Take that this person is to get no access."""
        self.is_refused = True
        self.confidence = max(self.confidence, 0.9)
        self.show(clause)

    def show(self, clause: Clause) -> None:
        """Keep the words that say something of this person."""
        text = clause.segment.sentence.text.strip()[:_MOST_WORDS]
        if text not in self.words:
            self.words.append(text)


def _without_polite(words: str, language: str) -> str:
    return cue("polite", language).sub(" ", words)


def _is_of_boss(role: Role, clause: Clause) -> bool:
    """Tell whether the one who leads is somebody whom this person works for."""
    before = " ".join(clause.words.split(" ")[: role.start])
    return bool(cue("boss", clause.language).search(before))


def _resolved(evidence: Evidence) -> tuple[list[FoundJobRole], bool]:
    """The job roles, surest first, and whether they contradict each other."""
    roles = {key: role for key, role in evidence.roles.items() if key not in evidence.refused}
    found = sorted(roles.values(), key=lambda role: -role.confidence)
    likely = {role.key: role for role in found if role.confidence >= _LIKELY}
    if len(likely) <= 1:
        return found, False
    if ADMINISTRATOR in likely:
        return found, True
    for key in likely:
        if _outweighs(key, likely):
            return sorted(found, key=lambda role: (role.key != key, -role.confidence)), False
    best, second = found[:2]
    return found, best.confidence - second.confidence < _GAP or second.confidence >= _RIVAL


def _outweighs(key: str, likely: Mapping[str, FoundJobRole]) -> bool:
    """Tell whether a job role goes with words of the others, as whoever leads sales sells too."""
    others = [role for other, role in likely.items() if other != key]
    if likely[key].confidence < _RIVAL:
        return False
    if key == "reports_only":
        return all(role.key in _SALES and role.confidence < _RIVAL for role in others)
    fits = {role.key for role in others} <= {"sales_rep", "reports_only"}
    return key == "external_partner" or (key == "sales_manager" and fits)


def found_person(evidence: Evidence) -> FoundPerson:
    """Return what is wanted; no job role and no refusal where that is not clear."""
    roles, is_torn = _resolved(evidence)
    wish = Wish.UNCLEAR
    if roles and not is_torn and not evidence.is_refused:
        wish = Wish.ACCESS
    elif evidence.is_refused and not roles:
        wish = Wish.NO_ACCESS
    sure = {
        Wish.ACCESS: roles[0].confidence if roles else 0.0,
        Wish.NO_ACCESS: _REFUSED * evidence.confidence,
    }
    person = evidence.person
    return FoundPerson(
        name=person.name,
        email=person.email,
        wish=wish,
        job_roles=tuple(roles),
        words="\n".join(evidence.words),
        confidence=round(min(MOST_CONFIDENCE, sure.get(wish, _LIKELY * evidence.confidence)), 2),
        asked=person.asked,
        instead_of=evidence.instead_of,
        needs_a_look=evidence.needs_a_look
        or person.doubt is not None
        or wish is Wish.UNCLEAR
        or len([role for role in roles if role.confidence >= _LIKELY]) > 1
        or evidence.instead_of is not None
        or (person.asked is None and not person.email),
        doubt=person.doubt,
        first_day=evidence.first_day,
    )
