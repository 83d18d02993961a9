"""Commands about the mail that comes in."""

import click
from flask.cli import with_appcontext

from portal.agencies import scope
from portal.inbox import arrivals, ledger
from portal.jobs import work


@click.command("inbox-sum")
@with_appcontext
def inbox_sum() -> None:
    """Count what came in and what became of it; exit 1 if the two do not add up."""
    with scope.every_agency(reason="the sum is that of all agencies"):
        stock = ledger.take_stock()
    for fate, count in stock.fates.items():
        click.echo(f"{fate.value:<12}{count:>8}")
    click.echo(f"{'waiting':<12}{stock.waiting:>8}")
    click.echo(f"{'came in':<12}{stock.deliveries:>8}  {'adds up' if stock.adds_up else 'DOES NOT ADD UP'}")
    if stock.ownerless:
        click.echo(f"{stock.ownerless} of them are no agency's: `flask give-mailbox` says whose they are.")
    if not stock.adds_up:
        raise click.exceptions.Exit(1)


@click.command("give-mailbox")
@click.argument("name")
@click.argument("agency_id", type=int)
@with_appcontext
def give_mailbox(name: str, agency_id: int) -> None:
    """Say which agency gets the mails of a mailbox that name no other; those nobody had are judged anew."""
    with scope.every_agency(reason="a mailbox is that of the installation"), work.step():
        again = arrivals.give_mailbox(name, agency_id)
    click.echo(f"{name} is agency {agency_id}'s now; {again} mails are judged anew within a minute.")
