"""What owners fill in about members, and what somebody who joins fills in."""

from typing import Any

from wtforms import (
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.accounts.access import accounts_given_to, accounts_to_give
from portal.agencies.models import Member, Position
from portal.core.texts import _, _l
from portal.policy.rights import POSITIONS
from portal.sign_in.strength import weakness, words_about
from portal.team import queries
from portal.web.choices import LANGUAGE_CHOICES, TimeZoneField
from portal.web.forms import AddressField, PortalForm, only_a_name

ALL, SOME = "all", "some"
POSITION_CHOICES = [SelectChoice(position.value, name) for position, name in POSITIONS.items()]
SEES_CHOICES = [
    SelectChoice(ALL, _l("All accounts")),
    SelectChoice(SOME, _l("Only the accounts given to them")),
]


class InviteForm(PortalForm):
    """Who is invited, and as what."""

    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=120)])
    email = AddressField(_l("Email address"), validators=[DataRequired(), Length(max=254)])
    position = SelectField(
        _l("Position"),
        choices=POSITION_CHOICES,
        default=Position.CONSULTANT.value,
        validators=[DataRequired()],
    )
    language = SelectField(
        _l("Language of the invitation"), choices=LANGUAGE_CHOICES, validators=[DataRequired()]
    )
    sees = RadioField(_l("Sees"), choices=SEES_CHOICES, default=ALL)

    def validate_email(self, field: AddressField) -> None:
        """Refuse an address that signs in already."""
        if queries.is_taken(field.data):
            raise ValidationError(_("Somebody signs in to this portal with this address already."))


class PositionForm(PortalForm):
    """A member's position."""

    position = SelectField(_l("Position"), choices=POSITION_CHOICES, validators=[DataRequired()])


class AccountsForm(PortalForm):
    """All accounts, or some of them."""

    sees = RadioField(_l("Sees"), choices=SEES_CHOICES)
    accounts = SelectMultipleField(
        _l("Accounts"), coerce=int, widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=True
    )

    def __init__(self, member: Member, **kwargs: Any) -> None:
        now = {"sees": ALL if member.sees_all_accounts else SOME, "accounts": accounts_given_to(member)}
        super().__init__(data=now, **kwargs)
        self.accounts.choices = [SelectChoice(str(row.id), row.name) for row in accounts_to_give(member)]

    @property
    def account_ids(self) -> list[int] | None:
        """The accounts chosen, or None for all."""
        return None if self.sees.data == ALL else self.accounts.data


class JoinForm(PortalForm):
    """How the new member wants to be addressed, and their password."""

    name = StringField(_l("Your name"), validators=[DataRequired(), Length(max=120), only_a_name])
    language = SelectField(_l("Language"), choices=LANGUAGE_CHOICES, validators=[DataRequired()])
    time_zone = TimeZoneField(_l("Time zone"), validators=[DataRequired()])
    new_password = PasswordField(_l("Password"), validators=[DataRequired()])

    def __init__(self, member: Member, **kwargs: Any) -> None:
        super().__init__(obj=member, **kwargs)
        self._member = member

    def validate_new_password(self, field: PasswordField) -> None:
        """Refuse what is short or easy to guess."""
        fault = weakness(field.data, about=words_about(self._member, self.name.data or ""))
        if fault:
            raise ValidationError(str(fault))
