"""Connectors: the code that speaks each CRM's API, and the protocol they share."""
