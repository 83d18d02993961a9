"""Job roles of the agency, their texts, and what each means in an account."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model


class JobRole(AgencyOwned, Model):
    """What a person does, in the client's words; texts by language."""

    __tablename__ = "job_roles"
    constraints: ClassVar = (UniqueConstraint("agency_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    place: Mapped[int] = mapped_column(default=0)  # the order on the answer page
    is_admin: Mapped[bool] = mapped_column(default=False)  # asked for, it is confirmed by the agency
    ended_at: Mapped[datetime | None]

    texts: Mapped[list["JobRoleText"]] = relationship(
        primaryjoin=lambda: JobRole.id == foreign(JobRoleText.job_role_id),
        cascade="all, delete-orphan",
        lazy="selectin",
    )

    @property
    def name(self) -> str:
        """The name in English, or in the first language there is; for the audit trail."""
        texts = {text.language: text.name for text in self.texts}
        return texts.get("en") or next(iter(texts.values()), self.key)


class JobRoleText(AgencyOwned, Model):
    """A job role in one language."""

    __tablename__ = "job_role_texts"
    links: ClassVar = {"job_role_id": "job_roles"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "job_role_id", "language"),)

    job_role_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text)
    can_do: Mapped[list[str]] = mapped_column(JSON, default=list)


class JobRoleMapping(AgencyOwned, Model):
    """What a job role means in one account: seats, permission set and teams, by the CRM's own ids."""

    __tablename__ = "job_role_mappings"
    links: ClassVar = {"account_id": "accounts", "job_role_id": "job_roles"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "account_id", "job_role_id"),)

    account_id: Mapped[int]
    job_role_id: Mapped[int]
    seats: Mapped[list[str]] = mapped_column(JSON, default=list)
    permission_set_id: Mapped[str | None] = mapped_column(String(60))
    primary_team_id: Mapped[str | None] = mapped_column(String(60))
    secondary_team_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    # What the targets were called when they were chosen, by "kind:id": to name what vanished since.
    names: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
