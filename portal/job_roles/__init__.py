"""Job roles: what a person does, in the client's words."""

from flask import Flask

from portal.job_roles import views


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
