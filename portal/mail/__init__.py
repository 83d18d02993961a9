"""Mail: what it says, how it looks, how it becomes a message, and what became of it."""

from flask import Flask

from portal.mail import jobs, models, template_models, views  # noqa: F401 - the tables and the jobs must be known
from portal.mail.states import EVENTS, OUTCOMES, REASONS, STATE_NAMES
from portal.mail.tabs import TABS


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.jinja_env.globals.update(
        MAIL_TABS=TABS,
        MAIL_STATE_NAMES=STATE_NAMES,
        MAIL_REASONS=REASONS,
        MAIL_OUTCOMES=OUTCOMES,
        MAIL_EVENTS=EVENTS,
    )
