"""Proof that a worker is alive, and that the database was once restored."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Model


class WorkerBeat(Model):
    """When a worker last said that it is there; nobody's in particular, so no agency owns it."""

    __tablename__ = "worker_beats"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime]


class Restore(Model):
    """When the database was found to be older than what was done; every agency's, so nobody's."""

    __tablename__ = "restores"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
