"""The language and the time zone of whoever reads: the page's own choice, the member's, the browser's."""

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, refresh
from flask_login import current_user

from portal.core.texts import LANGUAGES, and_others, translations


def speak(language: str, time_zone: str = "") -> None:
    """Use this language and time zone for the rest of the request; for pages that know their reader."""
    if time_zone:
        g.time_zone = time_zone
    if language in LANGUAGES:
        g.language = language
        refresh()  # in case something was already said in another language


def _language() -> str | None:
    if "language" in g:
        return str(g.language)
    if current_user and current_user.is_authenticated:
        return str(current_user.language)
    if not has_request_context():
        return None  # a job speaks the default language
    return request.accept_languages.best_match(LANGUAGES) or "en"


def _time_zone() -> str | None:
    if "time_zone" in g:
        return str(g.time_zone)
    return current_user.time_zone if current_user and current_user.is_authenticated else None


def register(app: Flask) -> None:
    """Let Babel ask us."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["TRANSLATIONS"])
    Babel(app, locale_selector=_language, timezone_selector=_time_zone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations().gettext(text),
        lambda one, many, num: translations().ngettext(one, many, num),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]
    app.jinja_env.globals["and_others"] = and_others
