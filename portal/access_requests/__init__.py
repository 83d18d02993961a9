"""The main job: ask the client, take the answer, propose, provision, welcome, see the first sign-in."""

from flask import Flask

from portal.access_requests import models  # noqa: F401 - the tables must be known


def register(app: Flask) -> None:
    """Open the room."""
