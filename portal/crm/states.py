"""The life of a connection and of its test, and the names of the jobs around them."""

from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

TEST_CONNECTION = "crm.test_connection"  # the job; argument: the key of the ``ConnectionTest``

# Enqueued with an account's id once its connection is saved; who reads accounts answers it.
CONNECTED = "crm.connected"


class ConnectionState(StrEnum):
    """Whether the link to a CRM works."""

    ACTIVE = "active"
    FAILING = "failing"  # the last calls failed; still tried
    DEAD = "dead"  # switched off after failures, or the token was refused
    DISCONNECTED = "disconnected"  # a member ended it; the token is gone


class ExaminationState(StrEnum):
    """How far the test of a token got."""

    QUEUED = "queued"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


STATE_NAMES: Final[dict[ConnectionState, Text]] = {
    ConnectionState.ACTIVE: _l("Connected"),
    ConnectionState.FAILING: _l("Connected, but the last calls failed"),
    ConnectionState.DEAD: _l("Switched off"),
    ConnectionState.DISCONNECTED: _l("Disconnected"),
}
