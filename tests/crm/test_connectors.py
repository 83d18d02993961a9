import pytest

from portal.crm.connectors import CRMS, deep_link, open_connector
from portal.crm.errors import NotAvailable, NotConnected
from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import Place


def test_hubspot_has_a_connector() -> None:
    connector = open_connector(CRMS.HUBSPOT, "demo-free-1", "https://api.hubapi.com")

    connector.close()
    assert isinstance(connector, HubSpotConnector)


def test_a_crm_without_a_connector_says_so() -> None:
    with pytest.raises(NotAvailable) as caught:
        open_connector(CRMS.PIPEDRIVE, "x", "https://api.pipedrive.com")

    assert str(caught.value) == "The portal cannot connect to Pipedrive yet. Steps there are done by hand."


def test_a_manual_account_is_not_connected() -> None:
    with pytest.raises(NotConnected):
        open_connector(CRMS.MANUAL, "", "")


def test_every_crm_has_a_name_and_only_hubspot_can_be_connected() -> None:
    assert [(str(crm.label), crm.can_connect) for crm in CRMS] == [
        ("HubSpot", True),
        ("Pipedrive", False),
        ("Salesforce", False),
        ("Another CRM, by hand", False),
    ]


def test_a_page_of_the_crm_is_linked_where_its_address_is_known() -> None:
    assert deep_link(CRMS.HUBSPOT, "https://app.hubspot.com", "5", Place.USERS) == (
        "https://app.hubspot.com/settings/5/users"
    )
    assert deep_link(CRMS.MANUAL, "https://app.hubspot.com", "5", Place.USERS) is None
    assert deep_link(CRMS.HUBSPOT, "", "5", Place.USERS) is None
