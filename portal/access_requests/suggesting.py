"""What a reply seems to want for each person; a consultant looks at it before anything follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.core.email_addresses import Doubt, canonical
from portal.core.texts import _
from portal.inbox.models import InboundMail
from portal.job_roles.queries import job_roles
from portal.replies.choices import IS_CLEAR, IS_LIKELY, Choice, choice_for, choice_of, new_people
from portal.replies.facts import FoundList, ListedPerson, Reading
from portal.replies.wire import READING

NO_ACCESS: Final = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person, what the mail seems to want for them, and the words that say so.

    ``person`` is None for somebody the request does not know yet; ``job_role_id`` is ``NO_ACCESS`` for no
    access, and None where the mail does not say. What is not ``is_clear`` needs a look. ``source`` names the
    row of a list that came along, and ``row`` says all that stands in it. ``doubt`` says what is not certain
    about the address. ``first_day`` is the first working day, where the reply names it.
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
class _Name:
    """What somebody is called, and their address."""

    first_name: str
    last_name: str
    email: str

    @classmethod
    def of(cls, person: RequestPerson) -> "_Name":
        """The same of somebody who was asked about."""
        return cls(person.first_name, person.last_name, person.email)


@dataclass(frozen=True, slots=True)
class _Reader:
    reading: Reading
    roles: Mapping[str, int]

    def about(self, place: int, person: RequestPerson) -> Suggestion:
        """Return what is wanted for somebody who was asked about."""
        return self._of(choice_for(self.reading, place), person, _Name.of(person))

    def news(self) -> Iterable[Suggestion]:
        """Yield the people whom nobody asked about."""
        for found in new_people(self.reading):
            first_name, _blank, last_name = found.name.partition(" ")
            name = _Name(first_name, last_name, canonical(found.email))
            yield replace(self._of(choice_of(found), None, name), doubt=found.doubt)

    def _of(self, choice: Choice, person: RequestPerson | None, name: "_Name") -> Suggestion:
        chosen = NO_ACCESS if choice.is_refused else self.roles.get(choice.job_role or "")
        return Suggestion(
            person=person,
            first_name=name.first_name,
            last_name=name.last_name,
            email=name.email,
            job_role_id=chosen,
            words=choice.words,
            is_clear=choice.is_clear and chosen is not None,
            first_day=choice.first_day,
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
    asked = [reader.about(place, person) for place, person in enumerate(people)]
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
