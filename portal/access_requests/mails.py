"""The mails of a request: the question, a new link, and what the consultant is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import force_locale

from portal.access_requests.models import AccessRequest, Answer, AnswerLink
from portal.accounts.models import Contact
from portal.agencies.queries import current_agency
from portal.core import clock
from portal.core.texts import _, ngettext
from portal.inbox.models import InboundMail
from portal.mail import outbox
from portal.mail.composing import ComposedMail
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage
from portal.mail.values import Value
from portal.mail.writing import write
from portal.reminders import tokens
from portal.reminders.models import Chase
from portal.web.addresses import whole_address

REMINDERS: Final = (MailKind.REMINDER, MailKind.REMINDER_AGAIN, MailKind.LAST_REMINDER)
TO_THE_CLIENT: Final = frozenset({MailKind.ACCESS_REQUEST, MailKind.ANSWER_LINK, *REMINDERS})
_TELL_EVERY: Final = 20 * 60  # seconds: a machine that answers our news must not make us write without end
_MOST_OF_A_REPLY: Final = 2000
NO_TOKEN = "preview"  # noqa: S105 - stands in for a token, and opens nothing


@dataclass(frozen=True, slots=True)
class Reminder:
    """One question a contact is reminded of, with a fresh link to answer it."""

    access_request: AccessRequest
    chase: Chase
    link: AnswerLink
    token: str
    is_last: bool

    @property
    def kind(self) -> MailKind:
        """Which text it gets: the first one, one more, or the last."""
        if not self.chase.reminded:
            return MailKind.REMINDER
        return MailKind.LAST_REMINDER if self.is_last else MailKind.REMINDER_AGAIN


def preview_question(access_request: AccessRequest, until: datetime) -> ComposedMail:
    """Return the question as the contact will read it, with a link that opens nothing."""
    values = _asking(access_request, access_request.contact, NO_TOKEN, until)
    values["note"] = access_request.note
    return write(
        MailKind.ACCESS_REQUEST, access_request.language, values, current_agency(), access_request.account
    )


def known_values(access_request: AccessRequest, until: datetime) -> dict[str, Value]:
    """Return what mails to the contact and the consultant say of a request, with links that open nothing."""
    return {
        **_asking(access_request, access_request.contact, NO_TOKEN, until),
        "note": access_request.note,
        "request_link": _page_of(access_request),
    }


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


def ask_instead(
    access_request: AccessRequest,
    link: AnswerLink,
    token: str,
    *,
    asked_before: Contact,
    caused_at: datetime | None,
) -> None:
    """Send the question to the second contact, and say whom we asked before."""
    values = _asking(access_request, link.contact, token, link.expires_at)
    with force_locale(access_request.language):
        values["note"] = _("We asked %(name)s first and have not heard from them.", name=asked_before.name)
    key = f"asked-instead:{link.id}"
    kind = MailKind.ACCESS_REQUEST
    _post(kind, access_request, link.contact, values, key, automatic=True, caused_at=caused_at)


def remind(contact: Contact, reminder: Reminder) -> None:
    """Remind a contact of one question."""
    access_request, stop = reminder.access_request, _stop_link([reminder])
    values = _asking(access_request, contact, reminder.token, reminder.link.expires_at)
    values |= {"asked_on": _day(reminder.chase.asked_at), "stop_link": stop}
    key = f"reminder:{reminder.chase.reminded + 1}:link:{reminder.link.id}"
    _post(
        reminder.kind,
        access_request,
        contact,
        values,
        key,
        automatic=True,
        headers=_one_click(stop),
        caused_at=reminder.chase.next_at,
    )


def remind_of_several(contact: Contact, reminders: Sequence[Reminder]) -> None:
    """Remind a contact of several questions in one mail."""
    first, stop = reminders[0], _stop_link(reminders)
    consultant, account = first.access_request.started_by, first.access_request.account
    with force_locale(contact.language):
        questions = [(each.access_request.title, _answer_address(each.token)) for each in reminders]
    outbox.post(
        MailKind.REMINDER_DIGEST,
        key=f"reminders:{','.join(str(each.link.id) for each in reminders)}",
        recipient_name=contact.name,
        recipient=contact.email,
        language=contact.language,
        values={
            "contact_name": contact.name,
            "questions": questions,
            "consultant_name": consultant.name,
            "consultant_address": consultant.email,
            "expires_on": _day(first.link.expires_at),
            "stop_link": stop,
        },
        account=account,
        reply_to=consultant.email,
        headers=_one_click(stop),
        caused_at=min(filter(None, (each.chase.next_at for each in reminders)), default=None),
    )


def send_link(access_request: AccessRequest, link: AnswerLink, token: str) -> None:
    """Send a contact the new link that was asked for."""
    values = _asking(access_request, link.contact, token, link.expires_at)
    _post(MailKind.ANSWER_LINK, access_request, link.contact, values, f"link:{link.id}", automatic=True)


def tell_answered(access_request: AccessRequest, answer: Answer) -> None:
    """Tell the consultant that an answer became a proposal."""
    values: dict[str, Value] = {"answered_by": answer.given_name, "comment": answer.remark}
    _tell(MailKind.ANSWER_ARRIVED, access_request, values, f"answer:{answer.id}")


def tell_replied(access_request: AccessRequest, mail: InboundMail) -> None:
    """Tell the consultant of a reply by mail; at most once in twenty minutes, whoever may be writing."""
    with force_locale(access_request.started_by.language):
        news = _("%(name)s replied by mail.", name=mail.sender_name or mail.sender)
    values: dict[str, Value] = {"news": news, "comment": mail.text[:_MOST_OF_A_REPLY]}
    period = int(clock.now().timestamp()) // _TELL_EVERY
    _tell(MailKind.REQUEST_NEWS, access_request, values, f"replied:{period}")


def tell_unreadable(access_request: AccessRequest, mail: InboundMail) -> None:
    """Tell the consultant of a reply that nobody can read here: its sender may take it for an answer."""
    with force_locale(access_request.started_by.language):
        news = _(
            "%(name)s replied, but the email has no text that can be read.",
            name=mail.sender_name or mail.sender,
        )
    period = int(clock.now().timestamp()) // _TELL_EVERY
    _tell(MailKind.REQUEST_NEWS, access_request, {"news": news}, f"unreadable:{period}")


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


def tell_not_answered(access_request: AccessRequest, chase: Chase, second: Contact | None) -> None:
    """Tell the consultant that all reminders went unanswered, and who is asked now."""
    first = chase.contact
    with force_locale(access_request.started_by.language):
        news = ngettext(
            "%(name)s has not answered, though we sent one reminder.",
            "%(name)s has not answered, though we sent %(num)s reminders.",
            chase.reminded,
            name=first.name,
        )
        what_now = (
            _("We have now asked %(name)s (%(address)s).", name=second.name, address=second.email)
            if second
            else _("No more reminders go out. Call them, or withdraw the request and ask somebody else.")
        )
    values: dict[str, Value] = {"news": f"{news} {what_now}"}
    occasion = f"not-answered:{first.id}:{chase.asked_at:%Y%m%d%H%M}"
    _tell(MailKind.REQUEST_NEWS, access_request, values, occasion)


def tell_not_reached(access_request: AccessRequest, contact: Contact, mail: OutboxMessage) -> None:
    """Tell the consultant that a mail to the contact did not arrive."""
    with force_locale(access_request.started_by.language):
        news = _(
            "Our mail to %(name)s (%(address)s) did not arrive, so no reminders go out. "
            "Correct the address, or ask somebody else.",
            name=contact.name,
            address=mail.recipient,
        )
    _tell(MailKind.REQUEST_NEWS, access_request, {"news": news}, f"not-reached:{mail.id}")


def tell_reminders_declined(access_request: AccessRequest, chase: Chase) -> None:
    """Tell the consultant that a contact wants no more reminders about this."""
    contact = chase.contact
    with force_locale(access_request.started_by.language):
        news = _(
            "%(name)s does not want to be reminded of this any more. The question itself is still open.",
            name=contact.name,
        )
    occasion = f"reminders-declined:{contact.id}:{chase.asked_at:%Y%m%d%H%M}"
    _tell(MailKind.REQUEST_NEWS, access_request, {"news": news}, occasion)


def _tell_news(access_request: AccessRequest, answer: Answer, news: str) -> None:
    values: dict[str, Value] = {"news": news, "comment": answer.remark}
    _tell(MailKind.REQUEST_NEWS, access_request, values, f"answer:{answer.id}")


def _page_of(access_request: AccessRequest) -> str:
    return whole_address("access_requests.show", account=access_request.account, number=access_request.number)


def _asking(access_request: AccessRequest, contact: Contact, token: str, until: datetime) -> dict[str, Value]:
    consultant = access_request.started_by
    return {
        "contact_name": contact.name,
        "people": [person.name for person in access_request.people],
        "answer_link": _answer_address(token),
        "expires_on": _day(until),
        "consultant_name": consultant.name,
        "consultant_address": consultant.email,
    }


def _answer_address(token: str) -> str:
    return whole_address("answers.open_link", token=token)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(current_agency().time_zone)).date()


def _stop_link(reminders: Sequence[Reminder]) -> str:
    token = tokens.sign([each.chase.id for each in reminders])
    return whole_address("stop_reminders.ask", token=token)


def _one_click(stop_link: str) -> dict[str, str]:
    """Let mail programs offer to stop the reminders, as RFC 8058 has it."""
    return {"List-Unsubscribe": f"<{stop_link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _post(
    kind: MailKind,
    access_request: AccessRequest,
    contact: Contact,
    values: dict[str, Value],
    key: str,
    *,
    automatic: bool,
    **more: Any,
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
        **more,
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
            "request_link": _page_of(access_request),
            **values,
        },
        topic=access_request,
        account=account,
    )
