"""``flask seed``: a made-up agency of any size, to try the portal at scale."""

import time

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.config import Mode
from portal.core.db import may_write
from portal.demo.scale import writing
from portal.demo.scale.values import MOST_EACH

IN_PRODUCTION = (
    "This portal runs in production mode, and a seeded agency is made up from end to end. "
    "Nothing was written. Set PORTAL_MODE=demo for a trial, or add --anyway."
)
NOT_EMPTY = (
    "An agency in this database has accounts already. Nothing was written. "
    "Seed an empty database, or add --anyway to put a made-up agency beside it."
)
TOO_MANY = f"At most {MOST_EACH} users an account on average."
TELL_EVERY = 5  # per cent


@click.command("seed")
@click.option("--accounts", default=10_000, show_default=True, type=click.IntRange(1, 60_000))
@click.option("--users", default=1_000_000, show_default=True, type=click.IntRange(0))
@click.option("--random-seed", default=1, show_default=True, help="The same number makes the same agency.")
@click.option("--anyway", is_flag=True, help="In production mode, or beside an agency that has accounts.")
@with_appcontext
def seed(accounts: int, users: int, random_seed: int, *, anyway: bool) -> None:
    """Make up an agency with accounts, users and requests, and a member who can sign in."""
    if users > accounts * MOST_EACH:
        raise click.UsageError(TOO_MANY)
    may_write()
    try:
        if not anyway:
            _refuse_where_it_could_hurt()
        _seed(accounts, users, random_seed)
    finally:
        scope.leave()


def _refuse_where_it_could_hurt() -> None:
    if current_app.extensions["settings"].mode is not Mode.DEMO:
        raise click.ClickException(IN_PRODUCTION)
    if writing.holds_accounts():
        raise click.ClickException(NOT_EMPTY)


def _seed(accounts: int, users: int, random_seed: int) -> None:
    began, told = time.monotonic(), 0
    founded = writing.found(accounts, users)
    for written in writing.fill(founded, accounts, users, random_seed):
        percent = 100 * written.accounts // accounts
        if percent >= told + TELL_EVERY:
            told = percent
            seconds = time.monotonic() - began
            click.echo(
                f"{percent:4} %  {written.accounts:,} accounts, {written.users:,} users, {seconds:.0f} s"
            )
    writing.finish()
    click.echo(f"Done in {time.monotonic() - began:.0f} s. Behind the accounts of {founded.name} is no CRM.")
    click.echo(f"Sign in as {founded.email} with the password {founded.password}")
