"""Connectors: the code that speaks each CRM's API, and the protocol they share."""

from flask import Flask

from portal.crm import models  # noqa: F401 - the tables must be known


def register(app: Flask) -> None:
    """Open the room."""
