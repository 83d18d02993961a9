"""Which CRMs there are, and how to reach an account in each."""

from enum import StrEnum

from portal.core.texts import Text, _l
from portal.crm.errors import NotAvailable, NotConnected
from portal.crm.hubspot import HubSpotConnector
from portal.crm.hubspot.addresses import deep_link as hubspot_link
from portal.crm.protocol import Connector, Place


class CRMS(StrEnum):
    """The CRMs an account can live in; ``MANUAL`` is any other, and every step there is done by hand."""

    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    SALESFORCE = "salesforce"
    MANUAL = "manual"

    @property
    def label(self) -> Text:
        """The name to show."""
        return _LABELS[self]

    @property
    def can_connect(self) -> bool:
        """Whether a connector exists."""
        return self is CRMS.HUBSPOT


_LABELS: dict[CRMS, Text] = {
    CRMS.HUBSPOT: "HubSpot",
    CRMS.PIPEDRIVE: "Pipedrive",
    CRMS.SALESFORCE: "Salesforce",
    CRMS.MANUAL: _l("Another CRM, by hand"),
}


def open_connector(crm: CRMS, token: str, base_url: str) -> Connector:
    """Return a connector to one account; raises ``NotConnected`` or ``NotAvailable`` where there is none."""
    if crm is CRMS.HUBSPOT:
        return HubSpotConnector(token, base_url=base_url)
    if crm is CRMS.MANUAL:
        raise NotConnected(_l("This account has no connected CRM. Its steps are done by hand."))
    raise NotAvailable(
        _l("The portal cannot connect to %(crm)s yet. Steps there are done by hand.", crm=crm.label)
    )


def deep_link(crm: CRMS, app_url: str, external_id: str, place: Place, user_id: str = "") -> str | None:
    """Return the page of the CRM where a step is done by hand, or None where no address is known."""
    if crm is not CRMS.HUBSPOT or not app_url or not external_id:
        return None
    return hubspot_link(app_url, external_id, place, user_id)
