"""What an account can be: its CRM, its health, its colour; and how a list of accounts is asked for."""

from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

IMPORT: Final = "accounts.import"  # the job; argument: the id of the ``AccountImport``


class Crm(StrEnum):
    """The CRMs an account can live in; ``MANUAL`` is any other, and every step there is done by hand."""

    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    SALESFORCE = "salesforce"
    MANUAL = "manual"


class Health(StrEnum):
    """How well the portal can see into an account's CRM."""

    HEALTHY = "healthy"
    NOT_CONNECTED = "not_connected"
    STALE = "stale"  # connected, but the last reads failed
    BROKEN = "broken"  # the credentials are dead


UNREADABLE: Final = frozenset({Health.BROKEN, Health.STALE})

CRM_NAMES: Final[dict[Crm, Text]] = {
    Crm.HUBSPOT: "HubSpot",
    Crm.PIPEDRIVE: "Pipedrive",
    Crm.SALESFORCE: "Salesforce",
    Crm.MANUAL: _l("Other, by hand"),
}

HEALTH_NAMES: Final[dict[Health, Text]] = {
    Health.HEALTHY: _l("Healthy"),
    Health.NOT_CONNECTED: _l("Not connected"),
    Health.STALE: _l("Reading fails"),
    Health.BROKEN: _l("Connection broken"),
}

# Tabler's colour names, as they are shown and as mails write them.
COLOURS: Final[dict[str, Text]] = {
    "blue": _l("Blue"),
    "azure": _l("Azure"),
    "indigo": _l("Indigo"),
    "purple": _l("Purple"),
    "pink": _l("Pink"),
    "red": _l("Red"),
    "orange": _l("Orange"),
    "yellow": _l("Yellow"),
    "lime": _l("Lime"),
    "green": _l("Green"),
    "teal": _l("Teal"),
    "cyan": _l("Cyan"),
}

HEX_COLOURS: Final[dict[str, str]] = {
    "blue": "#066fd1",
    "azure": "#4299e1",
    "indigo": "#4263eb",
    "purple": "#ae3ec9",
    "pink": "#d6336c",
    "red": "#d63939",
    "orange": "#f76707",
    "yellow": "#f59f00",
    "lime": "#74b816",
    "green": "#2fb344",
    "teal": "#0ca678",
    "cyan": "#17a2b8",
}


class Waiting(StrEnum):
    """Who an account's access requests wait for."""

    CLIENT = "client"
    US = "us"


WAITING_NAMES: Final[dict[Waiting, Text]] = {
    Waiting.CLIENT: _l("Waiting for the client"),
    Waiting.US: _l("Waiting for us"),
}


class Sort(StrEnum):
    """The orders a list of accounts comes in."""

    NAME = "name"
    LAST_READ = "last_read"
    WAITING = "waiting"
    FREE_SEATS = "free_seats"


SORT_NAMES: Final[dict[Sort, Text]] = {
    Sort.NAME: _l("Name"),
    Sort.LAST_READ: _l("Last read, latest first"),
    Sort.WAITING: _l("Waiting, most first"),
    Sort.FREE_SEATS: _l("Free seats, most first"),
}
