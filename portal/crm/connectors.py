"""Which CRMs there are, and how to reach an account in each."""

from typing import Final

from portal.accounts.states import CRM_NAMES, Crm
from portal.core.texts import _l
from portal.crm.errors import NotAvailable, NotConnected
from portal.crm.hubspot import HubSpotConnector
from portal.crm.hubspot.addresses import deep_link as hubspot_link
from portal.crm.protocol import Connector, Place

# The CRMs that a connector exists for.
CONNECTABLE: Final = frozenset({Crm.HUBSPOT})


def open_connector(crm: Crm, token: str, base_url: str) -> Connector:
    """Return a connector to one account; raises ``NotConnected`` or ``NotAvailable`` where there is none."""
    if crm is Crm.HUBSPOT:
        return HubSpotConnector(token, base_url=base_url)
    if crm is Crm.MANUAL:
        raise NotConnected(_l("This account has no connected CRM. Its steps are done by hand."))
    raise NotAvailable(
        _l("The portal cannot connect to %(crm)s yet. Steps there are done by hand.", crm=CRM_NAMES[crm])
    )


def deep_link(crm: Crm, app_url: str, external_id: str, place: Place, user_id: str = "") -> str | None:
    """Return the page of the CRM where a step is done by hand, or None where no address is known."""
    if crm is not Crm.HUBSPOT or not app_url or not external_id:
        return None
    return hubspot_link(app_url, external_id, place, user_id)
