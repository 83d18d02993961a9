"""The agency's own people: invited, placed, limited to accounts, ended and restored."""

from flask import Flask

from portal.team import views


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(views.invitations)
