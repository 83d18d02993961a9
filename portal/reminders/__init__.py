"""Who is reminded of a question, when, and when to give up; what the question is, other rooms know."""

from flask import Flask

from portal.reminders import models, views  # noqa: F401 - the tables must be known
from portal.reminders.states import END_NAMES


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.jinja_env.globals["CHASE_END_NAMES"] = END_NAMES
