"""The rows of a list that came as a file, inside the child: text with separators and XLSX, within limits.

Formulas are never worked out: of a cell that holds one, what was saved as its result is read.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from lxml.etree import XMLSyntaxError
from openpyxl.utils.exceptions import InvalidFileException

from portal.core.email_addresses import visible
from portal.replies import limits
from portal.replies.decoding import decode
from portal.replies.facts import ListProblem

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"  # an XLS of old, or an XLSX behind a password
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS: Final = ",;\t|"
_NO_SEPARATOR: Final = "\x1f"
_LOOKED_AT: Final = 20  # lines that show which one separates
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_TEXT: Final = (".csv", ".tsv", ".txt")
_SAID: Final = re.compile(r"sep=(?P<separator>[,;\t|])\s*$", re.IGNORECASE)  # Excel's own first line
_FAULTS: Final = (
    *(zipfile.BadZipFile, InvalidFileException, ParseError, XMLSyntaxError, csv.Error, NotImplementedError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError),
)


class CannotOpen(Exception):
    """The file is no list, or beyond a limit; ``problem`` says which."""

    def __init__(self, problem: ListProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something: where it stands, counted from 1, and its cells as lines of text."""

    sheet: str
    number: int
    cells: tuple[str, ...]


def sheets_of(content: bytes, name: str) -> list[list[Row]]:
    """Return the rows of every sheet, without empty ones; raises ``CannotOpen``."""
    if len(content) > limits.LIST_BYTES:
        raise CannotOpen(ListProblem.TOO_LARGE)
    if content.startswith(_OLE):
        raise CannotOpen(ListProblem.LOCKED)
    try:
        if content.startswith(_ZIP):
            return list(_of_workbook(content))
        if name.lower().endswith(_TEXT):
            return [_rows("", _of_text(content))]
    except _FAULTS:
        pass  # what a file of another kind, or a broken one, comes to
    raise CannotOpen(ListProblem.BROKEN)


def _of_workbook(content: bytes) -> Iterator[list[Row]]:
    _refuse_bombs(content)
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for sheet in shown[: limits.LIST_SHEETS]:
        sheet.reset_dimensions()  # what a file says of its own size may be wrong
        cells = sheet.iter_rows(max_col=limits.LIST_COLUMNS, values_only=True)
        yield _rows(sheet.title if len(shown) > 1 else "", cells)


def _refuse_bombs(content: bytes) -> None:
    """Nothing is unpacked beyond the size a file says it has; so it is enough to add those up."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > limits.LIST_UNPACKED_BYTES:
            raise CannotOpen(ListProblem.TOO_LARGE)


def _of_text(content: bytes) -> Iterator[Sequence[str]]:
    text = decode(content, "utf-16" if content.startswith(_UTF_16) else "")
    first, _break, below = text.partition("\n")
    said = _SAID.match(first)
    lines = [line for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    separator = _separator(lines)
    if said:
        text, separator = f"\n{below}", said["separator"]  # the rows keep their numbers
    for cells in csv.reader(io.StringIO(text), delimiter=separator):
        yield cells[: limits.LIST_COLUMNS]


def _separator(lines: Sequence[str]) -> str:
    """The sign that stands in most lines, and at least in half of them; else lines have one cell."""
    counted = {sign: sum(sign in line for line in lines) for sign in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda sign: counted[sign])
    return best if counted[best] * 2 >= len(lines) else _NO_SEPARATOR


def _rows(sheet: str, found: Iterable[Sequence[Any]]) -> list[Row]:
    numbered = ((number, tuple(_as_text(cell) for cell in cells)) for number, cells in enumerate(found, 1))
    filled = (Row(_seen(sheet), number, cells) for number, cells in numbered if any(cells))
    rows = list(islice(filled, limits.LIST_ROWS + 1))
    if len(rows) > limits.LIST_ROWS:
        raise CannotOpen(ListProblem.TOO_MANY_ROWS)
    return rows


def _as_text(cell: Any) -> str:
    """What a cell says; one that would be a formula elsewhere says nothing."""
    text = "" if cell is None else _seen(str(cell))
    return "" if text.startswith("=") else text


def _seen(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", visible(text[: limits.LIST_CELL])).split())
