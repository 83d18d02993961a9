"""The connection: the credentials and health of the link to one account's CRM; and its test before saving."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account
from portal.agencies.ownership import AgencyOwned
from portal.core import clock, ids
from portal.core.db import Model
from portal.crm.states import ConnectionState, ExaminationState


class Connection(AgencyOwned, Model):
    """How one account's CRM is reached; the token is sealed for this agency and this connection."""

    __tablename__ = "connections"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "account_id"),
        UniqueConstraint("agency_id", "crm_account"),
        Index("ix_connections_next_read", "next_read_at"),
    )

    account_id: Mapped[int]
    state: Mapped[ConnectionState] = mapped_column(default=ConnectionState.ACTIVE)
    sealed_token: Mapped[bytes | None]
    token_hint: Mapped[str] = mapped_column(String(8), default="")  # its last four characters
    external_id: Mapped[str] = mapped_column(String(60), default="")
    external_name: Mapped[str] = mapped_column(String(120), default="")
    # The CRM and the number in it, which an agency has one connection to; None: ended, or one more of old.
    crm_account: Mapped[str | None] = mapped_column(String(80))
    tier: Mapped[str] = mapped_column(String(40), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    app_url: Mapped[str] = mapped_column(String(200), default="")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    last_error_at: Mapped[datetime | None]
    tested_at: Mapped[datetime | None]
    connected_at: Mapped[datetime] = mapped_column(default=clock.now)
    next_read_at: Mapped[datetime | None] = mapped_column(default=clock.now)  # None: not by itself
    sends_invitations: Mapped[bool] = mapped_column(default=True)  # to new users, as last chosen

    account: Mapped[Account] = relationship(primaryjoin=lambda: Account.id == foreign(Connection.account_id))

    @property
    def is_kept(self) -> bool:
        """Whether nobody ended it, be it switched off or not."""
        return self.state is not ConnectionState.DISCONNECTED


class ConnectionTest(AgencyOwned, Model):
    """A token on trial: sealed until it is saved or dropped, with what the CRM said about it."""

    __tablename__ = "connection_tests"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "key"),
        Index("ix_connection_tests_left_behind", "state", "lease_until"),
        Index("ix_connection_tests_over", "expires_at"),
    )

    key: Mapped[str] = mapped_column(
        String(43), default=ids.random_token
    )  # ids may be used again, keys never
    account_id: Mapped[int]
    state: Mapped[ExaminationState] = mapped_column(default=ExaminationState.QUEUED)
    sealed_token: Mapped[bytes | None]
    token_hint: Mapped[str] = mapped_column(String(8), default="")
    details: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    error: Mapped[str] = mapped_column(String(500), default="")
    asked_by: Mapped[str] = mapped_column(String(120), default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    account: Mapped[Account] = relationship(
        primaryjoin=lambda: Account.id == foreign(ConnectionTest.account_id)
    )
