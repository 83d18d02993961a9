"""Reading requests, their people, links, answers and timeline."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from portal.access_requests.models import AccessRequest, Answer, AnswerLink, RequestPerson
from portal.access_requests.states import OPEN, WAITS_FOR_CLIENT, WAITS_FOR_US, RequestState
from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.core.errors import NotFound
from portal.mail import queries as mail_queries
from portal.mail.models import OutboxMessage
from portal.mail.states import DID_NOT_ARRIVE
from portal.provisioning.models import ProvisioningRun
from portal.users.models import User
from portal.web.paging import Cursor, Key, Page, fetch_page

WAITING_FOR = {"client": WAITS_FOR_CLIENT, "us": WAITS_FOR_US}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests a list shows; what is left empty does not narrow it."""

    account_id: int | None = None
    started_by_id: int | None = None
    consultant_id: int | None = None  # who looks after the account
    state: RequestState | None = None
    waiting: str = ""  # client, us
    search: str = ""  # part of a person's name or address

    @property
    def narrows(self) -> bool:
        """Tell whether anything but the account is asked for."""
        return bool(self.started_by_id or self.consultant_id or self.state or self.waiting or self.search)


def get_request(account: Account, number: int, *, lock: bool = False) -> AccessRequest:
    """Return a request of the account, or raise ``NotFound``; ``lock`` it to take a step."""
    statement = select(AccessRequest).where(
        AccessRequest.account_id == account.id, AccessRequest.number == number
    )
    found = db.session.scalars(_locked(statement) if lock else statement).one_or_none()
    if found is None:
        raise NotFound
    return found


def lock_request(request_id: int) -> AccessRequest:
    """Return a request as it is now, and keep everybody else from moving it until we are done."""
    return db.session.scalars(_locked(select(AccessRequest).where(AccessRequest.id == request_id))).one()


def lock_requests(request_ids: Collection[int]) -> Sequence[AccessRequest]:
    """Return requests as they are now, locked in the order of their ids, so that nobody waits in a circle."""
    statement = select(AccessRequest).where(AccessRequest.id.in_(request_ids)).order_by(AccessRequest.id)
    return db.session.scalars(_locked(statement)).all()


def _locked(statement: Select[AccessRequest]) -> Select[AccessRequest]:
    return statement.with_for_update(of=AccessRequest).execution_options(populate_existing=True)


def requests(wanted: Wanted, cursor: Cursor | None = None) -> Page[Any]:
    """Return one page of requests, the last changed first; rows carry account, contact and consultant."""
    statement: Any = (
        select(
            AccessRequest.id,
            AccessRequest.number,
            AccessRequest.state,
            AccessRequest.changed_at,
            Account.slug.label("account_slug"),
            Account.name.label("account_name"),
            Account.colour.label("account_colour"),
            Contact.name.label("contact_name"),
            Member.name.label("started_by_name"),
        )
        .join(Account, Account.id == AccessRequest.account_id)
        .join(Contact, Contact.id == AccessRequest.contact_id)
        .join(Member, Member.id == AccessRequest.started_by_id)
        .where(*_conditions(wanted))
    )
    order: Any = AccessRequest
    keys = [Key(order.changed_at, descending=True), Key(order.id, descending=True)]
    return fetch_page(statement, keys, cursor)


def _conditions(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if wanted.account_id is not None:
        yield AccessRequest.account_id == wanted.account_id
    if wanted.started_by_id is not None:
        yield AccessRequest.started_by_id == wanted.started_by_id
    if wanted.consultant_id is not None:
        yield Account.consultant_id == wanted.consultant_id
    if wanted.state is not None:
        yield AccessRequest.state == wanted.state
    if wanted.waiting in WAITING_FOR:
        yield AccessRequest.state.in_(WAITING_FOR[wanted.waiting])
    if wanted.search:
        yield _is_about(wanted.search)


def _is_about(search: str) -> ColumnElement[bool]:
    name = RequestPerson.first_name + " " + RequestPerson.last_name
    found = or_(
        name.icontains(search, autoescape=True), RequestPerson.email.icontains(search, autoescape=True)
    )
    people = select(RequestPerson.id).where(RequestPerson.request_id == AccessRequest.id, found)
    return people.exists()


def names_of_people(request_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of the people in each of these requests."""
    names: dict[int, list[str]] = {request_id: [] for request_id in request_ids}
    statement = select(RequestPerson).where(RequestPerson.request_id.in_(request_ids))
    for person in db.session.scalars(statement.order_by(RequestPerson.request_id, RequestPerson.place)):
        names[person.request_id].append(person.name)
    return names


def timeline(access_request: AccessRequest) -> Sequence[AuditEntry]:
    """Return what happened to a request and to the people set up for it, the latest first."""
    runs = select(RequestPerson.run_id).where(RequestPerson.request_id == access_request.id)
    kind, subject = AuditEntry.subject_kind, AuditEntry.subject_id
    about_it = (kind == AccessRequest.__tablename__) & (subject == access_request.id)
    about_a_run = (kind == ProvisioningRun.__tablename__) & subject.in_(runs)
    statement = select(AuditEntry).where(or_(about_it, about_a_run))
    return db.session.scalars(statement.order_by(AuditEntry.sequence.desc()).limit(200)).all()


def mails_about(access_request: AccessRequest) -> Sequence[OutboxMessage]:
    """Return the mails that were written about a request, the latest first."""
    return mail_queries.mails_about(AccessRequest.__tablename__, access_request.id)[::-1]


def find_failed_mail(access_request: AccessRequest, contact: Contact) -> OutboxMessage | None:
    """Return the latest mail about a request to a contact if it did not arrive, or None."""
    mine = [mail for mail in mails_about(access_request) if mail.recipient == contact.email]
    return mine[0] if mine and mine[0].state in DID_NOT_ARRIVE else None


def answers(access_request: AccessRequest) -> Sequence[Answer]:
    """Return everything the client said, the latest first."""
    statement = select(Answer).where(Answer.request_id == access_request.id)
    return db.session.scalars(statement.order_by(Answer.id.desc())).all()


def find_answer_by_mail(mail_id: int) -> Answer | None:
    """Return the answer that was read out of a reply, or None."""
    return db.session.scalars(select(Answer).where(Answer.mail_id == mail_id)).one_or_none()


def count_answers(access_request: AccessRequest) -> int:
    """Return how many times the client said something."""
    statement = select(func.count(Answer.id)).where(Answer.request_id == access_request.id)
    return db.session.scalar(statement) or 0


def count_links(access_request: AccessRequest) -> int:
    """Return how many links were made for a request, ended ones too."""
    statement = select(func.count(AnswerLink.id)).where(AnswerLink.request_id == access_request.id)
    return db.session.scalar(statement) or 0


def count_passed_on(access_request: AccessRequest) -> int:
    """Return to how many colleagues the client passed the question."""
    statement = select(func.count(AnswerLink.contact_id.distinct())).where(
        AnswerLink.request_id == access_request.id, AnswerLink.is_passed_on
    )
    return db.session.scalar(statement) or 0


def is_passed_on(access_request: AccessRequest, contact: Contact) -> bool:
    """Whether it was the client who named this contact."""
    mine = AnswerLink.request_id == access_request.id, AnswerLink.contact_id == contact.id
    statement = select(AnswerLink.id).where(*mine, AnswerLink.is_passed_on).limit(1)
    return db.session.scalar(statement) is not None


def get_contact_to_remind(contact_id: int) -> Contact:
    """Return a contact by its id alone, or raise ``NotFound``."""
    contact = db.session.scalars(select(Contact).where(Contact.id == contact_id)).one_or_none()
    if contact is None:
        raise NotFound
    return contact


def find_link(selector: str) -> AnswerLink | None:
    """Return the link with this selector, in any state, or None."""
    return db.session.scalars(select(AnswerLink).where(AnswerLink.selector == selector)).one_or_none()


def find_latest_link(access_request: AccessRequest) -> AnswerLink | None:
    """Return the link that was made last; its contact is the one we wait for."""
    statement = select(AnswerLink).where(AnswerLink.request_id == access_request.id)
    return db.session.scalars(statement.order_by(AnswerLink.id.desc()).limit(1)).one_or_none()


def already_users(access_request: AccessRequest) -> set[str]:
    """Return the addresses of the request that the account's CRM already knows."""
    emails = [person.email for person in access_request.people]
    statement = select(User.email).where(
        User.account_id == access_request.account_id, User.gone_at.is_(None), User.email.in_(emails)
    )
    return set(db.session.scalars(statement))


def also_asked_in(access_request: AccessRequest) -> dict[str, int]:
    """Return the addresses that stand in another open request of the account, with its number."""
    emails = [person.email for person in access_request.people]
    statement = (
        select(RequestPerson.email, AccessRequest.number)
        .join(AccessRequest, AccessRequest.id == RequestPerson.request_id)
        .where(
            RequestPerson.account_id == access_request.account_id,
            RequestPerson.email.in_(emails),
            AccessRequest.id != access_request.id,
            AccessRequest.state.in_(OPEN),
        )
    )
    return {row.email: row.number for row in db.session.execute(statement)}


def next_number(account: Account) -> int:
    """Return the number of the account's next request; the account stays locked until it is stored."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    statement = select(func.max(AccessRequest.number)).where(AccessRequest.account_id == account.id)
    return (db.session.scalar(statement) or 0) + 1
