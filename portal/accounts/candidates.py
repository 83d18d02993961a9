"""The rows of an import, each looked at cell by cell before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from babel import Locale

from portal.accounts import queries
from portal.accounts.actions import AccountFacts, ContactFacts
from portal.accounts.sheets import SPOILED
from portal.accounts.states import Crm
from portal.accounts.tags import read_tags, tags_problem
from portal.core.texts import LANGUAGES, Text, _, _l, folded
from portal.core.typed_addresses import read_imported

FIELDS: Final[dict[str, Text]] = {
    "name": _l("Name"),
    "crm": _l("CRM"),
    "language": _l("Language"),
    "tags": _l("Tags"),
    "contact_name": _l("Contact"),
    "contact_email": _l("Contact address"),
    "contact_language": _l("Contact language"),
}

MAX_NAME: Final = 120

_CRMS: Final = {
    **{crm.value: crm for crm in Crm},
    **dict.fromkeys(("other", "autre", "ander", "andere", "otro"), Crm.MANUAL),
}

# "fr", "French", "français", "Frans", "Französisch", "francés": whatever people write.
_LANGUAGES: Final = {
    **{code: code for code in LANGUAGES},
    **{
        folded(str(Locale(code).get_language_name(reader))): code
        for code in LANGUAGES
        for reader in LANGUAGES
    },
}


@dataclass(slots=True)
class Candidate:
    """A row that may become an account, and what stands in its way."""

    line: int
    cells: dict[str, str]
    errors: dict[str, Text] = field(default_factory=dict)

    def facts(self, language: str) -> AccountFacts:
        """Return the account of a row without errors; ``language`` where the row names none."""
        return AccountFacts(
            name=self.cells["name"],
            crm=_CRMS[folded(self.cells["crm"])] if self.cells["crm"] else Crm.HUBSPOT,
            language=_LANGUAGES.get(folded(self.cells["language"]), language),
            tags=read_tags(_commas(self.cells["tags"])),
        )

    def contact(self, language: str) -> ContactFacts | None:
        """Return the contact of a row without errors, if it names one."""
        if not self.cells["contact_email"]:
            return None
        spoken = _LANGUAGES.get(folded(self.cells["contact_language"]), language)
        return ContactFacts(self.cells["contact_name"], self.cells["contact_email"], spoken)


def check_rows(rows: Sequence[dict[str, Any]]) -> list[Candidate]:
    """Return every row with the errors of its cells; one statement, whatever their number."""
    candidates = [
        Candidate(row["line"], {name: row["cells"].get(name, "") for name in FIELDS}) for row in rows
    ]
    taken = queries.names_taken([folded(candidate.cells["name"])[:MAX_NAME] for candidate in candidates])
    first: dict[str, int] = {}
    for candidate in candidates:
        _check_name(candidate, taken, first)
        _check_choices(candidate)
        _check_contact(candidate)
        for name, cell in candidate.cells.items():
            if SPOILED in cell:
                candidate.errors[name] = _("This contains characters that cannot be stored.")
    return candidates


def _check_name(candidate: Candidate, taken: set[str], first: dict[str, int]) -> None:
    name = candidate.cells["name"]
    key = folded(name)[:MAX_NAME]
    if not name:
        candidate.errors["name"] = _("Every account needs a name.")
    elif len(name) > MAX_NAME:
        candidate.errors["name"] = _("A name has at most %(most)s letters.", most=MAX_NAME)
    elif key in taken:
        candidate.errors["name"] = _("An account has this name already.")
    elif key in first:
        candidate.errors["name"] = _("Line %(line)s has the same name.", line=first[key])
    else:
        first[key] = candidate.line


def _check_choices(candidate: Candidate) -> None:
    cells, errors = candidate.cells, candidate.errors
    if cells["crm"] and folded(cells["crm"]) not in _CRMS:
        errors["crm"] = _("Not a CRM we know: hubspot, pipedrive, salesforce or other.")
    for name in ("language", "contact_language"):
        if cells[name] and folded(cells[name]) not in _LANGUAGES:
            errors[name] = _("Not a language we speak: en, fr, nl, de or es.")
    problem = tags_problem(read_tags(_commas(cells["tags"])))
    if problem:
        errors["tags"] = problem


def _check_contact(candidate: Candidate) -> None:
    cells, errors = candidate.cells, candidate.errors
    name, email = cells["contact_name"], cells["contact_email"]
    if len(name) > MAX_NAME:
        errors["contact_name"] = _("A name has at most %(most)s letters.", most=MAX_NAME)
    if email and not name:
        errors["contact_name"] = _("Say whose address this is.")
    if name and not email:
        errors["contact_email"] = _("Without an address nobody can be asked.")
    if email:
        typed = read_imported(email)
        cells["contact_email"] = typed.text
        if typed.problem:
            errors["contact_email"] = typed.problem


def _commas(text: str) -> str:
    return text.replace(";", ",").replace("|", ",")
