"""The first owner of a fresh installation, made where the portal runs and never over the web."""

import sys

import click
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.core.errors import PortalError
from portal.core.texts import LANGUAGES
from portal.core.typed_addresses import read_typed
from portal.job_roles.actions import copy_shipped_job_roles
from portal.jobs.work import step
from portal.sign_in.strength import weakness, words_in
from portal.team.actions import found_agency

MOST = 120


def _name(_context: object, _option: object, value: str) -> str:
    value = value.strip()
    if not 0 < len(value) <= MOST or not value.isprintable():
        raise click.BadParameter(f"Use 1 to {MOST} printable characters.")
    return value


def _address(_context: object, _option: object, value: str) -> str:
    typed = read_typed(value)
    if typed.problem:
        raise click.BadParameter(str(typed.problem))
    return typed.text


def _ask_password(known: set[str]) -> str:
    while True:
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again"))
        fault = weakness(password, about=known)
        if fault is None:
            return password
        click.echo(str(fault))


def _read_password(known: set[str]) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    fault = weakness(password, about=known)
    if fault is not None:
        raise click.ClickException(str(fault))
    return password


@click.command("create-owner")
@click.option("--agency", prompt="Name of your agency", callback=_name, help="Name of the agency.")
@click.option("--name", prompt="Your name", callback=_name, help="Name of the owner.")
@click.option("--email", prompt="Your email address", callback=_address, help="Address to sign in with.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
@with_appcontext
def create_owner(agency: str, name: str, email: str, language: str, *, password_stdin: bool) -> None:
    """Make an agency and its first owner."""
    known = words_in(agency, name, email)
    password = _read_password(known) if password_stdin else _ask_password(known)
    try:
        with step():
            owner = found_agency(agency, name=name, email=email, password=password, language=language)
            copy_shipped_job_roles()
            click.echo(f"Done. {owner.name} can sign in as {owner.email}.")
    except PortalError as error:
        raise click.ClickException(str(error)) from None
    finally:
        scope.leave()
