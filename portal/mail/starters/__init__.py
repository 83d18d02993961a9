"""The texts every agency starts with: one file per language and kind of mail, and the layout's own words."""

import tomllib
from functools import cache
from pathlib import Path

from portal.mail.kinds import MailKind, rules_of
from portal.mail.templating import Template, read_template

_HERE = Path(__file__).parent
_FALLBACK = "en"


@cache
def starter(kind: MailKind, language: str) -> Template:
    """The shipped template in this language, or in English where there is none."""
    subject, body = starter_source(kind, language)
    return read_template(subject, body, rules_of(kind))


@cache
def starter_source(kind: MailKind, language: str) -> tuple[str, str]:
    """Subject and body of the shipped template, as a person would edit them."""
    text = (_folder(language) / f"{kind}.txt").read_text(encoding="utf-8")
    first, _blank, body = text.split("\n", 2)
    return first.removeprefix("Subject: "), body.strip()


@cache
def layout_words(language: str) -> dict[str, str]:
    """The few words around every mail: button labels, the line below the button, the footer."""
    words = tomllib.loads((_folder(language) / "layout.toml").read_text(encoding="utf-8"))
    return {name: str(text) for name, text in words.items()}


@cache
def _folder(language: str) -> Path:
    """A language is one of the folders that are here, so no path can be made of it."""
    shipped = {folder.name: folder for folder in _HERE.iterdir() if folder.is_dir()}
    return shipped.get(language, shipped[_FALLBACK])
