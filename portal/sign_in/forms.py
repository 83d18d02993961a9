"""What people type to get in, and what members say about themselves."""

from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import DataRequired, Length, ValidationError

from portal.agencies.models import Member, Theme
from portal.core.texts import _l
from portal.sign_in.strength import LONGEST, weakness, words_about
from portal.web.addresses import is_local
from portal.web.choices import LANGUAGE_CHOICES, TimeZoneField
from portal.web.editing import RecordForm
from portal.web.forms import PortalForm

THEMES = [
    SelectChoice(Theme.AUTO.value, _l("Like my device")),
    SelectChoice(Theme.LIGHT.value, _l("Light")),
    SelectChoice(Theme.DARK.value, _l("Dark")),
]


class SignInForm(PortalForm):
    """Address and password, and where the member was going."""

    next = HiddenField()
    email = EmailField(_l("Email address"), validators=[DataRequired(), Length(max=254)])
    password = PasswordField(_l("Password"), validators=[DataRequired(), Length(max=LONGEST)])

    def destination(self, otherwise: str) -> str:
        """Return where to go once signed in; never out of the portal."""
        return self.next.data if self.next.data and is_local(self.next.data) else otherwise


class ForgottenForm(PortalForm):
    """The address a link for a new password goes to."""

    email = EmailField(_l("Email address"), validators=[DataRequired(), Length(max=254)])


class NewPasswordForm(PortalForm):
    """A password nobody guesses from what is known about the member."""

    new_password = PasswordField(_l("New password"), validators=[DataRequired()])

    def __init__(self, member: Member, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._member = member

    def validate_new_password(self, field: PasswordField) -> None:
        """Refuse what is short or easy to guess."""
        fault = weakness(field.data, about=words_about(self._member))
        if fault:
            raise ValidationError(str(fault))


class ChangePasswordForm(NewPasswordForm):
    """The password of now, and the one after it."""

    current_password = PasswordField(_l("Current password"), validators=[DataRequired(), Length(max=LONGEST)])


class ConfirmForm(PortalForm):
    """The password of now, once more."""

    current_password = PasswordField(_l("Your password"), validators=[DataRequired(), Length(max=LONGEST)])


class ProfileForm(RecordForm):
    """How the portal addresses a member, and how it looks to them."""

    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=120)])
    language = SelectField(_l("Language"), choices=LANGUAGE_CHOICES, validators=[DataRequired()])
    time_zone = TimeZoneField(_l("Time zone"), validators=[DataRequired()])
    theme = RadioField(_l("Look"), choices=THEMES)
    wants_digest = BooleanField(_l("Tell me by mail what waits for me"))
