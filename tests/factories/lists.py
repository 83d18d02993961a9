"""Lists of people as files, and files that only claim to be one."""

import io
import zipfile
from collections.abc import Sequence

import openpyxl

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a0 "lol">'
    + b"".join(b'<!ENTITY a%d "%s">' % (depth, b"&a%d;" % (depth - 1) * 10) for depth in range(1, 10))
    + b"]>"
)
_OUTSIDE = b'<!DOCTYPE l [<!ENTITY a9 SYSTEM "file:///etc/hostname">]>'


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """An XLSX with these rows on its sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return _saved(book)


def with_hidden_sheet(**sheets: Sequence[Sequence[object]]) -> bytes:
    """The same, with the last sheet hidden."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(**sheets)))
    book.worksheets[-1].sheet_state = "hidden"
    return _saved(book)


def replaced(part: str, content: bytes) -> bytes:
    """An XLSX of one person with one of its parts replaced by something else."""
    source = zipfile.ZipFile(io.BytesIO(workbook(People=[["Name", "Email"], ["Ana", "ana@maple.example"]])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, content if name == part else source.read(name))
    return out.getvalue()


def in_a_cell(text: bytes, before: bytes = b"") -> bytes:
    """An XLSX whose only cell holds this XML, with something in front of the root element."""
    cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + text + b"</t></is></c></row>"
    return replaced(
        SHEET, before + b"<worksheet " + _MAIN + b"><sheetData>" + cell + b"</sheetData></worksheet>"
    )


def laughing() -> bytes:
    """Entities within entities, a billion times."""
    return in_a_cell(b"&a9;@a.example", _LAUGHS)


def looking_around() -> bytes:
    """An entity that is a file of ours."""
    return in_a_cell(b"&a9;@a.example", _OUTSIDE)


def bomb() -> bytes:
    """100 MB of nothing in 100 KB."""
    return replaced(SHEET, b" " * 100_000_000)


def lying_bomb() -> bytes:
    """The same, but it says that it unpacks to a kilobyte."""
    size = (100_000_000).to_bytes(4, "little")
    return bomb().replace(size, (1000).to_bytes(4, "little"))


def nested() -> bytes:
    """Two million elements within each other."""
    return replaced(SHEET, b"<a>" * 2_000_000)


def _saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
