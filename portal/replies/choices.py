"""What is filled in for a person before anybody looks: a job role, no access, or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from portal.replies.facts import FoundJobRole, FoundPerson, Reading, Wish

IS_LIKELY: Final = 0.5  # below that nothing is filled in
IS_CLEAR: Final = 0.75  # of a confidence that never goes above 0.9: what free text says is looked at
_ADMINISTRATOR: Final = "administrator"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is filled in: the key of a job role, or no access, or neither where the reply does not say."""

    job_role: str | None = None
    is_refused: bool = False
    words: str = ""
    is_clear: bool = False  # what is not needs a look
    first_day: date | None = None


def choice_for(reading: Reading, place: int) -> Choice:
    """Return what is filled in for somebody who was asked about."""
    found = surest(person for person in reading.people if person.asked == place)
    if found is not None and (found.wish is not Wish.UNCLEAR or found.words):
        return choice_of(found, reading.first_day)
    first_day = (found.first_day if found else None) or reading.first_day
    replaced = next((person for person in reading.people if person.instead_of == place), None)
    if replaced is not None:
        return Choice(is_refused=True, words=replaced.words)
    if reading.nobody is not None:
        is_clear = reading.nobody.confidence >= IS_CLEAR
        return Choice(is_refused=True, words=reading.nobody.words, is_clear=is_clear)
    if len(reading.job_roles) == 1 and not any(person.words for person in reading.people):
        (role,) = reading.job_roles
        if role.confidence >= IS_LIKELY:
            return Choice(role.key, words=role.words, first_day=first_day)
    return Choice(first_day=first_day)


def choice_of(found: FoundPerson, first_day: date | None = None) -> Choice:
    """Return what is filled in for somebody whom the reply names."""
    first_day = found.first_day or first_day
    is_clear = not found.needs_a_look and found.confidence >= IS_CLEAR
    if found.wish is Wish.NO_ACCESS and found.confidence >= IS_LIKELY:
        return Choice(is_refused=True, words=found.words, is_clear=is_clear, first_day=first_day)
    role = found.job_roles[0] if found.job_roles else None
    if found.wish is not Wish.ACCESS or role is None or min(role.confidence, found.confidence) < IS_LIKELY:
        return Choice(words=found.words, first_day=first_day)
    is_clear = is_clear and role.confidence >= IS_CLEAR and role.key != _ADMINISTRATOR
    return Choice(role.key, words=found.words, is_clear=is_clear, first_day=first_day)


def new_people(reading: Reading) -> Iterator[FoundPerson]:
    """Yield the people nobody asked about; of several readings of one replacement, the surest."""
    new = [person for person in reading.people if person.asked is None]
    for person in new:
        rivals = [one for one in new if one.instead_of == person.instead_of]
        if person.instead_of is None or person is surest(rivals):
            yield person


Sure = TypeVar("Sure", FoundPerson, FoundJobRole)


def surest(found: Iterable[Sure]) -> Sure | None:
    """Return the one with most confidence, if there is any."""
    return max(found, key=lambda one: one.confidence, default=None)
