"""The life of a mail, drawn once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

DELIVER = "mail.deliver"  # the job; argument: the id of the ``OutboxMessage``


class MailState(StrEnum):
    """Where a mail is; ``in_doubt`` means the server may have taken it, and nobody knows."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"


_S = MailState

MOVES: Final = {
    _S.QUEUED: frozenset({_S.SENDING, _S.HELD, _S.CANCELLED, _S.SUPPRESSED}),
    _S.DEFERRED: frozenset({_S.SENDING, _S.HELD, _S.CANCELLED, _S.REFUSED}),
    _S.SENDING: frozenset({_S.ACCEPTED, _S.DEFERRED, _S.REFUSED, _S.IN_DOUBT, _S.HELD}),
    _S.IN_DOUBT: frozenset({_S.ACCEPTED, _S.QUEUED, _S.CANCELLED}),
    _S.HELD: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.REFUSED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.SUPPRESSED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.ACCEPTED: frozenset[MailState](),
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
}

UNDECIDED: Final = (_S.IN_DOUBT, _S.HELD, _S.REFUSED, _S.SUPPRESSED)  # a person decides what comes next


@dataclass(frozen=True, slots=True)
class Shelf:
    """Mails that are looked for together."""

    name: Text
    states: tuple[MailState, ...]


SHELVES: Final = {
    "undecided": Shelf(_l("To decide"), UNDECIDED),
    "waiting": Shelf(_l("On their way"), (_S.QUEUED, _S.SENDING, _S.DEFERRED)),
    "sent": Shelf(_l("Sent"), (_S.ACCEPTED,)),
    "cancelled": Shelf(_l("Cancelled"), (_S.CANCELLED,)),
}


class Reason(StrEnum):
    """Why a mail is where it is, where the reason is ours and not an answer of the server."""

    SENDING_IS_OFF = "sending_is_off"
    LOGIN_REFUSED = "login_refused"
    ADDRESS_LIMIT = "address_limit"
    TOPIC_LIMIT = "topic_limit"
    GAVE_UP = "gave_up"
    NO_ANSWER = "no_answer"
    INTERRUPTED = "interrupted"
    SEEN = "seen"


REASONS: Final[dict[Reason, Text]] = {
    Reason.SENDING_IS_OFF: _l("Sending is switched off. Held mails go by themselves once it is on again."),
    Reason.LOGIN_REFUSED: _l(
        "The mail server refuses our user name or password. Correct them in the settings, then send again."
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
    Reason.SEEN: _l("We were not sure, but somebody here knows that it arrived."),
}

OUTCOMES: Final[dict[str, Text]] = {
    "accepted": _l("Taken by the mail server"),
    "deferred": _l("Put off"),
    "refused": _l("Refused"),
    "in_doubt": _l("No answer"),
    "login_refused": _l("Our sign-in was refused"),
}
