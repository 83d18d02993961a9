"""Mail: what it says, how it looks, how it becomes a message, and what became of it."""

from flask import Flask

from portal.mail import jobs, models  # noqa: F401 - the tables and the jobs must be known


def register(app: Flask) -> None:
    """Open the room."""
