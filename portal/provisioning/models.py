"""A run puts one person into one account's CRM; its steps are the truth about how far it got."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model
from portal.core.errors import NotNow
from portal.provisioning.states import RUN_MOVES, RunState, StepKind, StepState


class ProvisioningRun(AgencyOwned, Model):
    """What is wanted for one person, and where it stands."""

    __tablename__ = "provisioning_runs"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (Index("ix_provisioning_runs_due", "state", "next_try_at"),)

    account_id: Mapped[int]
    email: Mapped[str] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    seats: Mapped[list[str]] = mapped_column(JSON, default=list)
    permission_set_id: Mapped[str | None] = mapped_column(String(60))
    primary_team_id: Mapped[str | None] = mapped_column(String(60))
    secondary_team_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    may_change_existing: Mapped[bool] = mapped_column(default=False)  # a person decided so
    external_user_id: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[RunState] = mapped_column(default=RunState.QUEUED)
    reason: Mapped[str] = mapped_column(String(500), default="")
    next_try_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(
        primaryjoin=lambda: Account.id == foreign(ProvisioningRun.account_id)
    )
    steps: Mapped[list["ProvisioningStep"]] = relationship(
        primaryjoin=lambda: ProvisioningRun.id == foreign(ProvisioningStep.run_id),
        order_by="ProvisioningStep.place",
    )

    def move_to(self, state: RunState, reason: str = "") -> None:
        """Take one step; a step that ``RUN_MOVES`` does not draw raises ``NotNow``."""
        if state not in RUN_MOVES[self.state]:
            raise NotNow
        self.state, self.reason = state, reason[:500]


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
    title: Mapped[str] = mapped_column(String(200), default="")
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
