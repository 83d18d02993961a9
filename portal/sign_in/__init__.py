"""Signing in and out, sessions that can be listed and ended, forgotten passwords."""

from flask import Flask

from portal.sign_in import sessions, views


def register(app: Flask) -> None:
    """Open the room."""
    sessions.login_manager.init_app(app)
    app.register_blueprint(views.blueprint)
