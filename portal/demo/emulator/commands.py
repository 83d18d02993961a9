"""The command that starts the emulator alone."""

import socket
from contextlib import suppress
from pathlib import Path

import click

from portal.demo.emulator.server import HOST, serve
from portal.demo.emulator.settings import NotInProduction


@click.command("emulator")
@click.option("--port", default=0, show_default="any free one", type=click.IntRange(0, 65_535))
@click.option("--database", default="var/emulator.sqlite", show_default=True, type=click.Path(path_type=Path))
def emulator_command(port: int, database: Path) -> None:
    """Run the emulated HubSpot on this machine; a token ``demo-<tier>-<n>`` opens account n of that tier."""
    if port and _is_taken(port):
        raise click.ClickException(f"Port {port} is taken. Choose another one with --port.")
    with suppress(KeyboardInterrupt):
        try:
            serve(port, database)
        except NotInProduction as error:
            raise click.ClickException(str(error)) from error


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
