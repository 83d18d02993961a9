"""What a consultant does with a request: draft, change, send, send again, copy its link, withdraw."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.access_requests import chasing, links, mails, queries
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import CHANGEABLE, MOVES, RequestState
from portal.accounts.actions import ContactFacts, add_contact, refuse_if_archived
from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.mail import reply_addresses
from portal.mail.actions import cancel
from portal.mail.queries import get_mail
from portal.mail.states import MailState

LINKABLE = frozenset({RequestState.WAITING, RequestState.UNREACHED})
CANCELLABLE = frozenset({MailState.QUEUED, MailState.DEFERRED, MailState.HELD})


@dataclass(frozen=True, slots=True)
class PersonWish:
    """Somebody who needs access; the address in lower case."""

    email: str
    first_name: str = ""
    last_name: str = ""
    will_do: str = ""


@dataclass(frozen=True, slots=True)
class RequestWish:
    """What a consultant wants to ask, and whom; without a language, in the contact's."""

    contact: Contact | ContactFacts
    people: Sequence[PersonWish] = field(default_factory=tuple)
    language: str = ""
    note: str = ""
    second_contact: Contact | None = None


def draft_request(account: Account, by: Member, wish: RequestWish) -> AccessRequest:
    """Store a request that nobody outside has seen yet."""
    refuse_if_archived(account)
    number = queries.next_number(account)  # first: the account is locked before the trail, as everywhere
    contact = _contact(account, by, wish.contact)
    access_request = AccessRequest(
        account_id=account.id, number=number, started_by_id=by.id, contact_id=contact.id
    )
    db.session.add(access_request)
    _fill(access_request, contact, wish)
    trail.record(by, "access_request.drafted", access_request)
    return access_request


def change_request(access_request: AccessRequest, by: Member, wish: RequestWish) -> None:
    """Change who is asked about what; raises ``NotNow`` once the client has been asked."""
    if access_request.state not in CHANGEABLE:
        raise NotNow
    _fill(access_request, _contact(access_request.account, by, wish.contact), wish)
    access_request.changed_at = clock.now()
    trail.record(by, "access_request.changed", access_request)


def _fill(access_request: AccessRequest, contact: Contact, wish: RequestWish) -> None:
    access_request.contact_id = contact.id
    access_request.second_contact_id = wish.second_contact.id if wish.second_contact else None
    access_request.language = wish.language or contact.language
    access_request.note = wish.note
    known = {person.email: person for person in access_request.people}
    access_request.people = [
        _person(known.get(person.email) or RequestPerson(account_id=contact.account_id), person, place)
        for place, person in enumerate(wish.people)
    ]
    db.session.flush()
    db.session.expire(access_request, ["contact", "second_contact"])


def _person(row: RequestPerson, wish: PersonWish, place: int) -> RequestPerson:
    row.place, row.email, row.will_do = place, wish.email, wish.will_do
    row.first_name, row.last_name = wish.first_name, wish.last_name
    return row


def _contact(account: Account, by: Member, contact: Contact | ContactFacts) -> Contact:
    return contact if isinstance(contact, Contact) else add_contact(account, contact, by=by)


def send_request(access_request: AccessRequest, by: Member) -> None:
    """Ask the client, for the first time or anew; raises ``NotNow`` while the question is already out."""
    refuse_if_archived(access_request.account)
    access_request.move_to(RequestState.WAITING)
    access_request.sent_at = access_request.changed_at
    _ask(access_request, by, "access_request.sent", again=False)


def send_again(access_request: AccessRequest, by: Member) -> None:
    """Send the waiting question once more, with a new link; earlier links go on working."""
    if access_request.state is not RequestState.WAITING:
        raise NotNow
    _ask(access_request, by, "access_request.sent_again", again=True)


def _ask(access_request: AccessRequest, by: Member, action: str, *, again: bool) -> None:
    contact = access_request.contact
    link, token = links.make_link(access_request, contact)
    mails.ask(access_request, link, token, times=queries.count_links(access_request), again=again)
    chasing.begin(access_request, contact)
    trail.record(by, action, access_request, contact=contact.name, address=contact.email)


def copy_link(access_request: AccessRequest, by: Member) -> str:
    """Return the token of a fresh link, to be handed over by other ways than mail; shown only now."""
    if access_request.state not in LINKABLE:
        raise NotNow
    contact = access_request.contact
    link, token = links.make_link(access_request, contact)
    trail.record(by, "access_request.link_copied", access_request, contact=contact.name, link=link.selector)
    return token


def may_withdraw(access_request: AccessRequest) -> bool:
    """Tell whether nothing was set up yet that would stay behind."""
    has_begun = any(person.run_id is not None for person in access_request.people)
    return RequestState.WITHDRAWN in MOVES[access_request.state] and not has_begun


def withdraw_request(access_request: AccessRequest, by: Member, reason: str) -> None:
    """Take the question back: its links end at once, and nothing more will be sent about it."""
    if not may_withdraw(access_request):
        raise NotNow
    for person in access_request.people:
        person.forget_day()
    access_request.move_to(RequestState.WITHDRAWN, reason)
    access_request.closed_at = access_request.changed_at
    links.revoke_links(access_request)
    reply_addresses.close_about(access_request)
    chasing.settle(access_request)
    _cancel_mails(access_request, by)
    trail.record(by, "access_request.withdrawn", access_request, reason=access_request.reason)


def _cancel_mails(access_request: AccessRequest, by: Member) -> None:
    """Stop what the client has not got yet: its link is dead already."""
    for known in queries.mails_about(access_request):
        if known.kind in mails.TO_THE_CLIENT:
            mail = get_mail(known.id, to_change=True)
            if mail.state in CANCELLABLE:
                cancel(mail, by)
