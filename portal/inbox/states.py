"""What becomes of a mail that comes in, drawn once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

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
    BOUNCE = "bounce"
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
    _F.BOUNCE: _l("Came back"),
    _F.LOOP: _l("Our own mail"),
    _F.DUPLICATE: _l("Came twice"),
    _F.SPAM: _l("Spam"),
    _F.UNREADABLE: _l("Unreadable"),
}

FATE_HINTS: Final[dict[Fate, Text]] = {
    _F.ATTACHED: _l("From a contact of the account, and proved to be: it stands at what it answers."),
    _F.UNCONFIRMED: _l(
        "It answers a mail of ours, but nobody proved who wrote it. It has no effect until you say so."
    ),
    _F.UNMATCHED: _l("Nobody could tell what it answers. Attach it, or mark it as spam."),
    _F.AUTO_REPLY: _l("Written by a machine, such as an out-of-office notice. It counts as no answer."),
    _F.BOUNCE: _l("A mail of ours could not be delivered; what it tells stands at that mail."),
    _F.LOOP: _l("A mail of ours that reached our own mailbox. Nothing follows from it."),
    _F.DUPLICATE: _l("The very same mail was here already. Nothing follows from this copy."),
    _F.SPAM: _l("Marked as spam, by the mail server or by a member."),
    _F.UNREADABLE: _l("Too large or too broken to be read safely. The raw mail is kept."),
}

FATE_COLOURS: Final[dict[Fate, str]] = {
    _F.ATTACHED: "green",
    _F.UNCONFIRMED: "orange",
    _F.UNMATCHED: "orange",
    _F.AUTO_REPLY: "secondary",
    _F.BOUNCE: "red",
    _F.LOOP: "secondary",
    _F.DUPLICATE: "secondary",
    _F.SPAM: "secondary",
    _F.UNREADABLE: "orange",
}

# What a person can still decide about, and what they may make of it.
UNDECIDED: Final = (_F.UNMATCHED, _F.UNCONFIRMED, _F.UNREADABLE)
ATTACHABLE: Final = frozenset({_F.UNMATCHED, _F.UNCONFIRMED, _F.UNREADABLE, _F.AUTO_REPLY, _F.SPAM})
SPAMMABLE: Final = frozenset({_F.UNMATCHED, _F.UNCONFIRMED, _F.UNREADABLE, _F.AUTO_REPLY})


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
    Why.PROVED: _l("The sender is a contact of the account, and our mail server proved it."),
    Why.BY_A_MEMBER: _l("A member decided this."),
    Why.NOT_PROVED: _l("The address is a contact's, but nothing proves that the mail came from there."),
    Why.NOT_A_CONTACT: _l("It answers a mail of ours, but the sender is no contact of the account."),
    Why.UNKNOWN_ADDRESS: _l("It went to a reply address that was never given out."),
    Why.EXPIRED_ADDRESS: _l("It went to a reply address that has expired."),
    Why.CLOSED_ADDRESS: _l("It went to a reply address that was closed when its request was withdrawn."),
    Why.DISAGREE: _l("The address it went to belongs to one mail of ours, and it says it answers another."),
    Why.NO_TRACE: _l("It went to no reply address, and answers no mail of ours."),
    Why.SEVERAL: _l("It answers a mail of ours about several things, or about none. Say which one is meant."),
    Why.SERVER_SAYS_SPAM: _l("The mail server marked it as spam."),
    Why.ARCHIVE_COPY: _l("The copy by which we know that a mail of ours was sent."),
    Why.TOO_LARGE: _l("It is larger than 25 MB; only its beginning was stored. The mailbox has all of it."),
    Why.UNREADABLE: _l("It could not be taken apart within the limits that keep the portal safe."),
    Why.GAVE_UP: _l("Judging it failed five times. The raw mail is kept; attach it by hand."),
}


@dataclass(frozen=True, slots=True)
class Tray:
    """Mails that are looked for together."""

    name: Text
    fates: tuple[Fate, ...]


TRAYS: Final = {
    "undecided": Tray(_l("To decide"), UNDECIDED),
    **{fate.value.replace("_", "-"): Tray(FATE_NAMES[fate], (fate,)) for fate in Fate},
}

# Which job hears of a mail that was attached to a record: by the name of the record's table.
LISTENERS: Final[dict[str, str]] = {}
