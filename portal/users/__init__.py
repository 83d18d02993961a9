"""The mirror of each account's CRM: users, seats, permission sets, teams, last sign-in."""

from flask import Flask

from portal.users import jobs, models, views  # noqa: F401 - the tables and the jobs must be known
from portal.users.states import PARTNER_SEAT, QUIET_AFTER, STAGE_NAMES, STATUS_NAMES


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.jinja_env.globals.update(
        PARTNER_SEAT=PARTNER_SEAT,
        QUIET_AFTER=QUIET_AFTER,
        STAGE_NAMES=STAGE_NAMES,
        STATUS_NAMES=STATUS_NAMES,
    )
