"""Commands about the keys that seal stored secrets."""

import base64
import os

import click
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.core.crypto import CannotDecrypt
from portal.crm import connections, queries
from portal.jobs import work

KEY_BYTES = 32


@click.command("make-key")
def make_key() -> None:
    """Print a new random key, fit for every key in the settings."""
    click.echo(base64.b64encode(os.urandom(KEY_BYTES)).decode())


@click.command("rotate-keys")
@with_appcontext
def rotate_keys() -> None:
    """Seal every stored token with the newest key; repeat at will, also after it was interrupted."""
    with scope.every_agency(reason="the keys are those of the whole installation"):
        resealed = lost = 0
        for kind, token_id in queries.sealed_tokens():
            try:
                with work.step():
                    holder = queries.find_holder(kind, token_id)
                    resealed += holder is not None and connections.reseal(holder)
            except CannotDecrypt:
                lost += 1
    click.echo(f"{resealed} tokens sealed with the newest key.")
    if lost:
        click.echo(f"{lost} tokens could not be opened with any key; put the old keys back, or reconnect.")
        raise click.exceptions.Exit(1)
