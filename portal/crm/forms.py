"""What people enter to connect a CRM."""

from wtforms import HiddenField, PasswordField
from wtforms.validators import DataRequired, Length, Regexp

from portal.core.texts import _l
from portal.web.forms import PortalForm


class TokenForm(PortalForm):
    """The token, which is never shown again."""

    token = PasswordField(
        _l("Token"),
        validators=[
            DataRequired(_l("Paste the token.")),
            Length(max=500, message=_l("This is too long to be a token. Copy it again.")),
            Regexp(r"[!-~]+\Z", message=_l("A token has no spaces or accents. Copy it again.")),
        ],
    )


class SaveForm(PortalForm):
    """Which test is saved."""

    test = HiddenField(validators=[DataRequired(), Length(max=43)])
