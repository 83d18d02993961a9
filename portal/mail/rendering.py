"""From a template and its values to the blocks of one mail, and from those to plain text.

The shape of a mail (paragraphs, lists, the button) comes from the template alone. A value only ever fills a
place: it is never read as template, list, link or header.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.core.texts import _l
from portal.mail.templating import MAX_SUBJECT, Condition, Node, Shape, Slot, Template, Words
from portal.mail.values import WEB_LINK, Piece, ValueRefused

MAX_RENDERED: Final = 200_000


@dataclass(frozen=True, slots=True)
class Inline:
    """A run of text inside a line; with an address it is a link."""

    text: str
    url: str = ""

    @property
    def in_full(self) -> str:
        """The same where nothing can be clicked: a link with a name is followed by its address."""
        return f"{self.text}: {self.url}" if self.url not in {"", self.text} else self.text


Line = tuple[Inline, ...]
_LISTS: Final = frozenset({Shape.LIST, Shape.LINKS})


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A simple list."""

    items: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing this mail asks for; ``name`` is the placeholder it came from."""

    name: str
    url: str


Block = Paragraph | Bullets | Button


def subject_line(template: Template, pieces: Mapping[str, Piece]) -> str:
    """The subject as one line of at most 200 characters, whatever the values hold."""
    line = " ".join("".join(piece.text for piece in _filled(template.subject, pieces)).split())
    return line if len(line) <= MAX_SUBJECT else line[: MAX_SUBJECT - 1].rstrip() + "…"


def blocks(template: Template, pieces: Mapping[str, Piece]) -> tuple[Block, ...]:
    """The body as paragraphs, lists and at most one button."""
    builder = _Builder()
    for row in _rows(_filled(template.body, pieces)):
        builder.add(row)
    return builder.finished()


def as_text(parts: Iterable[Block]) -> str:
    """The blocks as plain text, links in full."""
    return "\n\n".join(_block_text(part) for part in parts)


def line_text(line: Line) -> str:
    """One line as plain text."""
    return "".join(inline.in_full for inline in line)


def _block_text(block: Block) -> str:
    if isinstance(block, Button):
        return block.url
    if isinstance(block, Bullets):
        return "\n".join(f"- {line_text(item)}" for item in block.items)
    return "\n".join(line_text(line) for line in block.lines)


def _filled(nodes: Sequence[Node], pieces: Mapping[str, Piece]) -> Iterator[Piece]:
    """Put the values in their places, and drop what hangs on a value that is not there."""
    room = MAX_RENDERED
    for piece in _walk(nodes, pieces):
        room -= len(piece.text)
        if room < 0:
            raise ValueRefused(_l("This mail is too long to send. Shorten its text or the note in it."))
        yield piece


def _walk(nodes: Sequence[Node], pieces: Mapping[str, Piece]) -> Iterator[Piece]:
    for node in nodes:
        if isinstance(node, Words):
            yield Piece(node.text)
        elif isinstance(node, Slot):
            yield pieces[node.name]
        elif pieces[node.name].text:
            yield from _walk(node.inside, pieces)
        else:
            yield _absent(node)


def _absent(node: Condition) -> Piece:
    """Nothing, but known to come from the template: a line holding only this is dropped, not left blank."""
    return Piece("", node.name, Shape.TEXT)


def _rows(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Break at the template's own line ends; those inside a value stay inside it."""
    row: list[Piece] = []
    for piece in pieces:
        if piece.slot:
            row.append(piece)
            continue
        first, *more = piece.text.split("\n")
        row.append(Piece(first))
        for text in more:
            yield row
            row = [Piece(text)]
    yield row


@dataclass(slots=True)
class _Builder:
    """Collects rows into blocks."""

    done: list[Block] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    items: list[Line] = field(default_factory=list)
    has_button: bool = False

    def add(self, row: list[Piece]) -> None:
        """Take one row of the template, filled."""
        whole = [piece for piece in row if piece.slot or piece.text.strip()]
        words = _leading_words(whole)
        if not any(piece.text.strip() for piece in row):
            if not whole:
                self._flush()
        elif len(whole) == 1 and whole[0].shape is Shape.LINK and not self.has_button:
            self._flush()
            self.done.append(Button(whole[0].slot, whole[0].text))
            self.has_button = True
        elif whole[-1].shape in _LISTS and (len(whole) == 1 or (len(whole), words) == (2, "- ")):
            self._flush_lines()
            self.items.extend((Inline(text, url),) for text, url in whole[-1].items)
        elif words.startswith("- "):
            self._flush_lines()
            self.items.append(tuple(_bullet(row)))
        else:
            self._flush_items()
            self.lines.extend(_lines(row))

    def finished(self) -> tuple[Block, ...]:
        """Return all blocks."""
        self._flush()
        return tuple(self.done)

    def _flush(self) -> None:
        self._flush_lines()
        self._flush_items()

    def _flush_lines(self) -> None:
        if self.lines:
            self.done.append(Paragraph(tuple(self.lines)))
            self.lines = []

    def _flush_items(self) -> None:
        if self.items:
            self.done.append(Bullets(tuple(self.items)))
            self.items = []


def _leading_words(row: Sequence[Piece]) -> str:
    return row[0].text.lstrip() if row and not row[0].slot else ""


def _bullet(row: Sequence[Piece]) -> Iterator[Inline]:
    """One item of a list: the dash goes, and a value's line ends become spaces."""
    first, *rest = row
    yield from _linked(first.text.lstrip()[2:])
    for piece in rest:
        yield from _inlines(piece, " ".join(piece.text.split("\n")))


def _lines(row: Sequence[Piece]) -> Iterator[Line]:
    """The lines of a row: more than one where a value has several."""
    line: list[Inline] = []
    for piece in row:
        first, *more = piece.text.split("\n")
        line.extend(_inlines(piece, first))
        for text in more:
            yield tuple(line)
            line = list(_inlines(piece, text))
    yield tuple(line)


def _inlines(piece: Piece, text: str) -> Iterator[Inline]:
    if piece.shape is Shape.LINK and text:
        yield Inline(text, text)
    elif piece.slot:
        yield Inline(text)
    else:
        yield from _linked(text)


def _linked(words: str) -> Iterator[Inline]:
    """The template's own words: addresses of pages written there become links."""
    at = 0
    for found in WEB_LINK.finditer(words):
        url = found.group().rstrip(".,;:!?)")
        yield from _text(words[at : found.start()])
        yield Inline(url, url)
        at = found.start() + len(url)
    yield from _text(words[at:])


def _text(words: str) -> Iterator[Inline]:
    if words:
        yield Inline(words)
