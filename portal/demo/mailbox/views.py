"""The pages of the demo mailbox: each mail as its receiver sees it."""

from itertools import groupby
from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.errors import BadInput, NotFound
from portal.core.texts import _
from portal.demo.mailbox import jobs, storage
from portal.demo.mailbox.replying import answer_address, write_reply
from portal.demo.mailbox.storage import StoredMail
from portal.mail.reading import ReadMail, for_a_frame, read_mail
from portal.policy.guards import open_to_anyone
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.headers import allow_own_frames, as_mail

blueprint = Blueprint("demo_mailbox", __name__, url_prefix="/demo/mailbox")
REASON = "in the demo, the visitor plays the client"
LONGEST_SEARCH = 200
LONGEST_REPLY = 10_000


@blueprint.get("")
@open_to_anyone(REASON)
def inbox() -> ResponseReturnValue:
    """Show who got which mails."""
    search = request.args.get("search", "")[:LONGEST_SEARCH]
    receivers = _by_receiver(storage.mails(_database(), search))
    page = render_page("demo/mailbox/inbox.html", fragment="mails", receivers=receivers, search=search)
    return show_address(page, request.full_path.removesuffix("?"))


@blueprint.get("/<int(max=2147483647):mail_id>")
@open_to_anyone(REASON)
def mail(mail_id: int) -> ResponseReturnValue:
    """Show one mail, as a page or as plain text."""
    stored, read, raw = _read(mail_id)
    as_text = not read.html or request.args.get("as") == "text"
    allow_own_frames()
    return render_page(
        "demo/mailbox/mail.html",
        stored=stored,
        read=read,
        as_text=as_text,
        can_answer=_can_be_answered(raw),
    )


@blueprint.get("/<int(max=2147483647):mail_id>/html")
@open_to_anyone(REASON)
def html(mail_id: int) -> Response:
    """Give the mail's own page, for a frame."""
    _stored, read, _raw = _read(mail_id)
    return as_mail(make_response(for_a_frame(read.html)))


@blueprint.post("/<int(max=2147483647):mail_id>/reply")
@open_to_anyone(REASON)
def reply(mail_id: int) -> ResponseReturnValue:
    """Answer a mail as its receiver; the reply takes the way of a real one."""
    found = storage.find_mail(_database(), mail_id)
    text = request.form.get("text", "").replace("\0", "").strip()[:LONGEST_REPLY]
    if found is None or not text:
        raise NotFound if found is None else BadInput(_("Write something before you send the reply."))
    stored, raw = found
    written = write_reply(raw, stored.receiver, text, is_proved="is_proved" in request.form)
    jobs.send_soon(storage.keep_reply(_database(), written.recipient, written.raw))
    toast(_("The reply is on its way to the portal. In a moment it stands at its request."))
    return moved(url_for(".mail", mail_id=mail_id))


def _can_be_answered(raw: bytes) -> bool:
    domain = current_app.extensions["settings"].inbound_domain
    return bool(domain) and f"@{domain}>" in f"{answer_address(raw)}>"


def _database() -> Path:
    folder: Path = current_app.extensions["settings"].data_dir
    return folder / "mailbox.db"


def _read(mail_id: int) -> tuple[StoredMail, ReadMail, bytes]:
    found = storage.find_mail(_database(), mail_id)
    if found is None:
        raise NotFound
    stored, raw = found
    return stored, read_mail(raw), raw


def _by_receiver(mails: list[StoredMail]) -> list[tuple[str, list[StoredMail]]]:
    """Each receiver's mails together, whoever got the latest first."""
    latest = {stored.receiver: -stored.id for stored in reversed(mails)}
    ordered = sorted(mails, key=lambda stored: (latest[stored.receiver], -stored.id))
    return [(name, list(their)) for name, their in groupby(ordered, key=lambda stored: stored.receiver)]
