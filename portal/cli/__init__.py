"""Commands for whoever runs the portal: the worker, the first owner, the proof of the trail."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.agencies.queries import agencies
from portal.audit.trail import first_broken
from portal.cli.keys import make_key, rotate_keys


@click.command("worker")
@click.option("--workers", default=4, show_default=True, help="Jobs at a time.")
@with_appcontext
def worker(workers: int) -> None:
    """Work off the background jobs until stopped."""
    current_app.extensions["jobs"].work(workers)


@click.command("verify-audit")
@with_appcontext
def verify_audit() -> None:
    """Prove that nobody touched the audit trail; exit 1 and name the first broken entry if somebody did."""
    with scope.every_agency(reason="every agency's trail is checked"):
        everyone = [(agency.id, agency.name) for agency in agencies()]
    broken = {name: first_broken(agency_id) for agency_id, name in everyone}
    for name, sequence in broken.items():
        click.echo(f"{name}: intact" if sequence is None else f"{name}: broken at entry {sequence}")
    if any(sequence is not None for sequence in broken.values()):
        raise click.exceptions.Exit(1)


def register(app: Flask) -> None:
    """Add the commands."""
    for command in (worker, verify_audit, make_key, rotate_keys):
        app.cli.add_command(command)
