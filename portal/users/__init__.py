"""The mirror of each account's CRM: users, seats, permission sets, teams, last sign-in."""

from flask import Flask

from portal.users import models  # noqa: F401 - the tables must be known


def register(app: Flask) -> None:
    """Open the room."""
