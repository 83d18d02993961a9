"""Job roles: what a person does, in the client's words."""

from flask import Flask

from portal.job_roles import models  # noqa: F401 - the tables must be known


def register(app: Flask) -> None:
    """Open the room."""
