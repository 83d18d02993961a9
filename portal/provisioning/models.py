"""A run puts one person into one account's CRM; its steps are the truth about how far it got."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import EmailAddress, Model
from portal.core.errors import NotNow
from portal.core.texts import Text
from portal.crm.protocol import NewUser
from portal.provisioning.states import (
    FIELD_TITLES,
    OPEN_STEP,
    RUN_MOVES,
    STEP_TITLES,
    Field,
    RunState,
    StepKind,
    StepState,
)


class ProvisioningRun(AgencyOwned, Model):
    """What is wanted for one person, and where it stands.

    When the run comes to rest, the job ``then_job`` is nudged with ``then_id``: whoever asked for the
    run learns of it by that name.
    """

    __tablename__ = "provisioning_runs"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (
        Index("ix_provisioning_runs_due", "state", "next_try_at"),
        Index("ix_provisioning_runs_held", "lease_until"),
    )

    account_id: Mapped[int]
    email: Mapped[str] = mapped_column(EmailAddress)
    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    seats: Mapped[list[str]] = mapped_column(JSON, default=list)
    permission_set_id: Mapped[str | None] = mapped_column(String(60))
    primary_team_id: Mapped[str | None] = mapped_column(String(60))
    secondary_team_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    job_role: Mapped[str] = mapped_column(String(80), default="")  # in words, for steps by hand
    to_tick: Mapped[list[str]] = mapped_column(JSON, default=list)  # in words: what no API can set here
    is_invited: Mapped[bool] = mapped_column(default=False)  # the CRM sends its own invitation on create
    may_change_existing: Mapped[bool] = mapped_column(default=False)  # a person decided so
    external_user_id: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[RunState] = mapped_column(default=RunState.QUEUED)
    reason: Mapped[str] = mapped_column(String(500), default="")
    failures: Mapped[int] = mapped_column(default=0)  # in a row: no answer, or a worker that vanished
    next_try_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    held_by: Mapped[str | None] = mapped_column(String(120))  # the worker that is at it
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
    then_job: Mapped[str] = mapped_column(String(60), default="")
    then_id: Mapped[int | None]

    account: Mapped[Account] = relationship(
        primaryjoin=lambda: Account.id == foreign(ProvisioningRun.account_id)
    )
    steps: Mapped[list["ProvisioningStep"]] = relationship(
        primaryjoin=lambda: ProvisioningRun.id == foreign(ProvisioningStep.run_id),
        order_by="ProvisioningStep.place",
        back_populates="run",
        cascade="all, delete-orphan",
    )

    @property
    def name(self) -> str:
        """The person to be seen in the CRM; the address where there is no name."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def wanted(self) -> NewUser:
        """The user as the CRM shall have it."""
        return NewUser(
            email=self.email,
            first_name=self.first_name,
            last_name=self.last_name,
            permission_set_id=self.permission_set_id,
            seats=tuple(self.seats),
            primary_team_id=self.primary_team_id,
            secondary_team_ids=tuple(self.secondary_team_ids),
            send_welcome_email=self.is_invited,
        )

    @property
    def by_hand(self) -> list["ProvisioningStep"]:
        """The steps that a person does."""
        return [step for step in self.steps if step.kind is StepKind.BY_HAND]

    @property
    def can_be_proved(self) -> bool:
        """Whether a reading can show that a manual step is done."""
        is_connected = self.step(StepKind.READ_BACK) is not None
        return is_connected and any(step.is_open and not step.is_unreadable for step in self.by_hand)

    @property
    def was_created(self) -> bool:
        """Whether the portal created the user."""
        return self._is_done(StepKind.CREATE)

    @property
    def written_at(self) -> datetime | None:
        """When the CRM took what the portal wrote, or None while it did not."""
        ends = [step.finished_at for step in self.writes if step.state is StepState.DONE]
        return max((end for end in ends if end is not None), default=None)

    @property
    def may_write(self) -> bool:
        """Whether the seats were checked and the user may be written any moment, or was."""
        return self._is_done(StepKind.SEATS) or self.written_at is not None

    @property
    def may_be_reopened(self) -> bool:
        """Whether it stopped before anything was written, for sure."""
        return self.state is RunState.STOPPED and all(step.is_unwritten for step in self.writes)

    @property
    def writes(self) -> list["ProvisioningStep"]:
        """The steps that change something in the CRM."""
        return [step for step in self.steps if step.kind in {StepKind.CREATE, StepKind.UPDATE}]

    @property
    def seats_before(self) -> tuple[str, ...]:
        """The seats of the user who is changed, as last looked up; none where a user is created."""
        look_up = self.step(StepKind.LOOK_UP)
        if look_up is None or self.step(StepKind.UPDATE) is None:
            return ()
        return tuple(look_up.read.get("seats", ()))

    @property
    def seats_needed(self) -> tuple[str, ...]:
        """The seats that must be free before the CRM is written to."""
        return tuple(seat for seat in self.seats if seat not in self.seats_before)

    @property
    def was_changed(self) -> bool:
        """Whether the CRM took a change to the user who was there already."""
        step = self.step(StepKind.UPDATE)
        return step is not None and step.state is StepState.DONE and set(step.sent) > {"user_id"}

    def move_to(self, state: RunState, reason: str = "") -> None:
        """Take one step; a step that ``RUN_MOVES`` does not draw raises ``NotNow``."""
        if state not in RUN_MOVES[self.state]:
            raise NotNow
        self.state, self.reason = state, reason[:500]

    def step(self, kind: StepKind) -> "ProvisioningStep | None":
        """Return the step of a kind that there is one of."""
        return next((step for step in self.steps if step.kind is kind), None)

    def _is_done(self, kind: StepKind) -> bool:
        step = self.step(kind)
        return step is not None and step.state is StepState.DONE

    def is_due(self, now: datetime) -> bool:
        """Tell whether a worker may take the run on: it is not at rest, and nobody else holds it."""
        if self.lease_until is not None and self.lease_until > now:
            return False
        if self.state in {RunState.QUEUED, RunState.RUNNING}:
            return True
        waits = self.state in {RunState.WAITING, RunState.BY_HAND}
        return waits and self.next_try_at is not None and self.next_try_at <= now


class ProvisioningStep(AgencyOwned, Model):
    """One step: what was sent (secrets cut), what was read, how often it was tried."""

    __tablename__ = "provisioning_steps"
    links: ClassVar = {"account_id": "accounts", "run_id": "provisioning_runs"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "run_id", "place"),)

    account_id: Mapped[int]
    run_id: Mapped[int]
    place: Mapped[int]
    kind: Mapped[StepKind]
    state: Mapped[StepState] = mapped_column(default=StepState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    sent: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    read: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    message: Mapped[str] = mapped_column(String(500), default="")
    link: Mapped[str] = mapped_column(String(300), default="")  # where in the CRM a step by hand is done
    done_by: Mapped[str] = mapped_column(
        String(120), default=""
    )  # a person's word, where no reading proves it
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    run: Mapped[ProvisioningRun] = relationship(
        primaryjoin=lambda: ProvisioningRun.id == foreign(ProvisioningStep.run_id), back_populates="steps"
    )

    @property
    def title(self) -> Text:
        """What the step does, in words."""
        return STEP_TITLES.get(self.kind) or FIELD_TITLES[Field(self.sent["field"])]

    @property
    def is_open(self) -> bool:
        """Whether the step is still to be done."""
        return self.state in OPEN_STEP

    @property
    def is_unreadable(self) -> bool:
        """Whether only a member's word can close it: the CRM does not tell what was ticked."""
        return self.sent.get("field") == Field.PERMISSIONS

    @property
    def is_unwritten(self) -> bool:
        """Whether the CRM has not done this: it never got the question, or clearly refused."""
        is_refused = self.state in {StepState.STOPPED, StepState.SKIPPED}
        # A create is put back to "to do" only where a look proved that nobody is there.
        is_open = self.state is StepState.PENDING and (self.kind is StepKind.CREATE or not self.attempts)
        return is_refused or is_open

    def start(self, sent: dict[str, Any]) -> None:
        """Note what is about to be asked of the CRM, before it is."""
        self.state, self.sent, self.message = StepState.STARTED, sent, ""
        self.attempts += 1
        self.started_at, self.finished_at = clock.now(), None

    def end(self, state: StepState, message: str = "") -> None:
        """Note how it ended."""
        self.state, self.message, self.finished_at = state, message[:500], clock.now()

    def again(self, message: str = "") -> None:
        """Let the step be done once more."""
        self.state, self.message, self.finished_at = StepState.PENDING, message[:500], None
