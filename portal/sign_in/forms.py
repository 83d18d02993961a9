"""What people type to get in."""

from wtforms import EmailField, PasswordField
from wtforms.validators import DataRequired, Length

from portal.core.texts import _l
from portal.web.forms import PortalForm


class SignInForm(PortalForm):
    """Address and password."""

    email = EmailField(_l("Email address"), validators=[DataRequired(), Length(max=254)])
    password = PasswordField(_l("Password"), validators=[DataRequired(), Length(max=1024)])
