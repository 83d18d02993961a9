"""What a consultant changes in a proposal, person by person."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import format_date
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.proposal_queries import Proposal, job_role_choices
from portal.access_requests.proposals import PersonChoice, fill
from portal.access_requests.scheduling import find_morning
from portal.core.texts import Text, _, _l
from portal.job_roles.meanings import Meaning, Target, Targets
from portal.web.forms import PortalForm

FIRST_DAY = "first_day"
NOW = "now"


class PersonForm(PortalForm):
    """What one person gets."""

    class Meta(PortalForm.Meta):
        """Part of another form, which carries the token."""

        csrf = False

    first_name = StringField(_l("First name"), validators=[Length(max=120)])
    last_name = StringField(_l("Last name"), validators=[Length(max=120)])
    job_role_id = SelectField(_l("Job role"), coerce=int)
    seats = SelectMultipleField(_l("Seat"))
    permission_set_id = SelectField(_l("Permission set"))
    primary_team_id = SelectField(_l("Main team"))
    secondary_team_ids = SelectMultipleField(_l("Other teams"))
    start_date = DateField(_l("First working day"), validators=[Optional()])
    is_left_out = BooleanField(_l("Leave this person out"))

    def __init__(self, person: RequestPerson, targets: Targets, **given: Any) -> None:
        super().__init__(prefix=f"person-{person.id}-", obj=person, **given)
        self.person = person
        self.job_role_id.choices = [(0, _("None")), *job_role_choices()]
        self.seats.choices = _choices(targets.seats, person.seats)
        self.permission_set_id.choices = _optional(targets.permission_sets, person.permission_set_id)
        self.primary_team_id.choices = _optional(targets.teams, person.primary_team_id)
        self.secondary_team_ids.choices = _choices(targets.teams, person.secondary_team_ids)
        for field in (self.permission_set_id, self.primary_team_id):
            field.data = field.data or ""
        self.job_role_id.data = self.job_role_id.data or 0

    def fill_from(self, known: Mapping[int, Meaning]) -> None:
        """Show what the chosen job role means here; nothing is kept yet."""
        draft = RequestPerson()
        fill(draft, known.get(self.job_role_id.data))
        self.seats.data, self.secondary_team_ids.data = draft.seats, draft.secondary_team_ids
        self.permission_set_id.data = draft.permission_set_id or ""
        self.primary_team_id.data = draft.primary_team_id or ""

    def choice(self) -> PersonChoice:
        """Return what was chosen, as the actions want it."""
        main = self.primary_team_id.data or None
        return PersonChoice(
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            job_role_id=self.job_role_id.data or None,
            seats=self.seats.data or [],
            permission_set_id=self.permission_set_id.data or None,
            primary_team_id=main,
            secondary_team_ids=[team for team in self.secondary_team_ids.data or [] if team != main],
            is_left_out=self.is_left_out.data,
            start_date=self.start_date.data,
        )


class VersionForm(PortalForm):
    """Something decided about a proposal as it was when it was shown."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])

    def renew(self, version: int) -> int:
        """Show the form for the latest version, and return the one it was shown for before."""
        before, self.version.raw_data, self.version.data = self.version.data, None, version
        return before or 0


class ProposalForm(VersionForm):
    """The whole proposal; ``fill`` is the person who shall get what their job role means."""

    fill = HiddenField()

    def __init__(self, access_request: AccessRequest, proposal: Proposal, **given: Any) -> None:
        super().__init__(obj=access_request, **given)
        self.people = [
            PersonForm(each.person, proposal.targets)
            for each in proposal.people
            if not each.person.is_declined
        ]

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Check every person's part as well."""
        return all([super().validate(extra_validators), *(form.validate() for form in self.people)])

    def choices(self) -> dict[int, PersonChoice]:
        """Return what was chosen, by person."""
        return {form.person.id: form.choice() for form in self.people}

    def form_to_fill(self) -> PersonForm | None:
        """Return the part whose button "use what the job role means" was pressed."""
        return next((form for form in self.people if str(form.person.id) == self.fill.data), None)


class ConfirmForm(VersionForm):
    """The last word before anything is written; names whose admin rights are meant."""

    admins = SelectMultipleField(coerce=int)
    invites = BooleanField()
    begin = RadioField(_l("When to begin"), default=FIRST_DAY)

    def __init__(self, access_request: AccessRequest, proposal: Proposal, **given: Any) -> None:
        super().__init__(obj=access_request, data={"invites": proposal.invites}, **given)
        self.invites.label.text = _("Let %(crm)s send its invitation email", crm=proposal.crm_name)
        self.admins.choices = [(each.person.id, each.person.name) for each in proposal.people]
        self.days = sorted(
            each.person.start_date
            for each in proposal.included
            if each.person.start_date and find_morning(each.person.start_date)
        )
        self.begin.choices = [(FIRST_DAY, self._on_the_day()), (NOW, _("Set up now"))]

    def _on_the_day(self) -> Text:
        if len(set(self.days)) == 1:
            return _("On the first working day (%(day)s)", day=format_date(self.days[0], "long"))
        return _("On each person's first working day")

    @property
    def waits(self) -> bool:
        """Whether set-up shall wait for the first working days."""
        return bool(self.days) and self.begin.data == FIRST_DAY


def _choices(known: Mapping[str, Target], chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Return what the account has; what is chosen and not known any more stays, marked."""
    gone = [(each, _("%(name)s (not in the CRM)", name=each)) for each in chosen if each not in known]
    return [*((key, target.name) for key, target in known.items()), *gone]


def _optional(known: Mapping[str, Target], chosen: str | None) -> list[tuple[str, str]]:
    return [("", _("None")), *_choices(known, [chosen] if chosen else [])]
