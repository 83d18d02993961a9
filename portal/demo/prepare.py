"""``flask prepare-demo``: the database up to date, and filled at the first start."""

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from portal.demo.filling import fill, follow_emulator
from portal.demo.housekeeping import FILLED, TABLES


@click.command("prepare-demo")
@with_appcontext
def prepare_demo() -> None:
    """Leave a demo that can be looked at; its jobs are worked off right here, so that it has a past."""
    settings = current_app.extensions["settings"]
    marker = settings.data_dir / FILLED
    upgrade()
    (settings.data_dir / TABLES).touch()
    if marker.exists():
        follow_emulator(settings.hubspot_url)
    else:
        fill(current_app)
        marker.touch()
