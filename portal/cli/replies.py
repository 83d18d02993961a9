"""The command that says how a mail is read, for whoever asks why."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from portal.replies import reader
from portal.replies.facts import Reading, Sent, Unpacked


@click.command("read-reply")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--sent",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The mail of ours they answer.",
)
def read_reply(files: tuple[Path, ...], sent: Path | None) -> None:
    """Print one line of JSON for each raw mail: what it is, what it answers, and how that was told."""
    ours = _sent(sent) if sent else None
    for file in files:
        click.echo(json.dumps(_line(file, ours), ensure_ascii=False, default=str))


def _line(file: Path, sent: Sent | None) -> dict[str, Any]:
    began = time.perf_counter()
    unpacked = reader.unpack(file.read_bytes())
    reading = reader.read(unpacked, sent=sent)
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    return {"file": str(file), **_told(unpacked, reading), "milliseconds": milliseconds}


def _told(unpacked: Unpacked, reading: Reading) -> dict[str, Any]:
    return asdict(reading) | {"attachments": [one.name for one in unpacked.attachments]}


def _sent(file: Path) -> Sent:
    """Our mail as it was sent, raw."""
    mail = reader.unpack(file.read_bytes())
    return Sent(mail.text, mail.html, mail.subject, mail.language or "en", mail.message_id)
