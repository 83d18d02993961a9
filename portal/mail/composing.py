"""One mail put together: subject, plain text and HTML, from a kind, a language and its values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

import portal
from portal.core.texts import LANGUAGES, _l
from portal.mail.kinds import MailKind, rules_of
from portal.mail.rendering import Block, Paragraph, as_text, blocks, line_text, subject_line
from portal.mail.starters import layout_words, starter
from portal.mail.values import Value, ValueRefused, clean, prepare

_TEMPLATES: Final = Path(portal.__file__).parent.parent / "templates" / "mail"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PREHEADER_LENGTH: Final = 140


@dataclass(frozen=True, slots=True)
class MailLook:
    """Whose mail this is, at a glance; colours are ``#rrggbb``, and the account may be left out."""

    agency_name: str
    colour: str
    account_name: str = ""
    account_colour: str = "#6b7280"

    def __post_init__(self) -> None:
        for name in ("agency_name", "account_name"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        for colour in (self.colour, self.account_colour):
            if not _COLOUR.fullmatch(colour):
                raise ValueRefused(_l("%(colour)s is not a colour such as #1d4ed8.", colour=colour))

    @property
    def contrast(self) -> Literal["on-dark", "on-light"]:
        """Which text can be read on the agency's colour."""
        red, green, blue = (_linear(int(self.colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
        luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        # Where white and near-black text are equally easy to read (WCAG contrast).
        return "on-light" if luminance > 0.19 else "on-dark"  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """What the receiver reads; ``html`` is a whole page with its style inlined."""

    language: str
    subject: str
    text: str
    html: str


def compose(kind: MailKind, language: str, values: Mapping[str, Value], look: MailLook) -> ComposedMail:
    """Write one mail from the starter template; raises ``ValueRefused`` when a value is missing or unusable.

    A language the portal does not speak becomes English, text, dates and all.
    """
    spoken = language if language in LANGUAGES else "en"
    template = starter(kind, spoken)
    pieces = prepare(rules_of(kind), values, spoken)
    subject, body = subject_line(template, pieces), blocks(template, pieces)
    words = layout_words(spoken)
    footer = words["footer"].replace("{agency}", look.agency_name)
    page = _layout().render(
        language=spoken,
        subject=subject,
        preheader=_preheader(body),
        blocks=body,
        look=look,
        words=words,
        footer=footer,
        css=_css(),
    )
    text = f"{as_text(body)}\n\n{footer}\n"
    return ComposedMail(spoken, subject, text, _inliner().inline(page))


def _preheader(body: Iterable[Block]) -> str:
    """What an inbox shows beside the subject: the first paragraph after the greeting."""
    paragraphs = [block for block in body if isinstance(block, Paragraph)]
    shown = paragraphs[1] if len(paragraphs) > 1 else paragraphs[0]
    text = " ".join(line_text(line) for line in shown.lines)
    if len(text) <= _PREHEADER_LENGTH:
        return text
    return text[:_PREHEADER_LENGTH].rsplit(" ", 1)[0] + "…"


def _linear(channel: float) -> float:
    """The light a colour channel gives, from its value in sRGB."""
    if channel <= 0.04045:  # noqa: PLR2004 - sRGB's own constants
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)


@cache
def _layout() -> Template:
    loader = FileSystemLoader(_TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("layout.html")


@cache
def _css() -> Markup:
    """Our own style sheet, the one thing in the page that is not escaped."""
    return Markup((_TEMPLATES / "mail.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


@cache
def _inliner() -> css_inline.CSSInliner:
    """Inlines what every mail program knows, and keeps the dark colours for those that ask for them."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
