"""What an owner fills in about the agency's look."""

from typing import Final

from flask_wtf.file import FileField, FileRequired
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError
from wtforms.widgets import ColorInput

from portal.agencies.models import Agency
from portal.core.colours import IS_COLOUR
from portal.core.texts import LANGUAGES, _l
from portal.mail_templates.logos import LogoRefused, fit_logo
from portal.web.forms import PortalForm

MOST_OF_A_FOOTER: Final = 500


class LookForm(PortalForm):
    """Name and colour of the agency, and what stands below its mails in each language."""

    name = StringField(
        _l("Name of the agency"), validators=[DataRequired(_l("Give the agency a name.")), Length(max=120)]
    )
    colour = StringField(
        _l("Colour"),
        widget=ColorInput(),
        validators=[
            DataRequired(_l("Choose a colour.")),
            Regexp(IS_COLOUR, message=_l("This is not a colour such as #1d4ed8.")),
        ],
    )
    footer_en = TextAreaField(LANGUAGES["en"], validators=[Length(max=MOST_OF_A_FOOTER)])
    footer_fr = TextAreaField(LANGUAGES["fr"], validators=[Length(max=MOST_OF_A_FOOTER)])
    footer_nl = TextAreaField(LANGUAGES["nl"], validators=[Length(max=MOST_OF_A_FOOTER)])
    footer_de = TextAreaField(LANGUAGES["de"], validators=[Length(max=MOST_OF_A_FOOTER)])
    footer_es = TextAreaField(LANGUAGES["es"], validators=[Length(max=MOST_OF_A_FOOTER)])

    def show(self, agency: Agency) -> None:
        """Fill in what is there."""
        if self.is_restored:
            return
        self.name.data, self.colour.data = agency.name, agency.colour
        for language, field in self.footer_fields().items():
            field.data = agency.footers.get(language, "")

    def footer_fields(self) -> dict[str, Field]:
        """Return the fields of the footers, by language."""
        return {language: self[f"footer_{language}"] for language in LANGUAGES}

    def footers(self) -> dict[str, str]:
        """Return the footers that say something, by language."""
        return {language: field.data for language, field in self.footer_fields().items() if field.data}


class LogoForm(PortalForm):
    """A picture to be the logo; once it is valid, ``picture`` holds what was made of it."""

    logo = FileField(
        _l("Picture, PNG or JPEG, at most 1 MB"), validators=[FileRequired(_l("Choose a file first."))]
    )
    picture = b""

    def validate_logo(self, field: Field) -> None:
        """Make the logo of it, or say why it cannot be one."""
        try:
            self.picture = fit_logo(field.data.read())
        except LogoRefused as refused:
            raise ValidationError(refused.message) from refused
