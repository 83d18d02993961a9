"""Commands for whoever runs the portal: the worker, the first owner, the proof of the trail."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from portal.agencies import scope
from portal.agencies.queries import agencies
from portal.audit.proof import prove
from portal.cli.backups import backup, restore
from portal.cli.inbox import give_mailbox, inbox_sum
from portal.cli.keys import make_key, rotate_keys
from portal.cli.mail import mail_sign_in
from portal.cli.owners import create_owner
from portal.cli.replies import read_reply
from portal.core import clock
from portal.demo.emulator.commands import emulator_command
from portal.demo.scale.commands import seed
from portal.jobs.restoring import take_precautions
from portal.jobs.work import step


@click.command("worker")
@click.option("--workers", default=4, show_default=True, help="Jobs at a time.")
@with_appcontext
def worker(workers: int) -> None:
    """Work off the background jobs until stopped."""
    current_app.extensions["jobs"].work(workers)


@click.command("after-restore")
@with_appcontext
def after_restore() -> None:
    """Say that the database was restored from a backup, before anything is started: nothing is sent twice.

    A worker notices by itself, unless its data folder was restored along with the database.
    """
    with scope.every_agency(reason="what waits may have been done in every agency"), step():
        take_precautions(clock.now())
    click.echo("Mails that waited at the time of the backup are in doubt now: decide about each under Mails.")


@click.command("verify-audit")
@with_appcontext
def verify_audit() -> None:
    """Prove that nobody touched the audit trail; exit 1 and name the first broken entry if somebody did.

    Note the last line somewhere else: a whole copy of an older trail put in place fits by itself.
    """
    with scope.every_agency(reason="every agency's trail is checked"):
        everyone = [(agency.id, agency.name) for agency in agencies()]
    is_intact = True
    for agency_id, name in everyone:
        with scope.agency(agency_id):
            proof = prove()
        is_intact = is_intact and proof.broken_at is None
        outcome = f"broken at entry {proof.broken_at}" if proof.broken_at else "intact"
        click.echo(
            f"{name}: {outcome} ({proof.entries} entries fit, ends with {proof.last_hash[:12] or '-'})"
        )
    if not is_intact:
        raise click.exceptions.Exit(1)


NEED_NOTHING = (make_key, emulator_command, read_reply)


def register(app: Flask) -> None:
    """Add the commands."""
    for command in (
        *NEED_NOTHING,
        worker,
        create_owner,
        backup,
        restore,
        after_restore,
        verify_audit,
        rotate_keys,
        mail_sign_in,
        inbox_sum,
        give_mailbox,
        seed,
    ):
        app.cli.add_command(command)


class Unsettled(AppGroup):
    """The commands that need no settings; asked for any other, it says which settings are missing."""

    def __init__(self, what_is_missing: str) -> None:
        super().__init__(commands={str(command.name): command for command in NEED_NOTHING})
        self._what_is_missing = what_is_missing

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        """Return the command, or one that refuses in words."""
        anything = {"ignore_unknown_options": True, "allow_extra_args": True}
        refusal = click.Command(name, callback=self._refuse, context_settings=anything, add_help_option=False)
        return super().get_command(ctx, name) or refusal

    def _refuse(self) -> None:
        raise click.ClickException(self._what_is_missing)


def without_settings(what_is_missing: str) -> Flask:
    """Return an application for the command line alone, before there are settings."""
    app = Flask("portal")
    app.cli = Unsettled(what_is_missing)
    return app
