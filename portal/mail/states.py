"""The life of a mail, drawn once."""

from enum import StrEnum
from typing import Final

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
