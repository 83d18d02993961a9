"""One mail put together: subject, plain text and HTML, from a kind, a language and its values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from struct import unpack
from typing import Final, Literal

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

import portal
from portal.core.colours import ENOUGH_FOR_SHAPES, IS_COLOUR, WHITE, contrast, text_on
from portal.core.texts import LANGUAGES, _l
from portal.mail.kinds import MailKind, rules_of
from portal.mail.rendering import Block, Inline, Paragraph, as_text, blocks, line_text, subject_line
from portal.mail.starters import layout_words, starter
from portal.mail.templating import Template as MailTemplate
from portal.mail.templating import Words
from portal.mail.values import Value, ValueRefused, clean, prepare

_TEMPLATES: Final = Path(portal.__file__).parent.parent / "templates" / "mail"
_PREHEADER_LENGTH: Final = 140
_LOGO_BOX: Final = (200, 56)  # pixels; the picture may have twice as many, for screens that show them
DARK_PAGE: Final = "#1f2937"  # the paper of a mail for readers who like it dark; see mail.css
LOGO_ID: Final = "logo"  # the picture's Content-ID, which the page names it by


@dataclass(frozen=True, slots=True)
class MailLook:
    """Whose mail this is, at a glance; colours are ``#rrggbb``, and the account may be left out.

    ``logo`` is a PNG, ``footers`` are the agency's own words below a mail, by language.
    """

    agency_name: str
    colour: str
    account_name: str = ""
    account_colour: str = "#6b7280"
    logo: bytes = b""
    footers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("agency_name", "account_name"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        for colour in (self.colour, self.account_colour):
            if not IS_COLOUR.fullmatch(colour):
                raise ValueRefused(_l("%(colour)s is not a colour such as #1d4ed8.", colour=colour))

    @property
    def text_colour(self) -> Literal["on-dark", "on-light"]:
        """Which text can be read on the agency's colour."""
        return "on-dark" if text_on(self.colour) == WHITE else "on-light"

    @property
    def edge(self) -> Literal["", "edged", "edged-in-dark"]:
        """Where the button's colour is lost on the page around it, and the button gets an edge."""
        if contrast(self.colour, WHITE) < ENOUGH_FOR_SHAPES:
            return "edged"
        return "edged-in-dark" if contrast(self.colour, DARK_PAGE) < ENOUGH_FOR_SHAPES else ""

    @property
    def logo_size(self) -> tuple[int, int]:
        """Width and height at which the logo is shown, in pixels."""
        width, height = unpack(">II", self.logo[16:24])  # where every PNG has them
        scale = min(1, _LOGO_BOX[0] / width, _LOGO_BOX[1] / height)
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """What the receiver reads; ``html`` is a whole page with its style inlined, ``logo`` its picture."""

    language: str
    subject: str
    text: str
    html: str
    logo: bytes = b""


def compose(
    kind: MailKind,
    language: str,
    values: Mapping[str, Value],
    look: MailLook,
    template: MailTemplate | None = None,
) -> ComposedMail:
    """Write one mail; without a ``template`` from the shipped one, so what is sent comes from ``writing``.

    A language the portal does not speak becomes English, text, dates and all. Raises ``ValueRefused`` when a
    value is missing or unusable.
    """
    spoken = language if language in LANGUAGES else "en"
    template = template or starter(kind, spoken)
    pieces = prepare(rules_of(kind), values, spoken)
    subject, body = subject_line(template, pieces), blocks(template, pieces)
    words = layout_words(spoken)
    footer = _footer(look, spoken, words["footer"].replace("{agency}", look.agency_name))
    page = _layout().render(
        language=spoken,
        subject=subject,
        preheader=_preheader(body),
        blocks=body,
        look=look,
        logo_id=LOGO_ID,
        words=words,
        footer=footer,
        css=_css(),
    )
    text = f"{as_text(body)}\n\n{as_text(footer)}\n"
    return ComposedMail(spoken, subject, text, _inliner().inline(page), look.logo)


def _footer(look: MailLook, language: str, shipped: str) -> tuple[Block, ...]:
    """The agency's own words, taken as they are, and below them who sent this."""
    own = clean(look.footers.get(language, ""))
    return (*blocks(MailTemplate((), (Words(own),)), {}), Paragraph(((Inline(shipped),),)))


def _preheader(body: Iterable[Block]) -> str:
    """What an inbox shows beside the subject: the first paragraph after the greeting, if there is any."""
    paragraphs = [block for block in body if isinstance(block, Paragraph)] or [Paragraph(())]
    shown = paragraphs[1] if len(paragraphs) > 1 else paragraphs[0]
    text = " ".join(line_text(line) for line in shown.lines)
    if len(text) <= _PREHEADER_LENGTH:
        return text
    return text[:_PREHEADER_LENGTH].rsplit(" ", 1)[0] + "…"


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
