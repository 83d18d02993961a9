"""What forms of several rooms offer: languages and time zones."""

from typing import Any, Final
from zoneinfo import available_timezones

from wtforms import SelectChoice, SelectField, ValidationError

from portal.core.texts import LANGUAGES, Text

LANGUAGE_CHOICES: Final = [SelectChoice(code, name) for code, name in LANGUAGES.items()]
TIME_ZONES: Final = frozenset(
    name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
)
_CHOICES: Final = [SelectChoice(name) for name in sorted(TIME_ZONES)]


class TimeZoneField(SelectField):
    """A time zone to choose, or, with the words for it in ``nothing``, none.

    There are hundreds: they are listed only to be shown, and what was chosen is looked up.
    """

    def __init__(self, label: Text, *, nothing: Text | None = None, **given: Any) -> None:
        blank = [] if nothing is None else [SelectChoice("", nothing)]
        super().__init__(label, choices=lambda: [*blank, *_CHOICES], **given)
        self._may_be_empty = bool(blank)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - as WTForms calls it
        """Refuse what is not on the list."""
        if self.data not in TIME_ZONES and not (self._may_be_empty and self.data == ""):
            raise ValidationError(self.gettext("Not a valid choice."))
