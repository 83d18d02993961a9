"""Handing the visitor's replies to the portal, from outside of it."""

from flask import current_app

from portal.config import Settings
from portal.demo.mailbox import storage
from portal.demo.mailbox.replying import hand_over
from portal.jobs import work

HAND_OVER = "demo.hand_over"  # argument: the number of the reply


def send_soon(reply_id: int) -> None:
    """Have a reply handed over by the worker, since a page calls nobody."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way
    work.push(app, work.Nudge(HAND_OVER, None, (reply_id,)))


@work.job(HAND_OVER)
def hand_over_reply(reply_id: int) -> None:
    """Hand one reply over."""
    settings: Settings = current_app.extensions["settings"]
    found = storage.find_reply(settings.data_dir / "mailbox.db", reply_id)
    if found is not None:
        recipient, raw = found
        key = settings.inbound_webhook_secret.get_secret_value()
        hand_over(settings.base_url, key, raw, recipient)
