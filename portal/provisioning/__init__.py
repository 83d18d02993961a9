"""Putting a user into a CRM: plan, apply, read back; one step at a time, resumable at any instant."""

from flask import Flask

from portal.provisioning import models  # noqa: F401 - the tables must be known


def register(app: Flask) -> None:
    """Open the room."""
