"""Where a reply by mail becomes the answer: the mail beside what it seems to say, to be corrected."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.access_requests import answers, queries, replies
from portal.access_requests.forms import MOST_PEOPLE
from portal.access_requests.models import AccessRequest
from portal.access_requests.reply_forms import ReplySheet
from portal.access_requests.suggesting import lists_in, suggestions
from portal.accounts.models import Account
from portal.core.texts import _
from portal.core.typed_addresses import REASONS
from portal.inbox.models import InboundMail
from portal.job_roles.queries import job_roles
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.replies.words import LIST_PROBLEM_WORDS
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint(
    "replies", __name__, url_prefix="/accounts/<slug:account>/access-requests/<int:number>/replies"
)


@blueprint.get("/<int:mail_id>")
@requires(Right.SEND_REQUESTS)
def look(account: Account, number: int, mail_id: int) -> ResponseReturnValue:
    """Show the mail, and what it seems to want for each person."""
    access_request = queries.get_request(account, number)
    mail = replies.get_reply(access_request, mail_id)
    return _page(access_request, mail, _sheet(access_request, mail))


@blueprint.post("/<int:mail_id>")
@requires(Right.SEND_REQUESTS)
def take(account: Account, number: int, mail_id: int) -> ResponseReturnValue:
    """Take the reply as the answer, as it was looked over."""
    access_request = queries.get_request(account, number, lock=True)
    mail = replies.get_reply(access_request, mail_id)
    sheet = _sheet(access_request, mail)
    if not sheet.validate():
        return _page(access_request, mail, sheet, status=UNPROCESSABLE)
    said = answers.Said(sheet.form.turn.data, sheet.answers(), sheet.additions())
    answers.take_reply(access_request, mail, said, current_member())
    toast(_("The reply is the answer now. Check what it means, and confirm it."))
    return moved(url_for("access_requests.show", account=account, number=number))


def _sheet(access_request: AccessRequest, mail: InboundMail) -> ReplySheet:
    return ReplySheet(access_request, suggestions(access_request, mail), job_roles())


def _page(
    access_request: AccessRequest, mail: InboundMail, sheet: ReplySheet, status: int = 200
) -> ResponseReturnValue:
    return render_page(
        "access_requests/reply.html",
        fragment="form",
        status=status,
        account=access_request.account,
        access_request=access_request,
        mail=mail,
        sheet=sheet,
        lists=lists_in(mail),
        list_problems=LIST_PROBLEM_WORDS,
        address_reasons=REASONS,
        most=MOST_PEOPLE,
        answer=queries.find_answer_by_mail(mail.id),
    )
