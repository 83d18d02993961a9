"""Connectors: the code that speaks each CRM's API, and the protocol they share."""

from flask import Flask

from portal.crm import jobs, views  # noqa: F401 - the jobs must be known


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
