"""Signing in and out, sessions that can be listed and ended, forgotten passwords, one's own profile."""

from flask import Flask

from portal.sign_in import (  # noqa: F401 - the jobs register themselves
    confirm_views,
    jobs,
    keeping,
    known_browsers,
    profile_views,
    sessions,
    views,
)


def register(app: Flask) -> None:
    """Open the room."""
    sessions.login_manager.init_app(app)
    known_browsers.register(app)
    app.register_blueprint(views.blueprint)
    confirm_views.register(app)
    keeping.register(app)
    app.register_blueprint(profile_views.blueprint)
