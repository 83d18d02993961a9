"""The life of an access request, drawn once."""

from enum import StrEnum
from typing import Final

PROVISION = "access_requests.provision"  # the job; argument: the id of the ``AccessRequest``


class RequestState(StrEnum):
    """Where a request is."""

    DRAFT = "draft"
    WAITING = "waiting"  # for the client
    ANSWERED = "answered"  # the answer became a proposal; waits for us
    PROVISIONING = "provisioning"
    STOPPED = "stopped"  # provisioning waits for a person
    ONBOARDING = "onboarding"  # in the CRM and welcomed; waits for the first sign-in
    CLOSED = "closed"
    DECLINED = "declined"  # the client said no to everybody
    WITHDRAWN = "withdrawn"


_S = RequestState

MOVES: Final = {
    _S.DRAFT: frozenset({_S.WAITING, _S.WITHDRAWN}),
    _S.WAITING: frozenset({_S.ANSWERED, _S.DECLINED, _S.WITHDRAWN}),
    _S.ANSWERED: frozenset({_S.WAITING, _S.PROVISIONING, _S.DECLINED, _S.WITHDRAWN}),
    _S.PROVISIONING: frozenset({_S.STOPPED, _S.ONBOARDING, _S.CLOSED}),
    _S.STOPPED: frozenset({_S.PROVISIONING, _S.ONBOARDING, _S.CLOSED, _S.WITHDRAWN}),
    _S.ONBOARDING: frozenset({_S.CLOSED}),
    _S.DECLINED: frozenset({_S.WAITING}),
    _S.CLOSED: frozenset[RequestState](),
    _S.WITHDRAWN: frozenset[RequestState](),
}
