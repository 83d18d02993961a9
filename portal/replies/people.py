"""Who is to get what: people and job roles found in an answer, each with its words and how sure that is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from portal.replies.clauses import Clause, Person, Role, clauses_of
from portal.replies.facts import (
    MOST_CONFIDENCE,
    Found,
    FoundJobRole,
    FoundPerson,
    Question,
    Wish,
)
from portal.replies.roles import RoleFinder

_MOST_WORDS: Final = 300  # characters that are shown of a clause
_REFUSED: Final = 0.8
_FROM_LINE_ABOVE: Final = 0.85
_ASKED_FOR: Final = 0.5
_FOR: Final = re.compile(r"\b(?:for|für|pour|voor|para|à|aan|to)\s+(?:\w+\s+)?$", re.IGNORECASE)
_NOBODY_ELSE: Final = re.compile(r"\b(?:else|sonst|d.autre|anders|más|mehr|other)\b", re.IGNORECASE)
_MOST_PEOPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found."""

    people: tuple[FoundPerson, ...] = ()
    job_roles: tuple[FoundJobRole, ...] = ()
    nobody: Found | None = None


@dataclass(slots=True)
class _Wanted:
    """What is said of one person, collected over the mail."""

    person: Person
    words: list[str] = field(default_factory=list)
    roles: dict[str, FoundJobRole] = field(default_factory=dict)
    is_refused: bool = False
    confidence: float = 0.0
    instead_of: int | None = None
    needs_a_look: bool = False


def find_people(answer: str, question: Question) -> Findings:
    """Return who and what an answer names; nothing of it is surer than ``MOST_CONFIDENCE``."""
    collector = _Collector(asked_about_one=len(question.asked) == 1, question=question)
    clauses = list(clauses_of(answer, question.asked, RoleFinder(question.job_roles)))
    for clause in clauses:
        collector.add(clause)
    people = tuple(_found(wanted) for wanted in collector.people()[:_MOST_PEOPLE])
    return Findings(people, tuple(collector.loose.values()), _nobody(clauses, people))


class _Collector:
    """Takes clauses in their order; a name alone on its line goes for the lines below it."""

    def __init__(self, *, asked_about_one: bool, question: Question) -> None:
        self._asked_about_one = asked_about_one
        self._asked = question.asked
        self._wanted: dict[str, _Wanted] = {}
        self._above: list[Person] = []
        self.loose: dict[str, FoundJobRole] = {}

    def people(self) -> list[_Wanted]:
        """Those of whom something was said."""
        return [one for one in self._wanted.values() if one.words]

    def add(self, clause: Clause) -> None:
        """Take one clause."""
        if not clause.text.strip():
            self._above = []
        elif clause.people:
            self._of_people(clause)
        elif clause.roles or clause.refused_at is not None:
            self._of_somebody(clause)

    def _of_people(self, clause: Clause) -> None:
        says_little = not clause.roles and clause.refused_at is None
        replaced = _replaced(clause)
        for group, roles, is_refused in _groups(clause):
            for person in group:
                is_out = person.is_refused or (replaced is not None and person.asked == replaced)
                self._say(person, clause, () if is_out else roles, is_refused=is_refused or is_out)
                if replaced is not None and person.asked is None:
                    self._wanted[person.key].instead_of = replaced
        self._above = clause.people if says_little else []

    def _of_somebody(self, clause: Clause) -> None:
        """Something is said, and of whom stands above it or goes without saying."""
        people = self._above
        if not people and self._asked_about_one:
            one = self._asked[0]
            people = [Person(one.name, one.email, 0, 0, 0, 1.0)]
        for person in people:
            weaker = replace(person, confidence=person.confidence * _FROM_LINE_ABOVE)
            self._say(weaker, clause, clause.roles, is_refused=clause.refused_at is not None)
        for role in clause.roles if not people else ():
            if not role.is_refused:
                self.loose.setdefault(role.key, _job_role(role, 1.0, clause))

    def _say(self, person: Person, clause: Clause, roles: Sequence[Role], *, is_refused: bool) -> None:
        wanted = self._wanted.setdefault(person.key, _Wanted(person))
        is_unclear = clause.says("same_as") or clause.says("instead")
        if not (
            roles or is_refused or is_unclear or clause.is_listed or (person.asked is None and person.email)
        ):
            return
        wanted.words.append(clause.text.strip()[:_MOST_WORDS])
        wanted.is_refused = wanted.is_refused or is_refused
        wanted.confidence = max(wanted.confidence, person.confidence)
        wanted.needs_a_look |= is_unclear or clause.is_question or any(role.is_refused for role in roles)
        for role in roles:
            if not role.is_refused:
                found = _job_role(role, person.confidence, clause)
                known = wanted.roles.get(role.key, found)
                wanted.roles[role.key] = max(known, found, key=lambda one: one.confidence)


def _replaced(clause: Clause) -> int | None:
    """The one asked about whose place somebody new takes, where a clause says so of one."""
    known = {person.asked for person in clause.people if person.asked is not None}
    has_new = any(person.asked is None for person in clause.people)
    return known.pop() if len(known) == 1 and has_new and clause.says("instead") else None


def _groups(clause: Clause) -> Iterable[tuple[list[Person], list[Role], bool]]:
    """People who are named together, with what is said of them: behind their names, or before "for"."""
    events = _events(clause)
    first = next(at for at, event in enumerate(events) if isinstance(event, Person))
    is_for = bool(first) and bool(_FOR.search(clause.text[: clause.people[0].start]))
    groups: list[tuple[list[Person], list[Role | None]]] = [([], [])]
    for event in events:
        people, said = groups[-1]
        if isinstance(event, Person):
            if people and said and not is_for:
                groups.append(([event], []))
            else:
                people.append(event)
        elif is_for and people:
            groups.append(([], [event]))
        else:
            said.append(event)
    for people, said in groups:
        yield people, [one for one in said if one is not None], None in said


def _events(clause: Clause) -> list[Person | Role | None]:
    """People and job roles in the order of the words; None stands where something is refused."""
    placed: list[tuple[int, Person | Role | None]] = [(one.start, one) for one in clause.people]
    placed += [(one.start, one) for one in clause.roles]
    if clause.refused_at is not None:
        placed.append((clause.refused_at, None))
    return [event for _, event in sorted(placed, key=lambda pair: pair[0])]


def _job_role(role: Role, factor: float, clause: Clause) -> FoundJobRole:
    doubt = _ASKED_FOR if clause.is_question else 1.0
    return FoundJobRole(
        role.key, role.words, round(min(MOST_CONFIDENCE, role.confidence * factor * doubt), 2)
    )


def _found(wanted: _Wanted) -> FoundPerson:
    roles = tuple(sorted(wanted.roles.values(), key=lambda one: -one.confidence))
    is_torn = bool(roles) and wanted.is_refused
    wish = Wish.UNCLEAR
    if roles and not is_torn:
        wish = Wish.ACCESS
    elif wanted.is_refused and not roles:
        wish = Wish.NO_ACCESS
    sure = {Wish.ACCESS: roles[0].confidence if roles else 0.0, Wish.NO_ACCESS: _REFUSED * wanted.confidence}
    person = wanted.person
    return FoundPerson(
        name=person.name,
        email=person.email,
        wish=wish,
        job_roles=roles,
        words="\n".join(dict.fromkeys(wanted.words)),
        confidence=round(min(MOST_CONFIDENCE, sure.get(wish, _ASKED_FOR * wanted.confidence)), 2),
        asked=person.asked,
        instead_of=wanted.instead_of,
        needs_a_look=wanted.needs_a_look
        or wish is Wish.UNCLEAR
        or len(roles) > 1
        or wanted.instead_of is not None
        or person.doubt is not None,
        doubt=person.doubt,
    )


def _nobody(clauses: Sequence[Clause], people: Sequence[FoundPerson]) -> Found | None:
    """The words that decline for everybody, where nobody is to get anything."""
    if any(person.wish is not Wish.NO_ACCESS for person in people):
        return None
    for clause in clauses:
        if clause.says("nobody") and not _NOBODY_ELSE.search(clause.text):
            return Found(clause.text.strip()[:_MOST_WORDS], _REFUSED)
    unnamed = [one for one in clauses if one.refused_at is not None and not one.people and not one.roles]
    if unnamed and not people:
        return Found(unnamed[0].text.strip()[:_MOST_WORDS], _REFUSED * _FROM_LINE_ABOVE)
    return None
