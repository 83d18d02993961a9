"""What a reply seems to want for each person; a consultant looks at it before anything follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.inbox.models import InboundMail
from portal.job_roles.queries import job_roles
from portal.replies.facts import FoundJobRole, FoundPerson, Reading, Wish
from portal.replies.wire import READING

NO_ACCESS: Final = 0
IS_LIKELY: Final = 0.5  # below that nothing is filled in
IS_CLEAR: Final = 0.75  # of a confidence that never goes above 0.9: what free text says is looked at


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person, what the mail seems to want for them, and the words that say so.

    ``person`` is None for somebody the request does not know yet; ``job_role_id`` is ``NO_ACCESS`` for no
    access, and None where the mail does not say. What is not ``is_clear`` needs a look.
    """

    person: RequestPerson | None
    name: str
    email: str
    job_role_id: int | None
    words: str = ""
    is_clear: bool = False


@dataclass(frozen=True, slots=True)
class _Reader:
    reading: Reading
    roles: Mapping[str, int]

    def about(self, place: int, person: RequestPerson, *, is_alone: bool) -> Suggestion:
        """Return what is wanted for somebody who was asked about."""
        reading = self.reading
        found = _surest(each for each in reading.people if each.asked == place)
        replaced = next((each for each in reading.people if each.instead_of == place), None)
        if found is not None:
            return self._of(found, person)
        if replaced is not None:
            return Suggestion(person, person.name, person.email, NO_ACCESS, replaced.words)
        if reading.nobody is not None:
            is_clear = reading.nobody.confidence >= IS_CLEAR
            return Suggestion(person, person.name, person.email, NO_ACCESS, reading.nobody.words, is_clear)
        if is_alone and len(reading.job_roles) == 1:
            (role,) = reading.job_roles
            chosen, is_clear = self.roles.get(role.key), role.confidence >= IS_CLEAR
            return Suggestion(person, person.name, person.email, chosen, role.words, is_clear)
        return Suggestion(person, person.name, person.email, None)

    def news(self) -> Iterable[Suggestion]:
        """Yield the people whom nobody asked about; of several readings of one replacement, the surest."""
        new = [each for each in self.reading.people if each.asked is None]
        for each in new:
            rivals = [one for one in new if one.instead_of == each.instead_of]
            if each.instead_of is None or each is _surest(rivals):
                yield self._of(each, None)

    def _of(self, found: FoundPerson, person: RequestPerson | None) -> Suggestion:
        role = _surest(found.job_roles)
        chosen = self.roles.get(role.key) if role else None
        if found.wish is Wish.NO_ACCESS:
            chosen = NO_ACCESS
        sure = min(found.confidence, role.confidence if role else found.confidence)
        if sure < IS_LIKELY:
            chosen = None
        is_clear = chosen is not None and not found.needs_a_look and sure >= IS_CLEAR
        name, email = (person.name, person.email) if person else (found.name, found.email.lower())
        return Suggestion(person, name, email, chosen, found.words, is_clear)


def suggestions(access_request: AccessRequest, mail: InboundMail) -> list[Suggestion]:
    """Return one suggestion for each person of the request, then one for everybody else the mail names."""
    reader = _Reader(READING.validate_python(mail.reading), {role.key: role.id for role in job_roles()})
    people = access_request.people
    asked = [reader.about(place, person, is_alone=len(people) == 1) for place, person in enumerate(people)]
    known = {person.email for person in people}
    return [*asked, *(each for each in reader.news() if each.email not in known)]


def are_clear(found: Sequence[Suggestion]) -> bool:
    """Tell whether one click is enough: everybody is known, and what is wanted for them is clear."""
    return bool(found) and all(each.person is not None and each.is_clear for each in found)


Sure = TypeVar("Sure", FoundPerson, FoundJobRole)


def _surest(found: Iterable[Sure]) -> Sure | None:
    return max(found, key=lambda each: each.confidence, default=None)
