"""One entry of the trail, and the head of each agency's chain."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.agencies.ownership import AgencyOwned
from portal.core.db import Model, add_sql


class AuditHead(AgencyOwned, Model):
    """Where an agency's chain ends, sealed; locking this row puts writers in line."""

    __tablename__ = "audit_heads"
    constraints: ClassVar = (UniqueConstraint("agency_id"), Index("ix_audit_heads_proved", "proved_at"))

    sequence: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64), default="")
    seal: Mapped[str] = mapped_column(String(64), default="")  # who cuts the tail off cannot make a new one
    proved_at: Mapped[datetime | None]
    proved_entries: Mapped[int] = mapped_column(default=0)
    broken_at: Mapped[int | None]  # the first entry that did not fit when the chain was last proved


class AuditEntry(AgencyOwned, Model):
    """What happened, who did it, to what; ``hash`` covers all of it and the entry before."""

    __tablename__ = "audit_entries"
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "sequence"),
        Index("ix_audit_entries_subject", "agency_id", "subject_kind", "subject_id"),
        Index("ix_audit_entries_account", "agency_id", "account_id", "sequence"),
    )

    sequence: Mapped[int]
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))  # member, contact, portal
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(254))
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    subject_name: Mapped[str] = mapped_column(String(254))
    account_id: Mapped[int | None]  # no link: the trail outlives what it speaks of
    account_name: Mapped[str] = mapped_column(String(120), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"

APPEND_ONLY = {
    "sqlite": (
        f"CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries {_REFUSE}",
        f"CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries {_REFUSE}",
        # INSERT OR REPLACE deletes without asking the trigger above. Each key is asked for by itself: with
        # statistics from when the trail was short, SQLite would look for either by reading all of it.
        f"""CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
        WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM audit_entries WHERE agency_id = NEW.agency_id AND sequence = NEW.sequence)
        {_REFUSE}""",  # noqa: S608
    ),
    "postgresql": (
        """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
        """CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()""",
        """CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()""",
    ),
}

add_sql(AuditEntry, "after_create", APPEND_ONLY)
add_sql(AuditEntry, "after_drop", {"postgresql": ("DROP FUNCTION audit_is_append_only",)})
