"""The command that signs the portal in to a mailbox at Microsoft or Google, once, by a person."""

import sys
from typing import get_args

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.config import Direction
from portal.jobs import work
from portal.mail import delivery, oauth, tokens
from portal.mail.oauth import NoTokenNow, Registration, SignInRefused, Tokens

NO_OAUTH = "PORTAL_%(name)s_OAUTH is not set, so there is nothing to sign in to; docs/mail.md shows how."
NOBODY_NEEDED = "PORTAL_%(name)s_OAUTH=microsoft-app signs in by itself; nobody needs to."
NO_REFRESH = (
    "The answer holds no refresh token, so nothing was stored. Sign in again, and allow everything asked."
)


@click.command("mail-sign-in")
@click.argument("direction", type=click.Choice(get_args(Direction)))
@click.option("--token-stdin", is_flag=True, help="Read a refresh token from the standard input instead.")
@with_appcontext
def mail_sign_in(direction: Direction, *, token_stdin: bool) -> None:
    """Sign in to the mailbox for sending (smtp) or for receiving (imap), and keep its refresh token sealed.

    Needed once, where PORTAL_SMTP_OAUTH or PORTAL_IMAP_OAUTH is microsoft or google, and again when that
    token was withdrawn. One sign-in serves both where both use the same mailbox.
    """
    settings = current_app.extensions["settings"]
    known, sending = oauth.registration(settings, direction), oauth.registration(settings, "smtp")
    if known is None or not known.is_for_a_person:
        raise click.ClickException((NOBODY_NEEDED if known else NO_OAUTH) % {"name": direction.upper()})
    try:
        issued = _from_stdin(known) if token_stdin else _from_browser(known)
    except (SignInRefused, NoTokenNow) as error:
        raise click.ClickException(f"{error}. Nothing was stored.") from None
    if not issued.refresh:
        raise click.ClickException(NO_REFRESH)
    with scope.every_agency(reason="the mail servers are those of the installation"), work.step():
        tokens.keep_sign_in(known, issued)
        if sending and sending.key == known.key:
            delivery.end_pauses()
    click.echo(f"Signed in as {known.username}. The token is stored sealed, and used from now on.")


def _from_browser(known: Registration) -> Tokens:
    verifier = oauth.new_verifier()
    url, state = oauth.authorization_url(known, verifier)
    click.echo(f"1. Open this address in a browser, and sign in as {known.username}:\n\n{url}\n")
    click.echo(
        f"2. The browser then goes to {oauth.REDIRECT_URL}/?code=... and shows an error. That is fine."
    )
    address = click.prompt("3. Copy the whole address from the browser's address bar to here").strip()
    return oauth.redeem(known, address, state, verifier)


def _from_stdin(known: Registration) -> Tokens:
    """Try the token, so that one that is no good is told at once."""
    given = sys.stdin.readline().strip()
    issued = oauth.ask(known, given)
    return Tokens(issued.access, issued.lives, issued.refresh or given)
