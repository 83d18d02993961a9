"""The life of a connection."""

from enum import StrEnum


class ConnectionState(StrEnum):
    """Whether the link to a CRM works."""

    ACTIVE = "active"
    FAILING = "failing"  # the last calls failed; still tried
    DEAD = "dead"  # switched off after failures, or the token was refused
    DISCONNECTED = "disconnected"  # a member ended it; the token is gone
