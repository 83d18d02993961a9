"""The life of a mail, drawn once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

DELIVER = "mail.deliver"  # the job; argument: the id of the ``OutboxMessage``
SEND_CANARY = "mail.send_canary"  # the job; no argument
LOOK = "mail.look"  # the job; argument: the ``CheckSubject``


class MailState(StrEnum):
    """Where a mail is; ``in_doubt`` means the server may have taken it, and nobody knows.

    ``delivered`` and ``bounced`` are known by evidence alone; see ``portal.mail.evidence``.
    """

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


_S = MailState

_LEFT: Final = frozenset({_S.ACCEPTED, _S.DELIVERED, _S.BOUNCED})  # evidence may say so at any time

MOVES: Final = {
    _S.QUEUED: _LEFT | {_S.SENDING, _S.IN_DOUBT, _S.HELD, _S.CANCELLED, _S.SUPPRESSED},
    _S.DEFERRED: _LEFT | {_S.SENDING, _S.IN_DOUBT, _S.HELD, _S.CANCELLED, _S.REFUSED, _S.SUPPRESSED},
    _S.SENDING: _LEFT | {_S.DEFERRED, _S.REFUSED, _S.IN_DOUBT, _S.HELD},
    _S.IN_DOUBT: _LEFT | {_S.QUEUED, _S.CANCELLED},
    _S.HELD: _LEFT | {_S.QUEUED, _S.IN_DOUBT, _S.CANCELLED},
    _S.REFUSED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.SUPPRESSED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.ACCEPTED: frozenset({_S.DELIVERED, _S.BOUNCED}),
    _S.DELIVERED: frozenset({_S.BOUNCED}),
    _S.BOUNCED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.CANCELLED: frozenset[MailState](),
}

STATE_NAMES: Final[dict[MailState, Text]] = {
    _S.QUEUED: _l("Waiting to be sent"),
    _S.SENDING: _l("Being sent"),
    _S.ACCEPTED: _l("Sent"),
    _S.DEFERRED: _l("Will be tried again"),
    _S.REFUSED: _l("Refused"),
    _S.IN_DOUBT: _l("In doubt"),
    _S.HELD: _l("Held"),
    _S.CANCELLED: _l("Cancelled"),
    _S.SUPPRESSED: _l("Not sent"),
    _S.DELIVERED: _l("Delivered"),
    _S.BOUNCED: _l("Came back"),
}

DID_NOT_ARRIVE: Final = frozenset({_S.REFUSED, _S.BOUNCED, _S.SUPPRESSED})

# Which job hears that a mail about a record did not arrive, or was sent anew after that: by the name of
# the record's table; its argument is the id of the mail.
LISTENERS: Final[dict[str, str]] = {}

UNDECIDED: Final = (
    _S.IN_DOUBT,
    _S.HELD,
    _S.REFUSED,
    _S.BOUNCED,
    _S.SUPPRESSED,
)  # a person decides what comes next


@dataclass(frozen=True, slots=True)
class Shelf:
    """Mails that are looked for together."""

    name: Text
    states: tuple[MailState, ...]


SHELVES: Final = {
    "undecided": Shelf(_l("To decide"), UNDECIDED),
    "waiting": Shelf(_l("On their way"), (_S.QUEUED, _S.SENDING, _S.DEFERRED)),
    "sent": Shelf(_l("Sent"), (_S.ACCEPTED, _S.DELIVERED)),
    "cancelled": Shelf(_l("Cancelled"), (_S.CANCELLED,)),
}


class Reason(StrEnum):
    """Why a mail is where it is, where the reason is ours and not an answer of the server."""

    SENDING_IS_OFF = "sending_is_off"
    STOPPED = "stopped"
    LOGIN_REFUSED = "login_refused"
    ADDRESS_LIMIT = "address_limit"
    TOPIC_LIMIT = "topic_limit"
    GAVE_UP = "gave_up"
    NO_ANSWER = "no_answer"
    INTERRUPTED = "interrupted"
    RESTORED = "restored"
    SEEN = "seen"
    COPY_SEEN = "copy_seen"
    LEFT_AT_THAT = "left_at_that"
    SENT_ELSEWHERE = "sent_elsewhere"


REASONS: Final[dict[Reason, Text]] = {
    Reason.SENDING_IS_OFF: _l("Sending is switched off. Held mails go by themselves once it is on again."),
    Reason.STOPPED: _l("An owner stopped all mail. Held mails go by themselves once it is let go again."),
    Reason.LOGIN_REFUSED: _l(
        "The mail server refuses our sign-in. The page Sending says why. Correct that, then send again."
    ),
    Reason.ADDRESS_LIMIT: _l("This address already had as many automatic mails as we send in such a time."),
    Reason.TOPIC_LIMIT: _l("There were already as many automatic mails about this as we send in a day."),
    Reason.GAVE_UP: _l("The mail server put us off for three days, so we gave up."),
    Reason.NO_ANSWER: _l(
        "The mail server had the whole mail and then did not say whether it takes it. "
        "The server may have sent it on; we do not know."
    ),
    Reason.INTERRUPTED: _l(
        "We were interrupted while handing it over. The server may have taken it; we do not know."
    ),
    Reason.RESTORED: _l(
        "The portal was put back to an older state from a backup. This mail may have gone out before that; "
        "we do not know."
    ),
    Reason.SEEN: _l("We were not sure, but somebody here knows that it arrived."),
    Reason.COPY_SEEN: _l("We were not sure, but our own copy of it arrived: the mail server sent it."),
    Reason.LEFT_AT_THAT: _l("It came back, and somebody here left it at that."),
    Reason.SENT_ELSEWHERE: _l("It did not arrive, and was sent anew to a corrected address."),
}

OUTCOMES: Final[dict[str, Text]] = {
    "accepted": _l("Taken by the mail server"),
    "deferred": _l("Put off"),
    "refused": _l("Refused"),
    "in_doubt": _l("No answer"),
    "login_refused": _l("Our sign-in was refused"),
    "copy_refused": _l("The copy to our own mailbox was refused; it goes without one"),
}


class Event(StrEnum):
    """What evidence tells about a mail that left, or did not."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    NOT_TAKEN = "not_taken"


EVENTS: Final[dict[Event, Text]] = {
    Event.DELIVERED: _l("Delivered to the receiver's mail server"),
    Event.DELAYED: _l("The receiver's mail server puts it off; it is still being tried"),
    Event.BOUNCED: _l("Came back"),
    Event.COMPLAINED: _l("The receiver marked it as unwanted"),
    Event.NOT_TAKEN: _l("No copy of it arrived, though later ones did: the mail server did not take it"),
}


class CheckSubject(StrEnum):
    """What a member can have looked at."""

    SERVER = "server"
    SENDER = "sender"


class CheckState(StrEnum):
    """How far the look is; a lease that ran out puts it back."""

    QUEUED = "queued"
    LOOKING = "looking"
    DONE = "done"


class Step(StrEnum):
    """How far a conversation with the mail server gets that sends nothing."""

    CONNECTED = "connected"
    ENCRYPTED = "encrypted"
    SIGNED_IN = "signed_in"
    SENDER_TAKEN = "sender_taken"


STEPS: Final[dict[Step, Text]] = {
    Step.CONNECTED: _l("It answers"),
    Step.ENCRYPTED: _l("The connection is encrypted, and the certificate is good"),
    Step.SIGNED_IN: _l("It takes our sign-in"),
    Step.SENDER_TAKEN: _l("It takes mail from our address"),
}
