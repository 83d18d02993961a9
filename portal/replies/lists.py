"""People found in a list that came as a file: columns by what they are called, else by what they hold."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from portal.core.email_addresses import FoundAddress, contains_address, find_addresses, read_cell
from portal.replies import limits
from portal.replies.facts import (
    MOST_CONFIDENCE,
    Attachment,
    FoundJobRole,
    FoundList,
    ListedPerson,
    ListProblem,
)
from portal.replies.roles import RoleFinder
from portal.replies.sheets import CannotOpen, Row, sheets_of
from portal.replies.tokens import tokens_of

_FILE: Final = Path(__file__).with_name("columns.toml")
_NAME: Final = re.compile(r"[^\W\d_][^\d_@:;/\\<>|=]{0,79}")
_HEADINGS_WITHIN: Final = 10  # rows; a title may stand above them
_MOST_NAME: Final = 120
_NAME_COLUMNS: Final = 2

Columns = dict[str, int]


def read_list(file: Attachment, finder: RoleFinder) -> FoundList:
    """Return who is in a list, or why it cannot be read."""
    try:
        sheets = sheets_of(file.content, file.name)
    except CannotOpen as error:
        return FoundList(file.name, problem=error.problem)
    people: dict[str, ListedPerson] = {}
    for one in (one for rows in sheets for one in _people(rows, finder)):
        people.setdefault(one.email or one.words, one)
    if not people:
        return FoundList(file.name, problem=ListProblem.NOBODY)
    return FoundList(file.name, tuple(people.values())[: limits.LIST_PEOPLE], len(people))


def _people(rows: Sequence[Row], finder: RoleFinder) -> Iterable[ListedPerson]:
    """Return whom the rows name; nobody without an address, unless a column is called their name."""
    headings, below, named = _headings(rows)
    columns = _by_content(below, headings, finder)
    may_lack_address = bool(headings.keys() & {"name", "first_name", "last_name"})
    for row in below:
        reader = _Reader(row, columns, finder, named)
        addresses = reader.addresses()
        yield from (reader.person(address) for address in addresses)
        if not addresses and may_lack_address and any(reader.name()):
            yield reader.person(None)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One row, and what each of its columns is."""

    row: Row
    columns: Columns
    finder: RoleFinder
    named: frozenset[int]  # the columns that have a heading, whatever it says

    def addresses(self) -> list[FoundAddress]:
        """The addresses of the row; those of columns with a heading of their own are somebody else's."""
        place = self.columns.get("email")
        loose = [cell for at, cell in enumerate(self.row.cells) if at != place and at not in self.named]
        found = read_cell("\n".join([self.cell("email"), *filter(contains_address, loose)]))
        if len(found) == 1 and found[0].name and not self.named:  # "Last, First <...>", parted at its comma
            named = find_addresses(", ".join(self.row.cells))[0]
            return [replace(found[0], first_name=named.first_name, last_name=named.last_name)]
        return found

    def name(self) -> tuple[str, str]:
        """First and last name, as far as they are told apart."""
        first, last, whole = self.cell("first_name"), self.cell("last_name"), self.cell("name")
        if whole and (first or last):
            return (
                first or whole,
                last or whole,
            )  # beside a last name "name" is the first one, and the reverse
        if first or last:
            return first, last
        before, comma, behind = whole.partition(",")
        one, _blank, other = (f"{behind.strip()} {before}" if comma else whole).partition(" ")
        return one, other

    def person(self, address: FoundAddress | None) -> ListedPerson:
        """Whoever has this address; the name beside it counts where no column holds one."""
        first, last = self.name()
        if address and address.name and (not self.named or not (first or last)):
            first, last = address.first_name, address.last_name
        words = " · ".join(cell for cell in self.row.cells if cell)[: limits.LIST_CELL]
        role, wanted = self._job_role(), self.cell("job_role")
        email, doubt = (address.address, address.doubt) if address else ("", None)
        return ListedPerson(first, last, email, role, wanted, self.row.sheet, self.row.number, words, doubt)

    def _job_role(self) -> FoundJobRole | None:
        cell = self.cell("job_role")
        best = max(self.finder.mentions(tokens_of(cell)), key=lambda one: one.confidence, default=None)
        return FoundJobRole(best.key, cell, min(MOST_CONFIDENCE, best.confidence)) if best else None

    def cell(self, kind: str) -> str:
        """What the column of a kind holds."""
        place = self.columns.get(kind, limits.LIST_COLUMNS)
        cell = self.row.cells[place] if place < len(self.row.cells) else ""
        return cell[:_MOST_NAME] if kind != "email" else cell


def _headings(rows: Sequence[Row]) -> tuple[Columns, Sequence[Row], frozenset[int]]:
    """Return the known columns, the rows below, and all columns with a heading; without any, all rows."""
    for place, row in enumerate(rows[:_HEADINGS_WITHIN]):
        if any(map(contains_address, row.cells)):
            break
        named: Columns = {}
        for column, cell in enumerate(row.cells):
            kind = _kinds().get(_folded(cell))
            if kind:
                named.setdefault(kind, column)
        if named:
            return named, rows[place + 1 :], frozenset(at for at, cell in enumerate(row.cells) if cell)
    return {}, rows, frozenset()


def _by_content(rows: Sequence[Row], headings: Columns, finder: RoleFinder) -> Columns:
    """Complete the columns by what they hold: addresses, job roles, and where none is called so, names."""
    columns = dict(headings)
    _complete(columns, rows, "email", contains_address)
    _complete(columns, rows, "job_role", lambda cell: bool(finder.mentions(tokens_of(cell))))
    if not headings:
        named = sorted(_holding(columns, rows, lambda cell: bool(_NAME.fullmatch(cell)))[:_NAME_COLUMNS])
        kinds = ("first_name", "last_name") if len(named) == _NAME_COLUMNS else ("name",)
        columns.update(zip(kinds, named, strict=False))
    return columns


def _complete(columns: Columns, rows: Sequence[Row], kind: str, fits: Callable[[str], bool]) -> None:
    """Let a column be what most of its cells are; one that is called so stays, unless nothing in it fits."""
    called = columns.pop(kind, None)
    found = _holding(columns, rows, fits)
    if called is not None and (called in found or not found):
        columns[kind] = called
    elif found:
        columns[kind] = found[0]


def _holding(columns: Columns, rows: Sequence[Row], fits: Callable[[str], bool]) -> list[int]:
    """Columns that are nothing else yet and hold such cells, those with most of them first."""
    taken = set(columns.values())
    counted = Counter(
        place
        for row in rows
        for place, cell in enumerate(row.cells)
        if cell and place not in taken and fits(cell)
    )
    return [place for place, _count in counted.most_common()]


@cache
def _kinds() -> dict[str, str]:
    """Every heading, and what stands below it."""
    listed = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        _folded(heading): kind
        for kind, languages in listed.items()
        for headings in languages.values()
        for heading in headings
    }


def _folded(text: str) -> str:
    return " ".join(token.folded for token in tokens_of(text))
