"""A mail that did not arrive, sent anew to a corrected address: the same text with an identity of its own."""

from email.utils import parseaddr

from portal.accounts import actions as account_actions
from portal.accounts import queries as account_queries
from portal.accounts.actions import ContactFacts
from portal.accounts.models import Contact
from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.audit import trail
from portal.core import clock
from portal.core.errors import NotNow
from portal.mail import delivery, old_links, outbox, reply_addresses, sender
from portal.mail.kinds import SIGNS_SOMEBODY_IN
from portal.mail.message import readdressed
from portal.mail.models import OutboxMessage
from portal.mail.reading import read_mail
from portal.mail.states import DID_NOT_ARRIVE, MailState, Reason


def may_be_readdressed(mail: OutboxMessage) -> bool:
    """Whether it did not arrive, and may be read by whoever looks after the account."""
    to_a_client = mail.account_id is not None and mail.kind not in SIGNS_SOMEBODY_IN
    return to_a_client and mail.state in DID_NOT_ARRIVE


def find_contact(mail: OutboxMessage) -> Contact | None:
    """Return the contact it was meant for, where a contact of the account has its address."""
    contact = account_queries.find_contact(mail.account, mail.recipient) if mail.account else None
    return contact if contact and contact.ended_at is None else None


def send_to(mail: OutboxMessage, address: str, by: Member, *, correct_contact: bool) -> OutboxMessage:
    """Send it anew to another address, and let the contact have that address too if wanted.

    The old mail stays in the log. Raises ``NotNow``, ``MessageRefused``, or ``AlreadyThere`` where another
    contact has the address.
    """
    if not may_be_readdressed(mail):
        raise NotNow
    old_links.refuse_without_links(mail)
    contact = find_contact(mail) if correct_contact else None
    if contact:
        facts = ContactFacts(contact.name, address, contact.language, contact.may_approve, contact.time_zone)
        account_actions.change_contact(contact, facts, by=by)
    successor = outbox.post_written(_copy_for(mail, address), lambda new: _bytes_of(mail, new))
    mail.move_to(MailState.CANCELLED, Reason.SENT_ELSEWHERE)
    delivery.tell(successor)
    trail.record(by, "mail.sent_elsewhere", successor, was=mail.recipient, now=address)
    return successor


def _copy_for(mail: OutboxMessage, address: str) -> OutboxMessage:
    return OutboxMessage(
        account_id=mail.account_id,
        instead_of_id=mail.id,
        idempotency_key=f"instead-of:{mail.id}",
        kind=mail.kind,
        language=mail.language,
        topic_kind=mail.topic_kind,
        topic_id=mail.topic_id,
        recipient_name=mail.recipient_name,
        recipient=address,
        subject=mail.subject,
        message_id=sender.message_id(),
        **sender.envelope(mail.kind),
        raw=b"",
        is_automatic=False,
        created_at=clock.now(),
    )


def _bytes_of(old: OutboxMessage, new: OutboxMessage) -> bytes:
    answers_to = parseaddr(read_mail(old.raw).reply_to)[1]
    if reply_addresses.tokens_in([answers_to]):
        answers_to = reply_addresses.give(new)
    postmark = sender.postmark(new, current_agency(), answers_to)
    return readdressed(old.raw, new.subject, new.language, postmark)
