"""Reading what a spreadsheet program wrote: any usual encoding and separator, columns found by name."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from portal.core.texts import Text, _, folded

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 1000
MAX_COLUMNS: Final = 50
MAX_SHOWN: Final = 300  # letters of a cell that is too long anyway
SPOILED: Final = "\ufffd"  # stands where a character cannot be stored

# What each column may be called in the languages the product speaks, folded.
HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "name": (
        *("name", "account", "account name", "client", "company"),
        *("nom", "compte", "nom du compte", "societe", "entreprise"),
        *("naam", "klant", "accountnaam", "bedrijf"),
        *("konto", "kontoname", "kunde", "firma", "unternehmen"),
        *("nombre", "cuenta", "nombre de la cuenta", "cliente", "empresa"),
    ),
    "crm": ("crm", "crm system"),
    "language": ("language", "langue", "taal", "sprache", "idioma", "lengua"),
    "tags": ("tags", "tag", "etiquettes", "etiketten", "schlagworte", "schlagworter", "etiquetas"),
    "contact_name": (
        *("contact", "contact name", "nom du contact", "contactpersoon", "naam contact"),
        *("kontakt", "name des kontakts", "ansprechpartner", "contacto", "nombre del contacto"),
    ),
    "contact_email": (
        *("contact address", "contact email", "contact e mail", "address", "email", "e mail"),
        *("adresse", "adresse du contact", "courriel", "adres", "adres contact", "e mailadres"),
        *("e mail adresse", "adresse des kontakts", "correo", "direccion", "direccion del contacto"),
    ),
    "contact_language": (
        *("contact language", "langue du contact", "taal contact", "taal van de contactpersoon"),
        *("sprache des kontakts", "idioma del contacto"),
    ),
}

_FIELDS: Final = {header: field for field, headers in HEADERS.items() for header in headers}
_NOT_WORD = re.compile(r"[\W_]+")


class Unreadable(Exception):
    """This is no list of accounts; says why, in words for the member."""

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file: each its line and its cells by field; and the columns nobody asked for."""

    rows: list[dict[str, Any]]
    unused_columns: list[str]


def decode(data: bytes) -> str:
    """Return the text of a file, or raise ``Unreadable``."""
    if len(data) > MAX_BYTES:
        raise Unreadable(_("This file is larger than 2 MB. Split it, and import the parts one by one."))
    if data.startswith(b"PK\x03\x04"):
        raise Unreadable(_("This is a spreadsheet, not a CSV file. Save it as CSV, and choose that file."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_sheet(text: str) -> Sheet:
    """Return the rows of a list with a header, or raise ``Unreadable``."""
    header, *lines = _lines(text) or [(1, [])]
    columns, unused = _columns(header[1])
    if not lines:
        raise Unreadable(_("There is no account below the names of the columns."))
    if len(lines) > MAX_ROWS:
        raise Unreadable(_("More than %(most)s rows. Split the list, and import the parts.", most=MAX_ROWS))
    rows = [
        {"line": number, "cells": {field: cells[at] for field, at in columns.items() if at < len(cells)}}
        for number, cells in lines
    ]
    return Sheet(rows, unused)


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Return the lines that are not blank, with their numbers."""
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_separator(text), strict=True
    )
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and len(lines) <= MAX_ROWS + 1:
                lines.append((reader.line_num, [_plain(cell) for cell in cells[:MAX_COLUMNS]]))
    except csv.Error:
        raise Unreadable(
            _(
                "Line %(line)s cannot be read. Look for a quotation mark without its pair.",
                line=reader.line_num,
            )
        ) from None
    return lines


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _columns(header: list[str]) -> tuple[dict[str, int], list[str]]:
    columns: dict[str, int] = {}
    unused: list[str] = []
    for at, name in enumerate(header):
        field = _FIELDS.get(_NOT_WORD.sub(" ", folded(name)).strip())
        if field is None or field in columns:
            unused.extend([name] if name else [])
        else:
            columns[field] = at
    if "name" not in columns:
        raise Unreadable(
            _("No column is called name. The first line must name the columns, as in the sample file.")
        )
    return columns, unused


def _plain(cell: str) -> str:
    """Return a cell on one line, with a mark where a character cannot be stored."""
    line = " ".join(cell.split())
    return "".join(SPOILED if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in line)[
        :MAX_SHOWN
    ]
