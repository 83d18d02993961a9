"""Replies by mail at their request: read against what was asked, put on the timeline, and told."""

from dataclasses import dataclass
from typing import Final

from portal.access_requests import chasing, mails, queries
from portal.access_requests.models import AccessRequest
from portal.access_requests.states import RequestState
from portal.audit import trail
from portal.core.errors import NotFound, NotNow
from portal.core.texts import _
from portal.inbox import actions as inbox
from portal.inbox.judging import sent_as_read
from portal.inbox.models import InboundMail
from portal.inbox.queries import find_unread, mails_about
from portal.inbox.states import WORDLESS, Fate, Why
from portal.job_roles.queries import job_roles
from portal.replies.facts import AskedPerson, JobRoleWords, Reading, Sent

_WITHOUT_WORDS: Final = {
    Fate.REACTION: "access_request.reacted",
    Fate.CALENDAR: "access_request.calendar_answered",
    Fate.NO_TEXT: "access_request.replied_without_text",
    Fate.ENCRYPTED: "access_request.replied_encrypted",
}
_MAY_HOLD_WORDS: Final = (Fate.NO_TEXT, Fate.ENCRYPTED)  # in a picture, or for whoever has the key
TOPIC = AccessRequest.__tablename__


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply as it came, and all that it is read against."""

    raw: bytes
    sent: Sent | None
    job_roles: tuple[JobRoleWords, ...]
    asked: tuple[AskedPerson, ...]
    may_open_lists: bool  # of a sender who is proved, or vouched for


def get_reply(access_request: AccessRequest, mail_id: int) -> InboundMail:
    """Return a reply that stands at this request, or raise ``NotFound``."""
    mail = next((mail for mail in mails_about(access_request) if mail.id == mail_id), None)
    if mail is None:
        raise NotFound
    return mail


def find_letter(mail_id: int) -> Letter | None:
    """Return what is to be read of a reply that was not taken in yet, or None."""
    mail = find_unread(mail_id)
    if mail is None or mail.topic_id is None:
        return None
    people = queries.lock_request(mail.topic_id).people
    return Letter(
        mail.raw,
        sent_as_read(mail.answers) if mail.answers is not None else None,
        tuple(JobRoleWords(each.key, tuple(text.name for text in each.texts)) for each in job_roles()),
        tuple(AskedPerson(person.name, person.email) for person in people),
        may_open_lists=mail.fate is Fate.ATTACHED,
    )


def take(mail_id: int, reading: Reading) -> None:
    """Take a reply in: once on the timeline, once to the consultant, whom the request waits for now.

    It is no answer by itself. Reminders end, since whoever replied was reached; where only their machine
    replied, the reminders wait until they are back. A mail without words to read changes nothing.
    """
    mail = find_unread(mail_id)
    if mail is None or mail.topic_id is None:
        return
    access_request = queries.lock_request(mail.topic_id)
    inbox.take(mail, reading)
    if mail.fate is Fate.AUTO_REPLY:
        _note_absence(access_request, mail, reading)
        return
    if mail.fate in WORDLESS:
        _note_wordless(access_request, mail, reading)
        return
    if access_request.state in {RequestState.WAITING, RequestState.UNREACHED}:
        access_request.move_to(RequestState.REPLIED)
    trail.record(_actor(mail), "access_request.replied", access_request, line=mail.subject)
    chasing.settle(access_request)
    mails.tell_replied(access_request, mail)


def let_go(mail: InboundMail) -> None:
    """Wait for the client again where a reply belongs elsewhere; raises ``NotNow`` once it is an answer."""
    if mail.topic_id is None:
        return
    access_request = queries.lock_request(mail.topic_id)
    if queries.find_answer_by_mail(mail.id) is not None:
        raise NotNow
    others = [one for one in mails_about(access_request) if one.fate is Fate.ATTACHED and one.id != mail.id]
    if access_request.state is RequestState.REPLIED and not others:
        access_request.move_to(RequestState.WAITING)


def _note_absence(access_request: AccessRequest, mail: InboundMail, reading: Reading) -> None:
    """Let reminders wait until a contact is back; what nobody proved has no effect."""
    if mail.why != Why.PROVED or mail.contact is None or reading.away_until is None:
        return
    if chasing.leave_alone(access_request, mail.contact, reading.away_until):
        until = reading.away_until.isoformat()
        trail.record(_actor(mail), "access_request.away", access_request, until=until)


def _note_wordless(access_request: AccessRequest, mail: InboundMail, reading: Reading) -> None:
    """Put a mail without words on the timeline; the consultant hears of one that may have held some."""
    if mail.why != Why.PROVED:
        return
    details = {
        Fate.REACTION: {"emoji": reading.emoji or str(_("an emoji"))},
        Fate.CALENDAR: {"answer": str(reading.calendar)},
    }
    action = _WITHOUT_WORDS[mail.fate]
    trail.record(_actor(mail), action, access_request, **details.get(mail.fate, {}))
    if mail.fate in _MAY_HOLD_WORDS:
        mails.tell_unreadable(access_request, mail)


def _actor(mail: InboundMail) -> trail.Actor:
    if mail.contact is not None:
        return trail.Actor("contact", mail.contact.name, mail.contact.id)
    return trail.Actor("contact", mail.sender_name or mail.sender)
