"""Who looks into the mailbox and when, written down, so that two workers do not and nobody forgets to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import current_app

from portal.core import clock
from portal.core.db import db
from portal.inbox.arrivals import mailbox_named
from portal.inbox.models import InboundMailbox
from portal.inbox.states import IMAP

LEASE: Final = timedelta(minutes=2)  # of silence; each mail that was stored renews it
LATE: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Round:
    """One look through the mailbox: what the last one left behind, and in the end, what this one does.

    ``skipped`` are the mails that were not to be had, by UID, and why; ``last_key`` is the youngest mail's.
    """

    last_key: str
    skipped: dict[str, str]


def claim() -> Round | None:
    """Take the right to look into the mailbox, or None where somebody else has it."""
    box = mailbox_named(IMAP)
    if box.lease_until is not None and box.lease_until > clock.now():
        return None
    box.lease_until = clock.now() + LEASE
    return Round(box.last_key, dict(box.skipped))


def go_on() -> None:
    """Say that we are still at it."""
    mailbox_named(IMAP).lease_until = clock.now() + LEASE


def succeed(done: Round) -> None:
    """Write down that the whole mailbox was looked through."""
    box = mailbox_named(IMAP)
    box.polled_at, box.lease_until, box.trouble = clock.now(), None, ""
    box.last_key, box.skipped = done.last_key, done.skipped


def fail(done: Round, why: str) -> None:
    """Write down why the mailbox could not be looked through."""
    box = mailbox_named(IMAP)
    box.lease_until, box.trouble, box.skipped = None, why[:500], done.skipped


def find_mailbox() -> InboundMailbox | None:
    """Return what is known about the mailbox, or None where no worker ever looked."""
    return db.session.get(InboundMailbox, IMAP)


def is_late(box: InboundMailbox | None) -> bool:
    """Tell whether it is ten minutes since anybody looked into the mailbox with success."""
    return box is not None and clock.now() - _last(box) > LATE


def find_late_mailbox() -> InboundMailbox | None:
    """Return the mailbox of the settings if nobody looked into it lately, else None."""
    box = find_mailbox() if current_app.extensions["settings"].imap_host else None
    return box if is_late(box) else None


def _last(box: InboundMailbox) -> datetime:
    return box.polled_at or box.created_at
