"""The base of every form: tokens, trimmed text, no control characters, errors at their place."""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, Field, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from portal.core.email_addresses import readable
from portal.core.texts import Text, _
from portal.core.typed_addresses import NOT_AN_ADDRESS, read_typed
from portal.web import restoring

UNPROCESSABLE = 422
LONGEST_ADDRESS = 254
BREAKS = {"\n", "\r", "\t"}
FIRST_YEAR, LAST_YEAR = 1970, 2199
_LINK_OR_LINE_END = re.compile(r"[@\n\r\v\f\x85\u2028\u2029]|://|\w\.\w{2}|\bwww\.", re.IGNORECASE)


def trimmed(value: Any) -> Any:
    """Return text without blanks around it."""
    return value.strip() if isinstance(value, str) else value


def without_control_characters(text: str, allowed: AbstractSet[str]) -> str:
    """Return text without the characters that nobody types, save those allowed."""
    return "".join(
        letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cs"} or letter in allowed
    )


def no_control_characters(_form: object, field: Field) -> None:
    """Refuse characters that nobody types, NUL and its kin, and line breaks in one-line fields.

    The field then holds the rest, since such characters cannot stand in a page either.
    """
    given = field.data or ""
    fit = without_control_characters(given, BREAKS if isinstance(field, TextAreaField) else set())
    if fit != given:
        field.data = fit
        raise StopValidation(_("This contains characters that cannot be stored. Type it in plainly."))


def only_a_name(_form: object, field: Field) -> None:
    """Refuse names that hold a web or email address or a line end: our emails carry no stranger's link.

    Mail programs turn "pay.example" into a link without being asked to.
    """
    given = unicodedata.normalize("NFKC", field.data or "").replace("\u3002", ".")
    if _LINK_OR_LINE_END.search(given):
        raise StopValidation(
            _("Write the name alone, without a web or email address. Put a space after each full stop.")
        )


def within_reach(_form: object, field: Field) -> None:
    """Refuse days on which no time zone can be worked out, or that nobody means."""
    if field.data is not None and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise StopValidation(_("Choose a day between the years %(first)s and %(last)s.", **years))


class PortalForm(FlaskForm):
    """A form with a token; text fields are trimmed and free of control characters."""

    is_restored = False  # filled with what was sent while the member was signed out

    class Meta(FlaskForm.Meta):
        """How fields of every form behave."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return what was sent, or what the member sent before they had to sign in again."""
            given = super().wrap_formdata(form, formdata)
            if given is not None:
                return given
            words = restoring.words_for(form)
            form.is_restored = words is not None
            return words

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Trim and check every text field, without each form having to say so."""
            if issubclass(unbound_field.field_class, StringField):
                options["filters"] = [*unbound_field.kwargs.get("filters", []), trimmed]
                validators = list(unbound_field.kwargs.get("validators", []))
                if no_control_characters not in validators:
                    unbound_field.kwargs["validators"] = [no_control_characters, *validators]
            if issubclass(unbound_field.field_class, DateField):
                validators = list(unbound_field.kwargs.get("validators", []))
                if within_reach not in validators:
                    unbound_field.kwargs["validators"] = [*validators, within_reach]
            return unbound_field.bind(form=form, **options)


class AddressField(EmailField):
    """An email address: holds it in canonical form once it is checked, and shows it as people read it.

    ``nothing`` is said where no address was typed; with ``always`` it is said whatever is wrong.
    """

    data: Any  # a text, or None

    def __init__(
        self, *given: Any, nothing: Text = NOT_AN_ADDRESS, always: bool = False, **named: Any
    ) -> None:
        super().__init__(*given, **named)
        self._nothing, self._always = nothing, always

    def pre_validate(self, form: BaseForm) -> None:
        """Read what was typed; raises ``StopValidation`` where it is no address."""
        no_control_characters(form, self)
        if not self.data or len(self.data) > LONGEST_ADDRESS:  # which its own validator says
            return
        typed = read_typed(self.data, nothing=self._nothing)
        self.data = typed.text
        if typed.problem:
            raise StopValidation(self._nothing if self._always else typed.problem)

    def _value(self) -> str:
        return readable(self.data or "")
