"""What an account can be: its CRM and its health."""

from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l


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


CRM_NAMES: Final[dict[Crm, Text]] = {
    Crm.HUBSPOT: "HubSpot",
    Crm.PIPEDRIVE: "Pipedrive",
    Crm.SALESFORCE: "Salesforce",
    Crm.MANUAL: _l("Another CRM, by hand"),
}

HEALTH_NAMES: Final[dict[Health, Text]] = {
    Health.HEALTHY: _l("Healthy"),
    Health.NOT_CONNECTED: _l("Not connected"),
    Health.STALE: _l("Reading fails"),
    Health.BROKEN: _l("Connection broken"),
}
