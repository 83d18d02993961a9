"""The job roles every agency starts with, in the client's words and five languages.

They are data, not screen text: copied into the database when an agency is created, and then
the agency's to change.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_SHIPPED = Path(__file__).parent / "shipped"
_FALLBACK = "en"


class ShippedJobRole(StrEnum):
    """The job roles that are shipped, in the order they are shown."""

    SALES_REP = "sales_rep"
    SALES_MANAGER = "sales_manager"
    MARKETER = "marketer"
    SERVICE_AGENT = "service_agent"
    REPORTS_ONLY = "reports_only"
    ADMINISTRATOR = "administrator"
    EXTERNAL_PARTNER = "external_partner"


@dataclass(frozen=True, slots=True)
class JobRoleText:
    """A job role as a client reads it: its name, what this person does, and what they can do."""

    name: str
    description: str
    can_do: tuple[str, ...]


@cache
def shipped_job_role(job_role: ShippedJobRole, language: str) -> JobRoleText:
    """The text of one shipped job role in this language, or in English where there is none."""
    text = _texts(language)[job_role]
    return JobRoleText(text["name"], text["description"], tuple(text["can_do"]))


@cache
def _texts(language: str) -> dict[str, Any]:
    """A language is one of the files that are here, so no path can be made of it."""
    shipped = {path.stem: path for path in _SHIPPED.glob("*.toml")}
    return tomllib.loads(shipped.get(language, shipped[_FALLBACK]).read_text(encoding="utf-8"))
