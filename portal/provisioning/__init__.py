"""Putting a user into a CRM: plan, apply, read back; one step at a time, resumable at any instant."""

from flask import Flask

from portal.provisioning import jobs, models  # noqa: F401 - jobs and tables must be known


def register(app: Flask) -> None:
    """Open the room."""
