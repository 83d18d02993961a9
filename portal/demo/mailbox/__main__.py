"""``python -m portal.demo.mailbox --port N --database FILE``."""

import signal
import sys
from pathlib import Path

import click

from portal.demo.mailbox.server import serve


@click.command()
@click.option("--port", default=0, show_default="any free one", type=click.IntRange(0, 65_535))
@click.option("--database", required=True, type=click.Path(path_type=Path))
def mailbox(port: int, database: Path) -> None:
    """Take every mail on this machine, for whomever it is, and keep it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(port, database)
    except OSError as error:
        raise click.ClickException(f"Port {port} cannot be used: {error.strerror}.") from error
    except KeyboardInterrupt:
        return


mailbox()
