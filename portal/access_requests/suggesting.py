"""What a reply seems to want for each person; a consultant looks at it before anything follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeVar

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.core.email_addresses import Doubt, canonical
from portal.core.texts import _
from portal.inbox.models import InboundMail
from portal.job_roles.queries import job_roles
from portal.replies.facts import FoundJobRole, FoundList, FoundPerson, ListedPerson, Reading, Wish
from portal.replies.wire import READING

NO_ACCESS: Final = 0
IS_LIKELY: Final = 0.5  # below that nothing is filled in
IS_CLEAR: Final = 0.75  # of a confidence that never goes above 0.9: what free text says is looked at


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person, what the mail seems to want for them, and the words that say so.

    ``person`` is None for somebody the request does not know yet; ``job_role_id`` is ``NO_ACCESS`` for no
    access, and None where the mail does not say. What is not ``is_clear`` needs a look. ``source`` names the
    row of a list that came along, and ``row`` says all that stands in it. ``doubt`` says what is not certain
    about the address. ``first_day`` is the first working day the mail names.
    """

    person: RequestPerson | None
    first_name: str
    last_name: str
    email: str
    job_role_id: int | None
    words: str = ""
    is_clear: bool = False
    source: str = ""
    row: str = ""
    doubt: Doubt | None = None
    first_day: date | None = None

    @property
    def name(self) -> str:
        """The name to show, which may be empty."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class _Reader:
    reading: Reading
    roles: Mapping[str, int]

    def about(self, place: int, person: RequestPerson, *, is_alone: bool) -> Suggestion:
        """Return what is wanted for somebody who was asked about."""
        reading, name = self.reading, (person.first_name, person.last_name)
        found = _surest(each for each in reading.people if each.asked == place)
        replaced = next((each for each in reading.people if each.instead_of == place), None)
        if found is not None:
            return self._of(found, person)
        if replaced is not None:
            return Suggestion(person, *name, person.email, NO_ACCESS, replaced.words)
        if reading.nobody is not None:
            is_clear = reading.nobody.confidence >= IS_CLEAR
            return Suggestion(person, *name, person.email, NO_ACCESS, reading.nobody.words, is_clear)
        if is_alone and len(reading.job_roles) == 1:
            (role,) = reading.job_roles
            chosen, is_clear = self.roles.get(role.key), role.confidence >= IS_CLEAR
            return Suggestion(person, *name, person.email, chosen, role.words, is_clear)
        return Suggestion(person, *name, person.email, None)

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
        if person:
            name = person.first_name, person.last_name
            return Suggestion(person, *name, person.email, chosen, found.words, is_clear)
        first_name, _blank, last_name = found.name.partition(" ")
        email = canonical(found.email)
        return Suggestion(
            None, first_name, last_name, email, chosen, found.words, is_clear, doubt=found.doubt
        )

    def listed(self) -> Iterable[Suggestion]:
        """Yield the people of the lists that came along."""
        for found in self.reading.lists:
            for each in found.people:
                role = each.job_role
                chosen = self.roles.get(role.key) if role and role.confidence >= IS_LIKELY else None
                is_clear = chosen is not None and role is not None and role.confidence >= IS_CLEAR
                yield Suggestion(
                    person=None,
                    first_name=each.first_name,
                    last_name=each.last_name,
                    email=each.email,
                    job_role_id=chosen,
                    words=each.wanted,
                    is_clear=is_clear,
                    source=_source(found, each),
                    row=each.words,
                    doubt=each.doubt,
                )


def suggestions(access_request: AccessRequest, mail: InboundMail) -> list[Suggestion]:
    """Return one suggestion for each person of the request, then one for everybody else the mail names.

    A list that came along speaks of those of whom the mail itself says nothing.
    """
    reader = _Reader(READING.validate_python(mail.reading), {role.key: role.id for role in job_roles()})
    people = access_request.people
    asked = [reader.about(place, person, is_alone=len(people) == 1) for place, person in enumerate(people)]
    listed = list(reader.listed())
    known = {person.email for person in people}
    new = [each for each in reader.news() if each.email not in known]
    named = known | {each.email for each in new if each.email and each.job_role_id is not None}
    added = {each.email or each.source: each for each in listed if each.email not in named}
    left = [each for each in new if not each.email or each.email not in added]
    return [*(_completed(each, listed) for each in asked), *left, *added.values()]


def _completed(asked: Suggestion, listed: Iterable[Suggestion]) -> Suggestion:
    """Of somebody the mail says nothing of, what a list says."""
    row = next((each for each in listed if each.email == asked.email), None)
    if asked.words or row is None:
        return asked
    return replace(row, person=asked.person, first_name=asked.first_name, last_name=asked.last_name)


def _source(found: FoundList, person: ListedPerson) -> str:
    if person.sheet:
        where = {"file": found.name, "sheet": person.sheet, "row": person.row}
        return _("%(file)s, sheet “%(sheet)s”, row %(row)s", **where)
    return _("%(file)s, row %(row)s", file=found.name, row=person.row)


def lists_in(mail: InboundMail) -> Sequence[FoundList]:
    """Return the files of a mail that were opened as lists of people, and those that could not be."""
    return READING.validate_python(mail.reading).lists if mail.reading else ()


Sure = TypeVar("Sure", FoundPerson, FoundJobRole)


def _surest(found: Iterable[Sure]) -> Sure | None:
    return max(found, key=lambda each: each.confidence, default=None)
