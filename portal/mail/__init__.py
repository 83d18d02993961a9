"""Mail: what it says, how it looks, how it becomes a message, and what became of it."""

from flask import Flask

from portal.mail import (  # noqa: F401 - the tables and the jobs must be known
    address_views,
    event_views,
    jobs,
    models,
    sending_views,
    template_models,
    views,
)
from portal.mail.sign_in_words import advice
from portal.mail.states import EVENTS, OUTCOMES, REASONS, STATE_NAMES
from portal.mail.tabs import TABS


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(address_views.blueprint)
    app.register_blueprint(sending_views.blueprint)
    app.register_blueprint(event_views.blueprint)
    app.extensions["csrf"].exempt(event_views.blueprint)  # the signature guards it instead
    app.jinja_env.globals.update(
        MAIL_TABS=TABS,
        MAIL_STATE_NAMES=STATE_NAMES,
        MAIL_REASONS=REASONS,
        MAIL_OUTCOMES=OUTCOMES,
        MAIL_EVENTS=EVENTS,
        sign_in_advice=advice,
    )
