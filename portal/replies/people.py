"""Who is to get what: people and job roles found in an answer, each with its words and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from portal.replies.clauses import Clause, Clauses
from portal.replies.collecting import Collector
from portal.replies.cues import cue
from portal.replies.deciding import found_person
from portal.replies.facts import Found, FoundJobRole, FoundPerson, Question, Wish
from portal.replies.refusals import refused_at
from portal.replies.removals import removed_in
from portal.replies.roles import RoleFinder

_MOST_WORDS: Final = 300  # characters that are shown of a sentence
_REFUSED: Final = 0.8
_MOST_PEOPLE: Final = 50
_SHORT: Final = 3  # parts of sentences
_UNNAMED: Final = 0.85
_TANGLES: Final = (
    "past",
    "correction",
    "handed_on",
    "question",
    "boss",
    "maybe",
    "somebody_else",
    "remove",
    "sounds_like_admin",
)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found."""

    people: tuple[FoundPerson, ...] = ()
    job_roles: tuple[FoundJobRole, ...] = ()
    nobody: Found | None = None
    also_remove: tuple[str, ...] = ()
    first_day: date | None = None


def find_people(answer: str, question: Question, on: date | None = None) -> Findings:
    """Return who and what an answer names; nothing of it is surer than ``MOST_CONFIDENCE``.

    ``on`` is the day of the mail, which days named in it are counted from.
    """
    clauses = Clauses(answer, question.asked, RoleFinder(question.job_roles))
    collector = Collector(question, clauses.namer, on)
    read = list(clauses)
    for at, clause in enumerate(read):
        collector.add(clause, read[at + 1] if at + 1 < len(read) else None)
    found = (found_person(one) for one in collector.people()[:_MOST_PEOPLE])
    is_tangled = any(_is_tangled(clause) for clause in read)
    people = tuple(
        replace(one, words=clauses.namer.restored(one.words), needs_a_look=one.needs_a_look or is_tangled)
        for one in found
    )
    removed = removed_in(read, question.asked)
    return Findings(
        people, tuple(collector.loose.values()), _nobody(read, people), removed, collector.first_day
    )


def _is_tangled(clause: Clause) -> bool:
    """Tell whether it speaks of somebody else, of another time, or of who is to decide."""
    return bool(clause.others) or any(clause.says(topic) for topic in _TANGLES)


def _nobody(clauses: Sequence[Clause], people: Sequence[FoundPerson]) -> Found | None:
    """The words that decline for everybody, where nobody is to get anything."""
    if any(person.wish is not Wish.NO_ACCESS for person in people):
        return None
    for clause in clauses:
        text, words = clause.segment.sentence.text, clause.segment.sentence.words
        if clause.segment.sentence.is_question or cue("maybe").search(words):
            continue
        if cue("nobody").search(words) and not cue("nobody_else").search(words) and not clause.others:
            return Found(text.strip()[:_MOST_WORDS], _REFUSED)
    if not people and len(clauses) <= _SHORT and not any(clause.roles or clause.others for clause in clauses):
        for clause in clauses:
            if refused_at(clause) == 0:
                return Found(clause.segment.sentence.text.strip()[:_MOST_WORDS], _REFUSED * _UNNAMED)
    return None
