"""Commands that copy the whole database, and put a copy back without anything being sent twice."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from portal.agencies import scope
from portal.core import clock
from portal.core.backups import BackupError, store_at
from portal.core.db import db
from portal.jobs import work
from portal.jobs.restoring import take_precautions

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup")
@click.argument("file", type=FILE)
@with_appcontext
def backup(file: Path) -> None:
    """Write a checked copy of the database to FILE, while the portal runs. The keys in .env are not in it."""
    _in_words(lambda: store_at(_database_url()).back_up(file.absolute()))
    click.echo(f"{file}: {file.stat().st_size:,} bytes, checked. Keep the keys in .env somewhere else.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="Replace the database by this backup? Web and worker must be stopped.")
@with_appcontext
def restore(file: Path) -> None:
    """Put the backup FILE into the place of the database; nothing that waited in it is sent by itself."""
    store = store_at(_database_url())
    _must_be_known(_in_words(lambda: store.revision_of(file.absolute())))
    db.engine.dispose()
    old = _in_words(lambda: store.put_back(file.absolute()))
    _forget_the_queue()
    upgrade()
    with scope.every_agency(reason="what waits may have been done in every agency"), work.step():
        take_precautions(clock.now())
    click.echo(
        f"Restored. What was there before is in {old}; remove it once you are content.\n"
        "Emails that waited at the time of the backup are in doubt now: decide about each under Mails.\n"
        "Run `flask verify-audit`, then start web and worker."
    )


T = TypeVar("T")


def _in_words(do: Callable[[], T]) -> T:
    try:
        return do()
    except BackupError as error:
        raise click.ClickException(str(error)) from None


def _must_be_known(revision: str) -> None:
    """Refuse a backup of a newer portal, whose tables this one does not know."""
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    try:
        scripts.get_revision(revision)
    except CommandError:
        raise click.ClickException(
            f"This backup was made by a newer version of the portal (tables {revision}). "
            "Nothing was changed; update the portal first."
        ) from None


def _forget_the_queue() -> None:
    """Empty the queue: its nudges are about the database that was there before; sweeps make new ones."""
    current_app.extensions["jobs"].huey.flush()


def _database_url() -> str:
    return str(current_app.extensions["settings"].database_url)
