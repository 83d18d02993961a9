"""The life of a run and of its steps, drawn once."""

from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l

ADVANCE = "provisioning.advance"  # the job; argument: the id of the ``ProvisioningRun``


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"  # for the CRM: a rate limit, or it is not reachable; goes on by itself
    BY_HAND = "by_hand"  # only manual steps are left
    STOPPED = "stopped"  # a person must decide
    REOPENED = "reopened"  # given back: what is wanted is being changed, then another run takes its place
    DONE = "done"  # read back
    CANCELLED = "cancelled"


class StepKind(StrEnum):
    """What a step does."""

    LOOK_UP = "look_up"
    SEATS = "seats"
    CREATE = "create"
    UPDATE = "update"
    READ_BACK = "read_back"
    BY_HAND = "by_hand"


class StepState(StrEnum):
    """Where a step is; ``started`` means the CRM may have been asked."""

    PENDING = "pending"
    STARTED = "started"
    DONE = "done"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class Field(StrEnum):
    """A part of a user that the portal writes; the values are the names that connectors use."""

    USER = "user"
    SEATS = "seats"
    PERMISSION_SET = "permission_set_id"
    PRIMARY_TEAM = "primary_team_id"
    SECONDARY_TEAMS = "secondary_team_ids"
    PERMISSIONS = "permissions"  # ticked by a person where no permission set can be set; never read back


OPEN_STEP: Final = frozenset({StepState.PENDING, StepState.STARTED})

# Steps stand in this order; what is left to do by hand comes after all of them.
PLACES: Final = {
    StepKind.LOOK_UP: 0,
    StepKind.SEATS: 1,
    StepKind.CREATE: 2,
    StepKind.UPDATE: 3,
    StepKind.READ_BACK: 4,
    StepKind.BY_HAND: 10,
}

_S = RunState

RUN_MOVES: Final = {
    _S.QUEUED: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.WAITING, _S.BY_HAND, _S.STOPPED, _S.DONE}),
    _S.WAITING: frozenset({_S.RUNNING}),
    _S.BY_HAND: frozenset({_S.RUNNING, _S.DONE, _S.CANCELLED}),
    _S.STOPPED: frozenset({_S.QUEUED, _S.REOPENED, _S.CANCELLED}),
    _S.REOPENED: frozenset({_S.CANCELLED}),
    _S.DONE: frozenset[RunState](),
    _S.CANCELLED: frozenset[RunState](),
}

# A run in one of these is over, or waits for a person; the rest goes on by itself.
AT_REST: Final = frozenset({_S.BY_HAND, _S.STOPPED, _S.REOPENED, _S.DONE, _S.CANCELLED})

# A run in one of these may still take what it was confirmed for.
UNFINISHED: Final = frozenset({_S.QUEUED, _S.RUNNING, _S.WAITING, _S.BY_HAND, _S.STOPPED})

RUN_NAMES: Final[dict[RunState, Text]] = {
    _S.QUEUED: _l("About to start"),
    _S.RUNNING: _l("Being set up"),
    _S.WAITING: _l("Waiting for the CRM"),
    _S.BY_HAND: _l("To be done by hand"),
    _S.STOPPED: _l("Needs a decision"),
    _S.REOPENED: _l("Proposal reopened"),
    _S.DONE: _l("In the CRM"),
    _S.CANCELLED: _l("Left out"),
}

RUN_COLOURS: Final[dict[RunState, str]] = {
    _S.QUEUED: "secondary",
    _S.RUNNING: "azure",
    _S.WAITING: "yellow",
    _S.BY_HAND: "orange",
    _S.STOPPED: "red",
    _S.REOPENED: "orange",
    _S.DONE: "green",
    _S.CANCELLED: "secondary",
}

STEP_NAMES: Final[dict[StepState, Text]] = {
    StepState.PENDING: _l("To do"),
    StepState.STARTED: _l("Under way"),
    StepState.DONE: _l("Done"),
    StepState.STOPPED: _l("Stopped"),
    StepState.SKIPPED: _l("Not needed"),
}

STEP_ICONS: Final[dict[StepState, str]] = {
    StepState.PENDING: "circle-dashed",
    StepState.STARTED: "loader",
    StepState.DONE: "circle-check",
    StepState.STOPPED: "hand-stop",
    StepState.SKIPPED: "player-pause",
}

STEP_TITLES: Final[dict[StepKind, Text]] = {
    StepKind.LOOK_UP: _l("Look for the address in the account"),
    StepKind.SEATS: _l("Check that the seats are free"),
    StepKind.CREATE: _l("Create the user with everything in one call"),
    StepKind.UPDATE: _l("Change the user"),
    StepKind.READ_BACK: _l("Read the user back and compare"),
}

FIELD_TITLES: Final[dict[Field, Text]] = {
    Field.USER: _l("Add the user"),
    Field.SEATS: _l("Set the seat"),
    Field.PERMISSION_SET: _l("Set the permission set"),
    Field.PRIMARY_TEAM: _l("Set the main team"),
    Field.SECONDARY_TEAMS: _l("Set the other teams"),
    Field.PERMISSIONS: _l("Tick the permissions"),
}

FIELD_NAMES: Final[dict[Field, Text]] = {
    Field.USER: _l("User"),
    Field.SEATS: _l("Seat"),
    Field.PERMISSION_SET: _l("Permission set"),
    Field.PRIMARY_TEAM: _l("Main team"),
    Field.SECONDARY_TEAMS: _l("Other teams"),
    Field.PERMISSIONS: _l("Permissions"),
}
