"""Forms that come back filled: what a member sent while signed out is shown again, and not sent by itself."""

from collections.abc import Sequence
from typing import Any, Final

from flask import g, has_request_context
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FieldList, FileField, HiddenField, PasswordField, RadioField
from wtforms.form import BaseForm

_MAY_BE_MISSING: Final = (
    BooleanField,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
)  # from what is sent


def offer(words: MultiDict[str, str]) -> None:
    """Show these words in the form of this page that has fields for them."""
    g.words_to_restore = words
    g.are_restored = False


def words_for(form: BaseForm) -> MultiDict[str, str] | None:
    """Return what a form shall be filled with, or None where there is nothing for it."""
    words: MultiDict[str, str] | None = g.get("words_to_restore") if has_request_context() else None
    if words is None or not _fits(form, words):
        return None
    g.are_restored = True
    return words


def is_restored() -> bool:
    """Tell whether a form of this page was filled again."""
    return bool(g.get("are_restored"))


def left_over() -> Sequence[str]:
    """Return the words that no form of this page took."""
    words: Any = g.get("words_to_restore")
    if not words or is_restored():
        return []
    return [text for texts in words.listvalues() for text in texts if text.strip()]


def _fits(form: BaseForm, words: MultiDict[str, str]) -> bool:
    """Tell whether most of what people type into a form was sent, since a page may hold several forms."""
    typed = [field for field in form if not isinstance(field, _MAY_BE_MISSING)]
    sent = [field for field in typed if _is_sent(field, words)]
    return bool(sent) and 2 * len(sent) >= len(typed)


def _is_sent(field: Field, words: MultiDict[str, str]) -> bool:
    if isinstance(field, FieldList):
        return any(name.startswith(f"{field.name}-") for name in words)
    return field.name in words
