"""Commands about the keys that seal stored secrets."""

import base64
import os
from collections.abc import Callable, Iterator
from functools import partial

import click
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.core.crypto import CannotDecrypt
from portal.crm import connections, queries
from portal.crm.models import Connection, ConnectionTest
from portal.jobs import work
from portal.mail import tokens

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
        for reseal in _sealed():
            try:
                with work.step():
                    resealed += reseal()
            except CannotDecrypt:
                lost += 1
    click.echo(f"{resealed} tokens sealed with the newest key.")
    if lost:
        click.echo(
            f"{lost} tokens could not be opened with any key; put the old keys back, or make new tokens."
        )
        raise click.exceptions.Exit(1)


def _sealed() -> Iterator[Callable[[], bool]]:
    """Yield what seals each stored token anew: those of CRMs, and those for mail servers."""
    for kind, token_id in queries.sealed_tokens():
        yield partial(_reseal_connection, kind, token_id)
    for key in tokens.sealed():
        yield partial(tokens.reseal, key)


def _reseal_connection(kind: type[Connection | ConnectionTest], token_id: int) -> bool:
    holder = queries.find_holder(kind, token_id)
    return holder is not None and connections.reseal(holder)
