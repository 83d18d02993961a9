"""The mails of a request: the question, a new link, and what the consultant is told."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import force_locale

from portal.access_requests.models import AccessRequest, Answer, AnswerLink
from portal.accounts.models import Contact
from portal.agencies.queries import current_agency
from portal.core.texts import _
from portal.mail import outbox
from portal.mail.composing import ComposedMail
from portal.mail.kinds import MailKind
from portal.mail.values import Value
from portal.mail.writing import write
from portal.web.addresses import whole_address

TO_THE_CLIENT = frozenset({MailKind.ACCESS_REQUEST, MailKind.ANSWER_LINK})
NO_TOKEN = "preview"  # noqa: S105 - stands in for a token, and opens nothing


def preview_question(access_request: AccessRequest, until: datetime) -> ComposedMail:
    """Return the question as the contact will read it, with a link that opens nothing."""
    values = _asking(access_request, access_request.contact, NO_TOKEN, until)
    values["note"] = access_request.note
    return write(
        MailKind.ACCESS_REQUEST, access_request.language, values, current_agency(), access_request.account
    )


def ask(access_request: AccessRequest, link: AnswerLink, token: str, *, times: int, again: bool) -> None:
    """Send the question to the link's contact; ``times`` counts how often it was asked."""
    values = _asking(access_request, link.contact, token, link.expires_at)
    values["note"] = access_request.note
    key = f"question:{times}:contact:{link.contact_id}"
    _post(MailKind.ACCESS_REQUEST, access_request, link.contact, values, key, automatic=again)


def ask_colleague(access_request: AccessRequest, link: AnswerLink, token: str, asked_by: str) -> None:
    """Send the question to a colleague whom the one we asked has named."""
    values = _asking(access_request, link.contact, token, link.expires_at)
    values["note"] = _("%(name)s asked us to write to you.", name=asked_by)
    key = f"passed-on:{link.id}"
    _post(MailKind.ACCESS_REQUEST, access_request, link.contact, values, key, automatic=True)


def send_link(access_request: AccessRequest, link: AnswerLink, token: str) -> None:
    """Send a contact the new link that was asked for."""
    values = _asking(access_request, link.contact, token, link.expires_at)
    _post(MailKind.ANSWER_LINK, access_request, link.contact, values, f"link:{link.id}", automatic=True)


def tell_answered(access_request: AccessRequest, answer: Answer) -> None:
    """Tell the consultant that an answer became a proposal."""
    values: dict[str, Value] = {"answered_by": answer.given_name, "comment": answer.remark}
    _tell(MailKind.ANSWER_ARRIVED, access_request, values, f"answer:{answer.id}")


def tell_declined(access_request: AccessRequest, answer: Answer) -> None:
    """Tell the consultant that the client wants access for nobody."""
    with force_locale(access_request.started_by.language):
        news = _("%(name)s does not want anybody of them to get access.", name=answer.given_name)
    _tell_news(access_request, answer, news)


def tell_not_for_me(access_request: AccessRequest, answer: Answer) -> None:
    """Tell the consultant that somebody else must be asked."""
    with force_locale(access_request.started_by.language):
        news = _("%(name)s says that somebody else should answer.", name=answer.given_name)
    _tell_news(access_request, answer, news)


def tell_passed_on(access_request: AccessRequest, answer: Answer, colleague: Contact) -> None:
    """Tell the consultant whom the question went to, since it may be nobody we know."""
    with force_locale(access_request.started_by.language):
        news = _(
            "%(name)s asked us to put the question to %(colleague)s (%(address)s), and we wrote to them.",
            name=answer.given_name,
            colleague=colleague.name,
            address=colleague.email,
        )
    _tell_news(access_request, answer, news)


def _tell_news(access_request: AccessRequest, answer: Answer, news: str) -> None:
    values: dict[str, Value] = {"news": news, "comment": answer.remark}
    _tell(MailKind.REQUEST_NEWS, access_request, values, f"answer:{answer.id}")


def _asking(access_request: AccessRequest, contact: Contact, token: str, until: datetime) -> dict[str, Value]:
    consultant = access_request.started_by
    return {
        "contact_name": contact.name,
        "people": [person.name for person in access_request.people],
        "answer_link": whole_address("answers.open_link", token=token),
        "expires_on": until.astimezone(ZoneInfo(current_agency().time_zone)).date(),
        "consultant_name": consultant.name,
        "consultant_address": consultant.email,
    }


def _post(
    kind: MailKind,
    access_request: AccessRequest,
    contact: Contact,
    values: dict[str, Value],
    key: str,
    *,
    automatic: bool,
) -> None:
    outbox.post(
        kind,
        key=f"access-request:{access_request.id}:{key}",
        recipient_name=contact.name,
        recipient=contact.email,
        language=access_request.language,
        values=values,
        topic=access_request,
        account=access_request.account,
        reply_to=access_request.started_by.email,
        automatic=automatic,
    )


def _tell(kind: MailKind, access_request: AccessRequest, values: dict[str, Value], occasion: str) -> None:
    consultant, account = access_request.started_by, access_request.account
    outbox.post(
        kind,
        key=f"access-request:{access_request.id}:{occasion}:member:{consultant.id}",
        recipient_name=consultant.name,
        recipient=consultant.email,
        language=consultant.language,
        values={
            "consultant_name": consultant.name,
            "people": [person.name for person in access_request.people],
            "request_link": whole_address(
                "access_requests.show", account=account, number=access_request.number
            ),
            **values,
        },
        topic=access_request,
        account=account,
    )
