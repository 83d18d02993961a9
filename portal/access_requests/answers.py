"""What a client does with the question: answer, correct, say "not for me", pass it on, ask for a new link.

An answer by mail is taken by a consultant, who reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.access_requests import chasing, links, mails, proposals, queries
from portal.access_requests.models import AccessRequest, Answer, AnswerLink, RequestPerson
from portal.access_requests.states import ANSWERABLE, ASKING, AnswerKind, RequestState
from portal.accounts.models import Contact
from portal.accounts.queries import find_contact
from portal.agencies.models import Member
from portal.audit import trail
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import _l
from portal.inbox.models import InboundMail
from portal.inbox.states import Fate

MOST_COLLEAGUES = 3


class TooManyColleagues(NotNow):
    """The question was passed on often enough; a person should look at it now."""

    title = _l("Please write to us")
    message = _l(
        "The question was already passed on several times, so nobody else was asked. "
        "Please reply to our mail and tell us who can answer."
    )


class AlreadyInIt(NotNow):
    """Somebody was to be added who is in the request already."""

    title = _l("This person is in the request already")
    message = _l("Nothing was changed. Go back and leave out the one with the same mail address.")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who says it, as far as we know: the name they gave, their address and their browser."""

    name: str
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """What the client wants for one person; without a job role, no access."""

    person: RequestPerson
    job_role_id: int | None
    job_role_name: str = ""
    text: str = ""
    start_date: date | None = None

    def as_said(self) -> dict[str, Any]:
        """Return what is kept word for word."""
        return {
            "person_id": self.person.id,
            "name": self.person.name,
            "email": self.person.email,
            "job_role_id": self.job_role_id,
            "job_role": self.job_role_name,
            "text": self.text,
            "start_date": self.start_date.isoformat() if self.start_date else None,
        }


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody whom only the answer names, and what is wanted for them; the address in lower case."""

    email: str
    first_name: str
    last_name: str
    job_role_id: int | None
    job_role_name: str = ""
    text: str = ""
    start_date: date | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a consultant read out of a reply; ``turn`` is the number of answers they saw before it."""

    turn: int
    people: Sequence[PersonAnswer]
    additions: Sequence[NewPerson] = ()


def answer(
    link: AnswerLink, turn: int, people: Sequence[PersonAnswer], visitor: Visitor, remark: str
) -> bool:
    """Take the answer, or a corrected one; of several for the same ``turn``, only the first counts.

    Tells whether it stands now: it was taken, or the same contact had sent the very same before.
    """
    access_request = queries.lock_request(link.request_id)
    if access_request.state not in ANSWERABLE or turn != queries.count_answers(access_request):
        return _stands(link, people, visitor, remark)
    row = _store(link.contact, access_request, turn, AnswerKind.ANSWER, visitor, remark)
    if _wants_access(access_request, row, people):
        _record(access_request, link, row, "access_request.answered")
        mails.tell_answered(access_request, row)
    else:
        _record(access_request, link, row, "access_request.declined")
        mails.tell_declined(access_request, row)
    return True


def _stands(link: AnswerLink, people: Sequence[PersonAnswer], visitor: Visitor, remark: str) -> bool:
    """Tell whether the latest answer says just this: a button was pressed twice."""
    latest = next(iter(queries.answers(link.request)), None)
    said = [person.as_said() for person in people]
    return latest is not None and (latest.contact_id, latest.people, latest.given_name, latest.remark) == (
        link.contact_id,
        said,
        visitor.name[:120],
        remark,
    )


def take_reply(access_request: AccessRequest, mail: InboundMail, said: Said, by: Member) -> None:
    """Take a reply by mail as the answer, as a consultant read it; those it adds join the request.

    Raises ``NotNow`` where the answer is used already, another one came meanwhile, or nobody stands behind
    the mail: its sender must be a contact who is proved, or vouched for.
    """
    is_late = access_request.state not in ANSWERABLE or said.turn != queries.count_answers(access_request)
    if is_late or mail.fate is not Fate.ATTACHED or queries.find_answer_by_mail(mail.id) is not None:
        raise NotNow
    contact = mail.contact or access_request.contact
    visitor = Visitor(mail.sender_name or contact.name, "", "")
    row = _store(contact, access_request, said.turn, AnswerKind.ANSWER, visitor)
    row.mail_id, row.taken_by = mail.id, by.name
    people = [*said.people, *(_added(access_request, new) for new in said.additions)]
    _wants_access(access_request, row, people)
    trail.record(by, "access_request.reply_taken", access_request, contact=row.given_name)


def _added(access_request: AccessRequest, new: NewPerson) -> PersonAnswer:
    if any(person.email == new.email for person in access_request.people):
        raise AlreadyInIt
    person = RequestPerson(
        account_id=access_request.account_id,
        place=max(person.place for person in access_request.people) + 1,
        email=new.email,
        first_name=new.first_name,
        last_name=new.last_name,
    )
    access_request.people.append(person)
    db.session.flush()
    return PersonAnswer(person, new.job_role_id, new.job_role_name, new.text, new.start_date)


def _wants_access(access_request: AccessRequest, row: Answer, people: Sequence[PersonAnswer]) -> bool:
    """Note what was said; it becomes a proposal unless nobody is to get access."""
    row.people = [person.as_said() for person in people]
    access_request.answered_at = access_request.changed_at = row.at
    chasing.settle(access_request)
    for said in people:
        _note(said)
    wants_access = any(said.job_role_id is not None for said in people)
    state = RequestState.ANSWERED if wants_access else RequestState.DECLINED
    if access_request.state is not state:
        access_request.move_to(state)
    if wants_access:
        proposals.prepare(access_request)
    return wants_access


def _note(said: PersonAnswer) -> None:
    person = said.person
    person.answered_job_role_id, person.is_declined = said.job_role_id, said.job_role_id is None
    person.answered_text, person.start_date = said.text, said.start_date


def say_not_for_me(link: AnswerLink, turn: int, visitor: Visitor, remark: str) -> bool:
    """Take it that this contact is not the one to ask; the request goes back to the consultant.

    Tells whether it stands now; it does not where somebody else was quicker.
    """
    access_request = queries.lock_request(link.request_id)
    if access_request.state not in ASKING or turn != queries.count_answers(access_request):
        return _has_reacted(link, AnswerKind.NOT_FOR_ME)
    row = _store(link.contact, access_request, turn, AnswerKind.NOT_FOR_ME, visitor, remark)
    if access_request.state is not RequestState.RETURNED:
        access_request.move_to(RequestState.RETURNED)
    chasing.settle(access_request)
    _record(access_request, link, row, "access_request.not_for_me")
    mails.tell_not_for_me(access_request, row)
    return True


def _has_reacted(link: AnswerLink, kind: AnswerKind) -> bool:
    """Tell whether the same contact said this last: a button was pressed twice."""
    latest = next(iter(queries.answers(link.request)), None)
    return latest is not None and (latest.contact_id, latest.kind) == (link.contact_id, kind)


def ask_someone_else(link: AnswerLink, turn: int, colleague: tuple[str, str], visitor: Visitor) -> bool:
    """Put the question to a colleague (name, address), who gets their own link by mail.

    Somebody the account does not have as a contact stays unconfirmed: ``may_approve`` is false. Tells
    whether it stands now; it does not where somebody else was quicker.
    """
    access_request = queries.lock_request(link.request_id)
    if access_request.state not in ASKING or turn != queries.count_answers(access_request):
        return _has_reacted(link, AnswerKind.ASK_SOMEONE_ELSE)
    if queries.count_passed_on(access_request) >= MOST_COLLEAGUES:
        raise TooManyColleagues
    row = _store(link.contact, access_request, turn, AnswerKind.ASK_SOMEONE_ELSE, visitor)
    contact = _colleague(access_request, *colleague)
    if access_request.state is not RequestState.WAITING:
        access_request.move_to(RequestState.WAITING)
    new_link, token = links.make_link(access_request, contact, is_passed_on=True)
    _record(access_request, link, row, "access_request.passed_on", to=contact.name, address=contact.email)
    mails.ask_colleague(access_request, new_link, token, visitor.name)
    chasing.settle_with(access_request, link.contact)
    chasing.begin(access_request, contact)
    mails.tell_passed_on(access_request, row, contact)
    return True


def _colleague(access_request: AccessRequest, name: str, email: str) -> Contact:
    known = find_contact(access_request.account, email)
    if known is not None:
        return known
    added = Contact(
        account_id=access_request.account_id,
        name=name,
        email=email,
        language=access_request.language,
        may_approve=False,
    )
    db.session.add(added)
    db.session.flush()
    return added


def send_new_link(link: AnswerLink) -> None:
    """Send the link's contact a new one, to the address on file; nothing where nobody is asked any more."""
    access_request = queries.lock_request(link.request_id)
    if access_request.state not in ANSWERABLE or link.contact.ended_at is not None:
        return
    new_link, token = links.make_link(access_request, link.contact, is_passed_on=link.is_passed_on)
    mails.send_link(access_request, new_link, token)
    trail.record(trail.PORTAL, "access_request.new_link_sent", access_request, contact=link.contact.name)


def _store(
    contact: Contact,
    access_request: AccessRequest,
    turn: int,
    kind: AnswerKind,
    visitor: Visitor,
    remark: str = "",
) -> Answer:
    row = Answer(
        account_id=access_request.account_id,
        request_id=access_request.id,
        contact_id=contact.id,
        nonce=f"{access_request.id}:{turn}",
        kind=kind,
        given_name=visitor.name[:120],
        remark=remark,
        address=visitor.address[:60],
        browser=visitor.browser[:200],
    )
    db.session.add(row)
    db.session.flush()
    return row


def _record(
    access_request: AccessRequest, link: AnswerLink, row: Answer, action: str, **details: str
) -> None:
    contact = link.contact
    actor = trail.Actor("contact", row.given_name or contact.name, contact.id)
    details |= {"contact": contact.name, "address_of_contact": contact.email}
    trail.record(actor, action, access_request, **details, confirmed=contact.may_approve)
