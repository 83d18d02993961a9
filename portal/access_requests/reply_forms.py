"""What a consultant makes of a reply: a job role for each person, filled in with what it seems to say."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, DateField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from portal.access_requests.answer_forms import no_slip
from portal.access_requests.answers import NewPerson, PersonAnswer
from portal.access_requests.forms import MOST_PEOPLE
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.proposal_queries import job_role_choices
from portal.access_requests.queries import count_answers
from portal.access_requests.suggesting import NO_ACCESS, Suggestion
from portal.core.texts import _, _l
from portal.job_roles.models import JobRole
from portal.job_roles.queries import text_of
from portal.web.forms import AddressField, PortalForm


def _chosen_id(value: Any) -> int | None:
    """Return the id in a choice; None where nothing was chosen yet."""
    return None if value in {"", None} else int(value)


class PersonPart(PortalForm):
    """One person of the request."""

    class Meta(PortalForm.Meta):
        """Part of a page whose own form carries the token."""

        csrf = False

    job_role = SelectField(
        _l("Job role"), coerce=_chosen_id, validators=[InputRequired(_l("Choose a job role, or no access."))]
    )
    text = StringField(_l("In the client's words"), validators=[Length(max=1000)])
    start_date = DateField(_l("First working day"), validators=[Optional(), no_slip])


class NewPersonPart(PersonPart):
    """Somebody the mail names whom nobody asked about; left out unless a consultant adds them."""

    is_added = BooleanField(_l("Add to this request"))
    first_name = StringField(_l("First name"), validators=[Length(max=120)])
    last_name = StringField(_l("Last name"), validators=[Length(max=120)])
    email = AddressField(
        _l("Email address"),
        validators=[
            DataRequired(_l("An email address is needed: it becomes the person's login.")),
            Length(max=254),
        ],
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if not self.is_added.data:  # then it does not matter what the rest says
            self.email.validators = self.job_role.validators = [Optional()]
            self.job_role.validate_choice = False


class TurnForm(PortalForm):
    """Which answer to the request it will be, so that two consultants do not take two at once."""

    turn = IntegerField(validators=[InputRequired()])
    declines = BooleanField()  # that nobody gets access was asked once more, and is meant


class ReplySheet:
    """The whole page: a part for each person of the request, and for each one the mail adds."""

    def __init__(
        self, access_request: AccessRequest, found: Sequence[Suggestion], job_roles: Sequence[JobRole]
    ) -> None:
        language = access_request.language  # what is kept says it as the client reads it
        self._names = {role.id: text_of(role, language).name for role in job_roles}
        self._choices = [
            SelectChoice("", _("Choose")),
            *(SelectChoice(str(key), name) for key, name in job_role_choices()),
            SelectChoice(str(NO_ACCESS), _("No access")),
        ]
        self.form = TurnForm(data={"turn": count_answers(access_request)})
        asked = [(each, each.person) for each in found if each.person is not None]
        self.people = [(each, person, self._known(each, person)) for each, person in asked]
        new = [each for each in found if each.person is None]
        listed = [
            place for place, each in enumerate(new) if each.source and each.email and each.doubt is None
        ]
        self._room = max(0, MOST_PEOPLE - len(asked))
        self._ticked = frozenset(listed[: self._room])
        self.asks_again = False  # whether nobody is to get access
        self.left_out = len(listed) - len(self._ticked)
        self.new = [(each, self._unknown(place, each)) for place, each in enumerate(new)]

    def _known(self, found: Suggestion, person: RequestPerson) -> PersonPart:
        part = PersonPart(prefix=f"person-{person.id}-", data=_filled(found))
        part.job_role.choices = self._choices
        return part

    def _unknown(self, place: int, found: Suggestion) -> NewPersonPart:
        data = {
            **_filled(found),
            "first_name": found.first_name,
            "last_name": found.last_name,
            "email": found.email,
            "is_added": place in self._ticked,
        }
        part = NewPersonPart(prefix=f"new-{place}-", data=data)
        part.job_role.choices = self._choices
        return part

    @property
    def _parts(self) -> list[PersonPart]:
        return [part for _found, _person, part in self.people] + [part for _found, part in self.new]

    def validate(self) -> bool:
        """Check every part, and say at each place what is missing."""
        is_valid = all([self.form.validate(), *(part.validate() for part in self._parts)])
        self.asks_again = is_valid and self._leaves_nobody and not self.form.declines.data
        return is_valid and not self.are_too_many and not self.asks_again

    @property
    def _leaves_nobody(self) -> bool:
        """Tell whether nobody at all would get access, which declines the request."""
        chosen = [answer.job_role_id for answer in self.answers()]
        return not any(chosen + [added.job_role_id for added in self.additions()])

    @property
    def are_too_many(self) -> bool:
        """Tell whether more people are to be added than a request holds."""
        return sum(bool(part.is_added.data) for _found, part in self.new) > self._room

    @property
    def mistakes(self) -> int:
        """How many fields need attention."""
        return len(self.form.errors) + sum(len(part.errors) for part in self._parts)

    def answers(self) -> list[PersonAnswer]:
        """Return what was chosen for each person of the request."""
        return [
            PersonAnswer(
                person, *self._chosen(part), text=part.text.data or "", start_date=part.start_date.data
            )
            for _found, person, part in self.people
        ]

    def additions(self) -> list[NewPerson]:
        """Return whom to add, and what was chosen for them."""
        return [
            NewPerson(
                part.email.data,
                part.first_name.data or "",
                part.last_name.data or "",
                *self._chosen(part),
                text=part.text.data or "",
                start_date=part.start_date.data,
            )
            for _found, part in self.new
            if part.is_added.data
        ]

    def _chosen(self, part: PersonPart) -> tuple[int | None, str]:
        chosen: int | None = part.job_role.data or None
        return chosen, self._names[chosen] if chosen else ""


def _filled(found: Suggestion) -> dict[str, Any]:
    return {"job_role": found.job_role_id, "text": found.words[:1000], "start_date": found.first_day}
