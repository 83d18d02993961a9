"""What a client fills in on the answer page; the pass in the form is its token."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from wtforms import (
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from portal.access_requests import queries
from portal.access_requests.answers import PersonAnswer
from portal.access_requests.models import AccessRequest, AnswerLink, RequestPerson
from portal.accounts.queries import find_contact
from portal.core import clock
from portal.core.email_addresses import canonical
from portal.core.texts import _, _l
from portal.job_roles.models import JobRole
from portal.job_roles.queries import text_of
from portal.web.forms import AddressField, PortalForm, only_a_name

NO_ACCESS = 0
SOON = timedelta(days=730)

SAY_WHO = _l("Please tell us your name.")


class AnswerPart(PortalForm):
    """A form of the answer page, or a part of one."""

    class Meta(PortalForm.Meta):
        """The link session guards these pages, not the session of a member."""

        csrf = False


def no_slip(_form: object, field: Field) -> None:
    """Refuse a day that can only be a slip."""
    today = clock.now().date()
    if field.data and not today - SOON < field.data < today + SOON:
        raise ValidationError(_("Please check the year."))


class PersonForm(AnswerPart):
    """What one person should be able to do."""

    job_role = RadioField(coerce=int, validators=[InputRequired(_l("Please choose one."))])
    text = TextAreaField(validators=[Length(max=1000)])
    start_date = DateField(validators=[Optional(), no_slip])


class TurnForm(AnswerPart):
    """Something said to the question; ``turn`` is how many answers there were when it was shown."""

    turn = IntegerField(validators=[InputRequired()])
    remark: TextAreaField | None = None

    def take_turn(self, turn: int) -> None:
        """Show the form as the next answer."""
        self.turn.data, self.turn.raw_data = turn, None

    @property
    def words(self) -> str:
        """What was typed freely."""
        return (self.remark.data or "") if self.remark else ""


class AnswerForm(TurnForm):
    """Who answers, what else they want to say, and the first working day of everybody asked about."""

    start_date = DateField(_l("First working day"), validators=[Optional(), no_slip])
    given_name = StringField(
        _l("Your name"), validators=[DataRequired(SAY_WHO), Length(max=120), only_a_name]
    )
    remark = TextAreaField(_l("Anything else we should know?"), validators=[Length(max=2000)])


class Sheet:
    """The whole answer page: one part for each person, and one for whoever answers."""

    def __init__(self, link: AnswerLink, job_roles: Sequence[JobRole], language: str) -> None:
        access_request = link.request
        self.texts = {job_role.id: text_of(job_role, language) for job_role in job_roles}
        self.admin_ids = {job_role.id for job_role in job_roles if job_role.is_admin}
        people = access_request.people
        self._number = queries.count_answers(access_request)
        self.is_about_several = len(people) > 1
        day = _common_day(people) if self.is_about_several else None
        self.form = AnswerForm(data={**_said(access_request, link), "start_date": day})
        self.people = [(person, self._part(person, day)) for person in people]

    def _part(self, person: RequestPerson, common_day: date | None) -> PersonForm:
        said = _said_of(person)
        if common_day is not None:
            said["start_date"] = None
        part = PersonForm(prefix=f"person-{person.id}-", data=said)
        part.job_role.choices = [
            *(SelectChoice(str(key), text.name) for key, text in self.texts.items()),
            SelectChoice(str(NO_ACCESS), _("This person should not get access")),
        ]
        return part

    def validate(self) -> bool:
        """Check every part, and say at each place what is missing."""
        return all([self.form.validate(), *(part.validate() for _person, part in self.people)])

    @property
    def is_next(self) -> bool:
        """Whether nobody answered since the page was shown."""
        return bool(self.form.turn.data == self._number)

    @property
    def mistakes(self) -> int:
        """How many fields need attention."""
        return len(self.form.errors) + sum(len(part.errors) for _person, part in self.people)

    def answers(self) -> list[PersonAnswer]:
        """Return what was filled in for each person."""
        return [self._answer(person, part) for person, part in self.people]

    def _answer(self, person: RequestPerson, part: PersonForm) -> PersonAnswer:
        chosen: int | None = part.job_role.data or None
        name = self.texts[chosen].name if chosen else ""
        day = part.start_date.data
        if day is None and chosen and self.is_about_several:
            day = self.form.start_date.data
        return PersonAnswer(person, chosen, name, part.text.data or "", day)


def _common_day(people: Sequence[RequestPerson]) -> date | None:
    """Return the first working day that everybody who gets access has; None where they differ."""
    days = {person.start_date for person in people if not person.is_declined}
    return days.pop() if len(days) == 1 else None


def _said(access_request: AccessRequest, link: AnswerLink) -> dict[str, Any]:
    given = queries.answers(access_request)
    mine = [answer for answer in given if answer.contact_id == link.contact_id]
    name = mine[0].given_name if mine else link.contact.name
    return {"turn": len(given), "given_name": name, "remark": ""}


def _said_of(person: RequestPerson) -> dict[str, Any]:
    declined = NO_ACCESS if person.is_declined else None
    return {
        "job_role": person.answered_job_role_id or declined,
        "text": person.answered_text,
        "start_date": person.start_date,
    }


class NotForMeForm(TurnForm):
    """That somebody else should be asked, by us."""

    given_name = StringField(
        _l("Your name"), validators=[DataRequired(SAY_WHO), Length(max=120), only_a_name]
    )
    remark = TextAreaField(_l("Do you know who could answer?"), validators=[Length(max=2000)])


class ColleagueForm(TurnForm):
    """The colleague who can answer."""

    given_name = StringField(
        _l("Your name"), validators=[DataRequired(SAY_WHO), Length(max=120), only_a_name]
    )
    name = StringField(
        _l("Name of your colleague"),
        validators=[
            DataRequired(_l("Please tell us the name of your colleague.")),
            Length(max=120),
            only_a_name,
        ],
    )
    email = AddressField(
        _l("Email address of your colleague"),
        always=True,
        validators=[
            DataRequired(_l("Please tell us the email address of your colleague.")),
            Length(max=254),
        ],
    )

    def __init__(self, link: AnswerLink, **given: Any) -> None:
        super().__init__(**given)
        self._link = link

    def validate_email(self, field: Field) -> None:
        """Refuse whoever answers themselves, and people who no longer answer for the account."""
        if field.data == canonical(self._link.contact.email):
            raise ValidationError(_("This is your own address. Please name somebody else."))
        known = find_contact(self._link.request.account, field.data)
        if known is not None and known.ended_at is not None:
            raise ValidationError(_("We cannot write to this address. Please name somebody else."))
