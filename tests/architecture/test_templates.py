"""Templates: nothing inline, macros where they are used, every word through gettext, none too long."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.architecture.sources import TEMPLATES, name_of, templates, text_of

MOST_LINES = 220

# Templates longer than that, and why.
LONG: dict[str, str] = {}

# Templates whose words are not for translating, and why.
ENGLISH = {
    "templates/demo/emulator": "the emulated CRM is a lever for people who try the portal",
}

COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
EXPRESSION = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
TRANSLATED = re.compile(r"{%-?\s*trans\b.*?endtrans\s*-?%}", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2,}")
SPOKEN = {"title", "alt", "placeholder", "aria-label", "label"}
SILENT = {"script", "style", "code", "kbd"}

# Names, which are the same in every language.
NAMES = {"CRM", "HubSpot", "CSV", "UTF", "SMTP", "Ctrl", "PDF"}

each_template = pytest.mark.parametrize(
    "path", [pytest.param(path, id=name_of(path)) for path in templates()]
)


class Words(HTMLParser):
    """Collects what a reader sees or hears of a page, with what Jinja fills in left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value and LETTERS.search(value)]

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if LETTERS.search(data) and not SILENT & set(self._inside):
            self.found.append(data.strip())


def plain(path: Path) -> str:
    """Return a template's own HTML: no comments, translated texts or expressions."""
    return EXPRESSION.sub("", TRANSLATED.sub("", COMMENT.sub("", text_of(path))))


@each_template
def test_every_word_goes_through_gettext(path: Path) -> None:
    if any(name_of(path).startswith(folder) for folder in ENGLISH):
        return
    words = Words()
    words.feed(plain(path))

    assert [text for text in words.found if set(LETTERS.findall(text)) - NAMES] == []


@each_template
def test_nothing_is_inline(path: Path) -> None:
    html = COMMENT.sub("", text_of(path))
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\shx-on|\son[a-z]+=|javascript:")

    if name_of(path) == "templates/mail/layout.html":
        return  # a mail has no other place for its style

    assert inline.findall(html) == []


def declared(node: nodes.Node) -> set[str]:
    """Return the macros a piece of template imports or defines."""
    names = {macro.name for macro in node.find_all(nodes.Macro)}
    names |= {whole.target for whole in node.find_all(nodes.Import)}
    for some in node.find_all(nodes.FromImport):
        names |= {name[1] if isinstance(name, tuple) else name for name in some.names}
    return names


def used(node: nodes.Node) -> set[str]:
    """Return the names a piece of template reads."""
    return {name.name for name in node.find_all(nodes.Name) if name.ctx == "load"}


@each_template
def test_a_block_brings_the_macros_it_uses(path: Path) -> None:
    template = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(text_of(path))
    macros = declared(template)
    blocks = list(template.find_all(nodes.Block))
    for block in blocks:  # a block inside another is rendered by itself, and checked by itself
        block.body = [nodes.Output([]) if isinstance(part, nodes.Block) else part for part in block.body]

    missing = {(block.name, name) for block in blocks for name in macros & used(block) - declared(block)}

    assert missing == set()


def test_the_longest_templates_are_known() -> None:
    long = {name_of(path) for path in templates() if text_of(path).count("\n") > MOST_LINES}

    assert long == set(LONG)


def test_english_templates_exist() -> None:
    assert [folder for folder in ENGLISH if not (TEMPLATES.parent / folder).exists()] == []
