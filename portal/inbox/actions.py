"""What a member decides about a mail that came in, and what the room of its record does with it."""

from collections.abc import Callable

from portal.agencies.models import Member
from portal.audit import trail
from portal.core.errors import NotNow
from portal.inbox import judging
from portal.inbox.models import InboundMail
from portal.inbox.states import ATTACHABLE, SPAMMABLE, Fate, Why
from portal.mail.models import OutboxMessage
from portal.replies.facts import Reading
from portal.replies.wire import READING

# What a room undoes before a mail leaves its record, by the name of its table; ``NotNow`` keeps it there.
RELEASES: dict[str, Callable[[InboundMail], None]] = {}


def attach(mail: InboundMail, answered: OutboxMessage, by: Member) -> None:
    """Say which mail of ours it answers, and vouch for its sender; nothing is learnt for the next one."""
    if mail.fate not in ATTACHABLE or answered.topic_id is None:
        raise NotNow
    judging.stand_at(mail, answered)
    mail.fate, mail.why = Fate.ATTACHED, Why.BY_A_MEMBER
    trail.record(by, "inbox.attached", mail, sender=mail.sender)
    judging.tell_listener(mail)


def mark_as_spam(mail: InboundMail, by: Member) -> None:
    """Put a mail where nobody need look at it again."""
    if mail.fate not in SPAMMABLE:
        raise NotNow
    judging.stand_nowhere(mail)
    mail.fate, mail.why = Fate.SPAM, Why.BY_A_MEMBER
    trail.record(by, "inbox.marked_as_spam", mail, sender=mail.sender)


def put_back(mail: InboundMail, by: Member) -> None:
    """Undo what a member decided: the mail waits again for somebody to say where it belongs.

    Raises ``NotNow`` where nobody decided, or something was built on it since.
    """
    if mail.why != Why.BY_A_MEMBER:
        raise NotNow
    if mail.topic_kind in RELEASES:
        RELEASES[mail.topic_kind](mail)
    trail.record(by, "inbox.put_back", mail, sender=mail.sender)
    judging.stand_nowhere(mail)
    mail.fate, mail.why = Fate.UNMATCHED, ""


def take(mail: InboundMail, reading: Reading) -> None:
    """Note that the room of its record took a mail in, and what it read out of it."""
    mail.untaken_since = None
    mail.reading = READING.dump_python(reading, mode="json")
