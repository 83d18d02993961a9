"""Translatable text: one import for every room, and the languages the product speaks."""

import unicodedata
from typing import Final

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

LANGUAGES: Final = {
    "en": "English",
    "fr": "Français",
    "nl": "Nederlands",
    "de": "Deutsch",
    "es": "Español",
}

Text = str | LazyString

__all__ = ["LANGUAGES", "LazyString", "Text", "_", "_l", "folded", "ngettext"]


def folded(text: str) -> str:
    """Return text in lower case and without accents, for sorting and finding."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
