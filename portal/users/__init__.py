"""The mirror of each account's CRM: users, seats, permission sets, teams, last sign-in."""

from flask import Flask

from portal.users import jobs, models, queries, views  # noqa: F401 - the tables and the jobs must be known
from portal.users.states import ORDER_NAMES, PARTNER_SEAT, STAGE_NAMES, STATUS_NAMES


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.jinja_env.globals.update(
        ORDER_NAMES=ORDER_NAMES,
        PARTNER_SEAT=PARTNER_SEAT,
        STAGE_NAMES=STAGE_NAMES,
        STATUS_NAMES=STATUS_NAMES,
        quiet_since=queries.quiet_since,
    )
