"""``python -m portal.demo --port N``: the whole demo, with one command."""

import signal
import sys
from pathlib import Path

import click

from portal.demo.housekeeping import DemoFolder
from portal.demo.supervisor import Supervisor, free_port, is_taken

HOST = "127.0.0.1"


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--folder", default="var/demo", show_default=True, type=click.Path(path_type=Path))
def demo(port: int, folder: Path) -> None:
    """Run the portal with a demo agency, an emulated HubSpot and a mailbox; nothing leaves this machine."""
    if is_taken(HOST, port):
        raise click.ClickException(f"Port {port} is taken. Choose another one: make demo PORT={port + 1}")
    home = DemoFolder(folder.absolute(), port, free_port(HOST, port + 1), free_port(HOST, port + 2))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with home.alone(), Supervisor(home.environment()) as running:
        running.start("emulator", *home.emulator())
        running.start("mailbox", *home.mailbox())
        running.wait_for_port("emulator", HOST, home.emulator_port)
        running.wait_for_port("mailbox", HOST, home.smtp_port)
        if home.is_new():
            home.forget_half_filled()
        home.forget_tables()
        running.begin("prepare", "flask", "--app", "wsgi", "prepare-demo", PORTAL_JOBS_URL="memory://")
        running.wait_until("prepare", home.has_tables)
        running.start("web", *home.web())
        running.wait_for_port("web", HOST, port)
        if home.is_new():
            click.echo(f"First start: the demo is being filled; http://{HOST}:{port} shows how far it is.")
        running.finish("prepare")
        running.start("worker", "flask", "--app", "wsgi", "worker", "--workers", "2")
        click.echo(home.welcome())
        running.watch()


if __name__ == "__main__":
    demo()
