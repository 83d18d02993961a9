"""What people fill in about job roles."""

from typing import Any

from wtforms import BooleanField, Field, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from portal.core.texts import _, _l
from portal.job_roles.actions import Choice, Wording
from portal.job_roles.meanings import Meaning, Target, Targets
from portal.job_roles.models import JobRoleText
from portal.web.editing import RecordForm

MOST_LINES = 12
LONGEST_LINE = 120


class JobRoleForm(RecordForm):
    """A job role in one language."""

    name = StringField(_l("Name"), validators=[DataRequired(_l("Give it a name.")), Length(max=80)])
    description = TextAreaField(
        _l("What this person does"),
        validators=[DataRequired(_l("Say what this person does.")), Length(max=300)],
    )
    can_do = TextAreaField(_l("What they can do, one line each"), validators=[Length(max=2000)])
    is_admin = BooleanField(_l("Ask twice before somebody gets this, because it opens everything"))

    def validate_can_do(self, field: Field) -> None:
        """Keep the list short enough to be read on a phone."""
        lines = _lines(field.data)
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            raise ValidationError(
                _(
                    "Write at most %(lines)s lines of at most %(letters)s letters.",
                    lines=MOST_LINES,
                    letters=LONGEST_LINE,
                )
            )

    def show(self, text: JobRoleText | None, *, is_admin: bool) -> None:
        """Fill in what is there, for a page that was not sent."""
        if self.is_restored:
            return
        self.is_admin.data = is_admin
        if text is not None:
            self.name.data, self.description.data = text.name, text.description
            self.can_do.data = "\n".join(text.can_do)

    def wording(self) -> Wording:
        """Return what was filled in."""
        return Wording(self.name.data, self.description.data, _lines(self.can_do.data))


class MappingForm(RecordForm):
    """What a job role means in one account; only what the account has can be chosen."""

    seats = SelectMultipleField(_l("Seats"))
    permission_set = SelectField(_l("Permission set"))
    primary_team = SelectField(_l("Main team"))
    further_teams = SelectMultipleField(_l("Further teams"))

    def __init__(self, targets: Targets, **given: Any) -> None:
        super().__init__(**given)
        self.offers_sets = targets.offers_sets
        self.seats.choices = [(seat.id, _seat_name(seat)) for seat in targets.seats.values()]
        self.permission_set.choices = [("", _("None")), *map(_set_choice, targets.permission_sets.values())]
        self.primary_team.choices = [
            ("", _("None")),
            *((team.id, team.name) for team in targets.teams.values()),
        ]
        self.further_teams.choices = [(team.id, team.name) for team in targets.teams.values()]

    def show(self, meaning: Meaning) -> None:
        """Fill in what was chosen before; what vanished has no choice to stand for it."""
        if self.is_restored:
            return
        self.seats.data = [seat.id for seat in meaning.seats]
        self.permission_set.data = meaning.permission_set.id if meaning.permission_set else ""
        self.primary_team.data = meaning.primary_team.id if meaning.primary_team else ""
        self.further_teams.data = [team.id for team in meaning.further_teams]

    def validate_seats(self, field: Field) -> None:
        """Refuse a mapping to nothing at all, which nobody means where there are permission sets."""
        chosen = (field.data, self.permission_set.data, self.primary_team.data, self.further_teams.data)
        if self.offers_sets and not any(chosen):
            raise ValidationError(_("Choose at least one seat, permission set or team."))

    def choice(self) -> Choice:
        """Return what was chosen."""
        return Choice(
            self.seats.data,
            self.permission_set.data or None,
            self.primary_team.data or None,
            self.further_teams.data,
        )


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _seat_name(seat: Target) -> str:
    if seat.remaining is None:
        return seat.name
    return str(_("%(seat)s (%(remaining)s left)", seat=seat.name, remaining=seat.remaining))


def _set_choice(found: Target) -> tuple[str, str]:
    name = _("%(name)s (takes a paid seat)", name=found.name) if found.costs_seat else found.name
    return found.id, name
