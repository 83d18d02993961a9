"""What becomes of a mail that comes in, drawn once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l
from portal.replies.facts import CalendarAnswer

POLL = "inbox.poll"  # the job; it looks into the mailbox of the settings
JUDGE = "inbox.judge"  # the job; argument: the id of the ``Arrival``
IMAP = "imap"  # what the mailbox of the settings is called


class ArrivalState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    JUDGED = "judged"


class Fate(StrEnum):
    """What a mail was judged to be; every mail has exactly one."""

    ATTACHED = "attached"
    UNCONFIRMED = "unconfirmed"
    UNMATCHED = "unmatched"
    AUTO_REPLY = "auto_reply"
    REACTION = "reaction"
    CALENDAR = "calendar"
    NO_TEXT = "no_text"
    ENCRYPTED = "encrypted"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LOOP = "loop"
    DUPLICATE = "duplicate"
    SPAM = "spam"
    UNREADABLE = "unreadable"


_F = Fate

FATE_NAMES: Final[dict[Fate, Text]] = {
    _F.ATTACHED: _l("Attached"),
    _F.UNCONFIRMED: _l("Unconfirmed sender"),
    _F.UNMATCHED: _l("Not matched"),
    _F.AUTO_REPLY: _l("Automatic reply"),
    _F.REACTION: _l("Reaction"),
    _F.CALENDAR: _l("Calendar answer"),
    _F.NO_TEXT: _l("No text"),
    _F.ENCRYPTED: _l("Encrypted"),
    _F.BOUNCE: _l("Bounced"),
    _F.COMPLAINT: _l("Complaint"),
    _F.LOOP: _l("Looped"),
    _F.DUPLICATE: _l("Duplicate"),
    _F.SPAM: _l("Spam"),
    _F.UNREADABLE: _l("Unreadable"),
}

FATE_HINTS: Final[dict[Fate, Text]] = {
    _F.ATTACHED: _l(
        "From a contact of the account, confirmed by our mail server. It is attached to its request."
    ),
    _F.UNCONFIRMED: _l(
        "It answers one of our emails, but we can't confirm the sender. It has no effect until you accept it."
    ),
    _F.UNMATCHED: _l("We can't tell which email it answers. Attach it, or mark it as spam."),
    _F.AUTO_REPLY: _l("Sent automatically, such as an out-of-office notice. It doesn't count as an answer."),
    _F.REACTION: _l("Only an emoji. It doesn't count as an answer, and reminders continue."),
    _F.CALENDAR: _l("The answer to an invitation. It doesn't count as an answer, and reminders continue."),
    _F.NO_TEXT: _l(
        "It has no text of its own: only pictures, a signature or quoted text. "
        "It doesn't count as an answer, and reminders continue."
    ),
    _F.ENCRYPTED: _l(
        "Only its receiver can decrypt it, so it can't be read here. Download it to open it in an email "
        "program. It doesn't count as an answer, and reminders continue."
    ),
    _F.BOUNCE: _l("One of our emails could not be delivered. The reason is shown with that email."),
    _F.COMPLAINT: _l(
        "The receiver reported one of our emails as unwanted. No more emails go to that address."
    ),
    _F.LOOP: _l("One of our own emails came back to our mailbox. It has no effect."),
    _F.DUPLICATE: _l("The same email is already here. This copy has no effect."),
    _F.SPAM: _l("Marked as spam, by the mail server or by a member."),
    _F.UNREADABLE: _l("Too large or too damaged to be read safely. The original is kept."),
}

FATE_COLOURS: Final[dict[Fate, str]] = {
    _F.ATTACHED: "green",
    _F.UNCONFIRMED: "orange",
    _F.UNMATCHED: "orange",
    _F.AUTO_REPLY: "secondary",
    _F.REACTION: "secondary",
    _F.CALENDAR: "secondary",
    _F.NO_TEXT: "secondary",
    _F.ENCRYPTED: "orange",
    _F.BOUNCE: "red",
    _F.COMPLAINT: "red",
    _F.LOOP: "secondary",
    _F.DUPLICATE: "secondary",
    _F.SPAM: "secondary",
    _F.UNREADABLE: "orange",
}

# How an invitation was answered.
CALENDAR_NAMES: Final[dict[CalendarAnswer, Text]] = {
    CalendarAnswer.ACCEPTED: _l("Calendar answer: accepted"),
    CalendarAnswer.DECLINED: _l("Calendar answer: declined"),
    CalendarAnswer.TENTATIVE: _l("Calendar answer: tentative"),
    CalendarAnswer.OTHER: _l("Calendar answer"),
}

# What holds nothing to read. It is shown, ends no reminder, and counts only if a person says so.
WORDLESS: Final = (_F.REACTION, _F.CALENDAR, _F.NO_TEXT, _F.ENCRYPTED)

# What a person can still decide about, and what they may make of it.
UNDECIDED: Final = (_F.UNMATCHED, _F.UNCONFIRMED, _F.UNREADABLE)
SPAMMABLE: Final = frozenset({*UNDECIDED, _F.AUTO_REPLY, *WORDLESS})
ATTACHABLE: Final = SPAMMABLE | {_F.SPAM}


class Why(StrEnum):
    """What the judgement rests on, where the name of the fate does not say it all."""

    PROVED = "proved"
    BY_A_MEMBER = "by_a_member"
    NOT_PROVED = "not_proved"
    NOT_A_CONTACT = "not_a_contact"
    UNKNOWN_ADDRESS = "unknown_address"
    EXPIRED_ADDRESS = "expired_address"
    CLOSED_ADDRESS = "closed_address"
    DISAGREE = "disagree"
    NO_TRACE = "no_trace"
    SEVERAL = "several"
    SERVER_SAYS_SPAM = "server_says_spam"
    ARCHIVE_COPY = "archive_copy"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    GAVE_UP = "gave_up"


WHY: Final[dict[Why, Text]] = {
    Why.PROVED: _l("The sender is a contact of the account, confirmed by our mail server."),
    Why.BY_A_MEMBER: _l("A member decided this."),
    Why.NOT_PROVED: _l("The address is a contact's, but we can't confirm that the email came from there."),
    Why.NOT_A_CONTACT: _l("It answers one of our emails, but the sender isn't a contact of the account."),
    Why.UNKNOWN_ADDRESS: _l("It was sent to a reply address that doesn't exist."),
    Why.EXPIRED_ADDRESS: _l("It was sent to a reply address that has expired."),
    Why.CLOSED_ADDRESS: _l("It was sent to a reply address that was closed when its request was withdrawn."),
    Why.DISAGREE: _l("It was sent to the reply address of one email, but says that it answers another."),
    Why.NO_TRACE: _l("It wasn't sent to a reply address, and doesn't answer any of our emails."),
    Why.SEVERAL: _l(
        "It answers an email about several requests, or about none. Choose the one that is meant."
    ),
    Why.SERVER_SAYS_SPAM: _l("The mail server marked it as spam."),
    Why.ARCHIVE_COPY: _l("A copy that proves that one of our emails was sent."),
    Why.TOO_LARGE: _l("It is larger than 25 MB. Only its beginning was stored; all of it is in the mailbox."),
    Why.UNREADABLE: _l("It could not be read within the limits that keep the portal safe."),
    Why.GAVE_UP: _l("Reading it failed five times. The original is kept; attach it by hand."),
}


@dataclass(frozen=True, slots=True)
class Tray:
    """Mails that are looked for together."""

    name: Text
    fates: tuple[Fate, ...]


TRAYS: Final = {
    "undecided": Tray(_l("To decide"), UNDECIDED),
    **{
        fate.value.replace("_", "-"): Tray(FATE_NAMES[fate], (fate,)) for fate in Fate if fate not in WORDLESS
    },
    "no-answer": Tray(_l("No text to read"), WORDLESS),
}

# Which job hears of a mail that was attached to a record: by the name of the record's table.
LISTENERS: Final[dict[str, str]] = {}
