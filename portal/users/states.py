"""The life of one reading of an account's CRM."""

from enum import StrEnum

READ_ACCOUNT = "users.read_account"  # the job; argument: the id of the ``MirrorRead``


class ReadState(StrEnum):
    """How far a reading got."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
