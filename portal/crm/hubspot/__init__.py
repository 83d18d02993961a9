"""HubSpot, version 2026-09: a thin client of the calls the portal needs."""

from portal.crm.hubspot.connector import HubSpotConnector

__all__ = ["HubSpotConnector"]
