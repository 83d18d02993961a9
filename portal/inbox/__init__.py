"""What comes in by mail: stored before anything else, judged, and shown at what it answers.

It knows no access request: a room above names its job in ``states.LISTENERS`` and takes its mails from here.
"""

from flask import Flask

from portal.inbox import jobs, models, views, webhook_views  # noqa: F401 - tables and jobs must be known
from portal.inbox.states import CALENDAR_NAMES, FATE_COLOURS, FATE_HINTS, FATE_NAMES, WHY, WORDLESS
from portal.mail.reading import without_secrets


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(webhook_views.blueprint)
    app.jinja_env.filters["without_secrets"] = without_secrets
    app.jinja_env.globals.update(
        FATE_NAMES=FATE_NAMES,
        FATE_HINTS=FATE_HINTS,
        FATE_COLOURS=FATE_COLOURS,
        FATE_WHY=WHY,
        CALENDAR_NAMES=CALENDAR_NAMES,
        WORDLESS=WORDLESS,
    )
    app.extensions["csrf"].exempt(webhook_views.blueprint)  # each mail carries a signature instead
