import pytest

from portal.accounts.states import Crm
from portal.crm.connectors import CONNECTABLE, deep_link, open_connector
from portal.crm.errors import NotAvailable, NotConnected
from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import Place


def test_hubspot_has_a_connector() -> None:
    connector = open_connector(Crm.HUBSPOT, "demo-free-1", "https://api.hubapi.com")

    connector.close()
    assert isinstance(connector, HubSpotConnector)


def test_a_crm_without_a_connector_says_so() -> None:
    with pytest.raises(NotAvailable) as caught:
        open_connector(Crm.PIPEDRIVE, "x", "https://api.pipedrive.com")

    assert str(caught.value) == "The portal cannot connect to Pipedrive yet. Steps there are done by hand."


def test_a_manual_account_is_not_connected() -> None:
    with pytest.raises(NotConnected):
        open_connector(Crm.MANUAL, "", "")


def test_only_hubspot_can_be_connected() -> None:
    assert frozenset({Crm.HUBSPOT}) == CONNECTABLE


def test_a_page_of_the_crm_is_linked_where_its_address_is_known() -> None:
    assert deep_link(Crm.HUBSPOT, "https://app.hubspot.com", "5", Place.USERS) == (
        "https://app.hubspot.com/settings/5/users"
    )
    assert deep_link(Crm.MANUAL, "https://app.hubspot.com", "5", Place.USERS) is None
    assert deep_link(Crm.HUBSPOT, "", "5", Place.USERS) is None
