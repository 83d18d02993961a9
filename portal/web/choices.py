"""What forms of several rooms offer: languages and time zones."""

from typing import Final
from zoneinfo import available_timezones

from wtforms import SelectChoice

from portal.core.texts import LANGUAGES

LANGUAGE_CHOICES: Final = [SelectChoice(code, name) for code, name in LANGUAGES.items()]
TIME_ZONES: Final = sorted(
    name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
)
