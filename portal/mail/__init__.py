"""Mail: what it says, how it looks, and how it becomes a message."""

from flask import Flask

from portal.mail import models  # noqa: F401 - the tables must be known


def register(app: Flask) -> None:
    """Open the room."""
