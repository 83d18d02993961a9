"""The life of one reading of an account's CRM, and what a user can be."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

READ_ACCOUNT: Final = "users.read_account"  # the job; argument: the id of the ``MirrorRead``

READ_SEATS: Final = "users.read_seats"  # arguments: the account's id, and which question of it this is

READ_EVERY: Final = timedelta(hours=1)
LEASE: Final = timedelta(minutes=5)  # far longer than any one step takes
SEATS_LEASE: Final = timedelta(minutes=1)  # after this, nobody waits for an answer about seats any more
SEATS_ARE_FRESH: Final = timedelta(minutes=1)
QUIET_AFTER: Final = timedelta(days=90)

# The seat that CRMs give to staff of the agency for free.
PARTNER_SEAT: Final = "Partner"


class ReadState(StrEnum):
    """How far a reading got."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


UNDER_WAY: Final = frozenset({ReadState.QUEUED, ReadState.RUNNING})


class Stage(StrEnum):
    """What a reading is at."""

    WAITING = "waiting"
    PERMISSION_SETS = "permission_sets"
    TEAMS = "teams"
    USERS = "users"
    GONE = "gone"
    SEATS = "seats"
    SIGN_INS = "sign_ins"
    END = "end"


STAGE_NAMES: Final[dict[Stage, Text]] = {
    Stage.WAITING: _l("Waiting for its turn"),
    Stage.PERMISSION_SETS: _l("Reading permission sets"),
    Stage.TEAMS: _l("Reading teams"),
    Stage.USERS: _l("Reading users"),
    Stage.GONE: _l("Checking who is gone"),
    Stage.SEATS: _l("Reading seats"),
    Stage.SIGN_INS: _l("Reading sign-ins"),
    Stage.END: _l("Finished"),
}


class Status(StrEnum):
    """What a user can be looked for by; one user can be several."""

    NEVER = "never"
    QUIET = "quiet"
    SUPER_ADMIN = "super_admin"
    PARTNER = "partner"
    DEACTIVATED = "deactivated"
    GONE = "gone"


STATUS_NAMES: Final[dict[Status, Text]] = {
    Status.NEVER: _l("Never signed in"),
    Status.QUIET: _l("Not signed in for 90 days"),
    Status.SUPER_ADMIN: _l("Super admin"),
    Status.PARTNER: _l("Partner seat"),
    Status.DEACTIVATED: _l("Deactivated"),
    Status.GONE: _l("Not in the list any more"),
}


class Order(StrEnum):
    """How a list of users runs."""

    NAME = "name"
    LAST_SIGN_IN = "last_sign_in"


ORDER_NAMES: Final[dict[Order, Text]] = {
    Order.NAME: _l("Name"),
    Order.LAST_SIGN_IN: _l("Last sign-in, latest first"),
}
