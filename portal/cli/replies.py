"""The command that says how a mail is read, for whoever asks why."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import click

from portal.core.texts import LANGUAGES
from portal.job_roles.catalogue import ShippedJobRole, shipped_job_role
from portal.replies import reader
from portal.replies.facts import AskedPerson, JobRoleWords, Reading, Sent, Unpacked


@click.command("read-reply")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--sent",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The mail of ours they answer.",
)
@click.option(
    "--asked", multiple=True, metavar="NAME", help="Somebody the mail asked about; may be repeated."
)
def read_reply(files: tuple[Path, ...], sent: Path | None, asked: tuple[str, ...]) -> None:
    """Print one line of JSON for each raw mail: what it is, what it answers, and how that was told."""
    ours = _sent(sent) if sent else None
    people = [AskedPerson(*parseaddr(one)) if "@" in one else AskedPerson(one) for one in asked]
    for file in files:
        click.echo(json.dumps(_line(file, ours, people), ensure_ascii=False, default=str))


def _line(file: Path, sent: Sent | None, asked: Sequence[AskedPerson]) -> dict[str, Any]:
    began = time.perf_counter()
    unpacked = reader.unpack(file.read_bytes())
    reading = reader.read(unpacked, sent=sent, job_roles=_job_roles(), asked=asked)
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    return {"file": str(file), **_told(unpacked, reading), "milliseconds": milliseconds}


def _job_roles() -> list[JobRoleWords]:
    """Those that are shipped; an agency's own are known to its database alone."""
    return [
        JobRoleWords(key, tuple(shipped_job_role(key, language).name for language in LANGUAGES))
        for key in ShippedJobRole
    ]


def _told(unpacked: Unpacked, reading: Reading) -> dict[str, Any]:
    return asdict(reading) | {"attachments": [one.name for one in unpacked.attachments]}


def _sent(file: Path) -> Sent:
    """Our mail as it was sent, raw."""
    mail = reader.unpack(file.read_bytes())
    return Sent(mail.text, mail.html, mail.subject, mail.language or "en", mail.message_id)
