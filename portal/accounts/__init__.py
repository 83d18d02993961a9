"""The clients' CRM accounts, their contacts, and the way from one to the next."""

from flask import Flask

from portal.accounts.addresses import load_account


def register(app: Flask) -> None:
    """Open the room."""
    app.before_request(load_account)
