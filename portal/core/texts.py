"""Translatable text: one import for every room, and the languages the product speaks."""

import unicodedata
from gettext import NullTranslations
from typing import Any, Final

from flask import g
from flask_babel import LazyString, get_translations
from markupsafe import Markup, escape

LANGUAGES: Final = {
    "en": "English",
    "fr": "Français",
    "nl": "Nederlands",
    "de": "Deutsch",
    "es": "Español",
}


class LazyText(LazyString):  # type: ignore[misc]  # Flask-Babel ships no types
    """Text that is translated when it is shown; pages escape it like any other, values and all."""

    def __html__(self) -> Markup:
        """Give a page what it may show; Flask-Babel's own would pass for HTML as it is."""
        return escape(str(self))


Text = str | LazyString

__all__ = ["LANGUAGES", "LazyString", "Text", "_", "_l", "and_others", "folded", "ngettext", "translations"]


def _(text: str, **values: Any) -> str:
    """Say a text in the reader's language, with values in their places."""
    said = translations().gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """Say one text or the other, as the number wants it in the reader's language; ``num`` is a value too."""
    return translations().ngettext(one, many, num) % {"num": num, **values}


def and_others(first: str, count: int) -> str:
    """Name several people in a few words: the first of ``count``, and how many more there are."""
    others = count - 1
    return (
        ngettext("%(first)s and one more", "%(first)s and %(num)s more", others, first=first)
        if others
        else first
    )


def _l(text: str, **values: Any) -> LazyText:
    """Say a text later, once somebody reads it."""
    return LazyText(_, text, **values)


def translations() -> NullTranslations:
    """Return the texts of the language in force.

    Looking it up anew for each of a page's hundreds of texts took a fifth of the page. They are kept where
    Flask-Babel forgets them when the language changes.
    """
    if not g:
        return NullTranslations()
    context = getattr(g, "_flask_babel", None)
    kept: NullTranslations | None = getattr(context, "babel_translations", None)
    if kept is None:
        kept = get_translations()
        g._flask_babel.babel_translations = kept  # noqa: SLF001 - its own name for it
    return kept


def folded(text: str) -> str:
    """Return text in lower case and without accents, for sorting and finding."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
