"""What came in by mail: the trays, each mail as it reads, and what a member decides about it."""

from flask import Blueprint, Response, current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.errors import BadInput
from portal.core.texts import _
from portal.inbox import actions, polling, queries, showing
from portal.inbox.models import InboundMail
from portal.inbox.states import ATTACHABLE, SPAMMABLE, TRAYS, Why
from portal.inbox.suggestions import search, suggestions
from portal.mail.queries import get_mail as get_sent
from portal.mail.reading import without_secrets
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.fragments import moved, render_page, show_address, toast
from portal.web.headers import allow_own_frames, as_mail
from portal.web.paging import cursor_from_request

blueprint = Blueprint("inbox", __name__, url_prefix="/mails/inbox")
ONE = "/<int:mail_id>"
LONGEST_SEARCH = 200


@blueprint.get("")
@requires(Right.READ_INBOX)
def trays() -> ResponseReturnValue:
    """List what came in, the latest first."""
    tray = request.args.get("tray", "")
    if tray and tray not in TRAYS:
        raise BadInput
    words = _words("search")
    listed = render_page(
        "inbox/trays.html",
        fragment="mails",
        page=queries.mails(cursor_from_request(), tray, words),
        tray=tray,
        trays=TRAYS,
        search=words,
        mailbox=polling.find_mailbox(),
        late=polling.find_late_mailbox(),
        is_open=bool(current_app.extensions["settings"].inbound_domain),
    )
    return show_address(listed, request.full_path.removesuffix("?"))


@blueprint.get(ONE)
@requires(Right.READ_INBOX)
def show(mail_id: int) -> ResponseReturnValue:
    """Show one mail: what it was judged to be, how it reads, and where it may belong."""
    mail = queries.get_mail(mail_id)
    may_attach = mail.fate in ATTACHABLE
    words = _words("find")
    allow_own_frames()
    return render_page(
        "inbox/mail.html",
        mail=mail,
        text=without_secrets(mail.text),
        rest=without_secrets(mail.rest),
        as_html=request.args.get("as") == "html",
        suggestions=(search(words) if words else suggestions(mail)) if may_attach else [],
        words=words,
        may_attach=may_attach,
        may_be_spam=mail.fate in SPAMMABLE,
        may_put_back=mail.why == Why.BY_A_MEMBER,
        is_list=showing.is_list,
    )


@blueprint.get(f"{ONE}/html")
@requires(Right.READ_INBOX)
def html(mail_id: int) -> Response:
    """Give the mail's own page, cleaned, for a frame."""
    return as_mail(make_response(showing.as_page(queries.get_mail(mail_id).html)))


@blueprint.get(f"{ONE}/raw")
@requires(Right.DECIDE_MAIL)
def raw(mail_id: int) -> Response:
    """Give the mail as it came; it may hold links that only its writer was to have."""
    mail = queries.get_mail(mail_id)
    return _download(mail.raw, f"mail-{mail.id}.eml", "application/octet-stream")


@blueprint.get(f"{ONE}/files/<int:place>")
@requires(Right.READ_INBOX)
def file(mail_id: int, place: int) -> Response:
    """Give a file that came with a mail, to be kept and not to be opened."""
    found = queries.get_file(mail_id, place)
    return _download(found.content, found.name or f"file-{place}", showing.type_of(found.name))


@blueprint.post(f"{ONE}/attach/<int:sent_id>")
@requires(Right.DECIDE_MAIL)
def attach(mail_id: int, sent_id: int) -> ResponseReturnValue:
    """Say which mail of ours it answers."""
    mail = _to_change(mail_id)
    actions.attach(mail, get_sent(sent_id), current_member())
    toast(_("Attached to the email it answers."))
    return moved(url_for(".show", mail_id=mail_id))


@blueprint.post(f"{ONE}/spam")
@requires(Right.DECIDE_MAIL)
def spam(mail_id: int) -> ResponseReturnValue:
    """Mark a mail as spam."""
    actions.mark_as_spam(_to_change(mail_id), current_member())
    toast(_("Marked as spam. You can undo this on its page."))
    return moved(url_for(".trays", tray="undecided"))


@blueprint.post(f"{ONE}/put-back")
@requires(Right.DECIDE_MAIL)
def put_back(mail_id: int) -> ResponseReturnValue:
    """Undo what a member decided about a mail."""
    actions.put_back(_to_change(mail_id), current_member())
    toast(_("Undone. The email is under “To decide” again."))
    return moved(url_for(".show", mail_id=mail_id))


def _words(name: str) -> str:
    return request.args.get(name, "").replace("\0", "").strip()[:LONGEST_SEARCH]


def _to_change(mail_id: int) -> InboundMail:
    return queries.get_mail(mail_id, to_change=True)


def _download(content: bytes, name: str, kind: str) -> Response:
    response = make_response(content)
    response.content_type = kind
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
