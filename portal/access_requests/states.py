"""The life of an access request, drawn once."""

from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

PROVISION = "access_requests.provision"  # the job; argument: the id of the ``AccessRequest``
START_SCHEDULED = "access_requests.start_scheduled"  # the same
CHECK_SIGN_INS = "access_requests.check_sign_ins"  # the same
NOTE_MAIL = "access_requests.note_mail"  # argument: the id of the ``OutboxMessage``
TAKE_REPLY = "access_requests.take_reply"  # argument: the id of the ``InboundMail``
REMIND = "access_requests.remind"  # argument: the id of the ``Contact``


class RequestState(StrEnum):
    """Where a request is."""

    DRAFT = "draft"
    WAITING = "waiting"  # for the client
    UNREACHED = "unreached"  # our question came back; waits for us
    REPLIED = "replied"  # by mail, which somebody must read; waits for us
    RETURNED = "returned"  # the contact is not the one to ask; waits for us
    ANSWERED = "answered"  # the answer became a proposal; waits for us
    SCHEDULED = "scheduled"  # confirmed; set-up waits for the first working day
    PROVISIONING = "provisioning"
    STOPPED = "stopped"  # provisioning waits for a person
    ONBOARDING = "onboarding"  # in the CRM and welcomed; waits for the first sign-in
    CLOSED = "closed"
    DECLINED = "declined"  # the client said no to everybody
    WITHDRAWN = "withdrawn"


class AnswerKind(StrEnum):
    """What a client can say to the question."""

    ANSWER = "answer"
    NOT_FOR_ME = "not_for_me"
    ASK_SOMEONE_ELSE = "ask_someone_else"


_S = RequestState

MOVES: Final = {
    _S.DRAFT: frozenset({_S.WAITING, _S.WITHDRAWN}),
    _S.WAITING: frozenset({_S.UNREACHED, _S.REPLIED, _S.RETURNED, _S.ANSWERED, _S.DECLINED, _S.WITHDRAWN}),
    _S.UNREACHED: frozenset({_S.WAITING, _S.REPLIED, _S.RETURNED, _S.ANSWERED, _S.DECLINED, _S.WITHDRAWN}),
    _S.REPLIED: frozenset({_S.WAITING, _S.RETURNED, _S.ANSWERED, _S.DECLINED, _S.WITHDRAWN}),
    _S.RETURNED: frozenset({_S.WAITING, _S.ANSWERED, _S.DECLINED, _S.WITHDRAWN}),
    _S.ANSWERED: frozenset({_S.WAITING, _S.SCHEDULED, _S.PROVISIONING, _S.DECLINED, _S.WITHDRAWN}),
    _S.SCHEDULED: frozenset({_S.ANSWERED, _S.PROVISIONING, _S.STOPPED, _S.ONBOARDING, _S.WITHDRAWN}),
    _S.PROVISIONING: frozenset({_S.SCHEDULED, _S.STOPPED, _S.ONBOARDING, _S.CLOSED}),
    _S.STOPPED: frozenset({_S.SCHEDULED, _S.PROVISIONING, _S.ONBOARDING, _S.CLOSED}),
    _S.ONBOARDING: frozenset({_S.CLOSED}),
    _S.DECLINED: frozenset({_S.WAITING, _S.ANSWERED}),
    _S.CLOSED: frozenset[RequestState](),
    _S.WITHDRAWN: frozenset[RequestState](),
}

WAITS_FOR_CLIENT: Final = frozenset({_S.WAITING})
WAITS_FOR_US: Final = frozenset({_S.UNREACHED, _S.REPLIED, _S.RETURNED, _S.ANSWERED, _S.STOPPED})

MAY_BE_UNSETTLED: Final = frozenset({_S.PROVISIONING, _S.STOPPED})  # until it hears what its runs did

CHANGEABLE: Final = frozenset({_S.DRAFT, _S.UNREACHED, _S.RETURNED})  # who is asked about what
STARTABLE: Final = frozenset({_S.SCHEDULED, _S.PROVISIONING, _S.STOPPED})  # who waits for a day
SENDABLE: Final = frozenset(state for state, moves in MOVES.items() if _S.WAITING in moves)
ASKING: Final = frozenset({_S.WAITING, _S.UNREACHED, _S.REPLIED, _S.RETURNED})  # nobody answered yet
ANSWERABLE: Final = ASKING | {_S.ANSWERED, _S.DECLINED}  # until it is used
# What moves by itself, or by others.
MOVING: Final = ASKING | {_S.ANSWERED, _S.SCHEDULED, _S.PROVISIONING, _S.STOPPED, _S.ONBOARDING}
OPEN: Final = frozenset(_S) - {_S.CLOSED, _S.DECLINED, _S.WITHDRAWN}

STATE_NAMES: Final[dict[RequestState, Text]] = {
    _S.DRAFT: _l("Draft"),
    _S.WAITING: _l("Waiting for the client"),
    _S.UNREACHED: _l("Email bounced"),
    _S.REPLIED: _l("Reply to read"),
    _S.RETURNED: _l("Needs another contact"),
    _S.ANSWERED: _l("Answered"),
    _S.SCHEDULED: _l("Waits for the first day"),
    _S.PROVISIONING: _l("Being set up"),
    _S.STOPPED: _l("Stopped"),
    _S.ONBOARDING: _l("Waiting for the first sign-in"),
    _S.CLOSED: _l("Closed"),
    _S.DECLINED: _l("Declined"),
    _S.WITHDRAWN: _l("Withdrawn"),
}

STATE_COLOURS: Final[dict[RequestState, str]] = {
    _S.DRAFT: "secondary",
    _S.WAITING: "blue",
    _S.UNREACHED: "orange",
    _S.REPLIED: "orange",
    _S.RETURNED: "orange",
    _S.ANSWERED: "purple",
    _S.SCHEDULED: "blue",
    _S.PROVISIONING: "azure",
    _S.STOPPED: "red",
    _S.ONBOARDING: "teal",
    _S.CLOSED: "green",
    _S.DECLINED: "secondary",
    _S.WITHDRAWN: "secondary",
}
