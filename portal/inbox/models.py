"""Deliveries as they came, the mails they turned out to be, and the mailbox they are fetched from."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account, Contact
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import EmailAddress, Model, UtcDateTime
from portal.inbox.states import ArrivalState, Fate
from portal.mail.models import OutboxMessage

_IS_UNTAKEN = column("untaken_since", UtcDateTime()).is_not(None)


class InboundMailbox(Model):
    """A way in: whose mails are those that say nothing else, and for IMAP, when it was last looked into.

    Nobody's: the mails of all agencies come through it. ``serves_agency_id`` gets what names no agency.
    """

    __tablename__ = "inbound_mailboxes"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    serves_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]  # when it was last looked into with success
    trouble: Mapped[str] = mapped_column(String(500), default="")  # why it could not be, the last time
    last_key: Mapped[str] = mapped_column(String(200), default="")  # of the youngest mail that was seen
    skipped: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # mails it did not hand out, by UID


class Arrival(Model):
    """One delivery, stored before anything else; nobody's until it was judged whose it is.

    Its ``key`` names the delivery, its ``identity`` the mail: the same mail through two doors has two keys
    and one identity, which only the first of them holds. ``raw`` moves to the ``InboundMail`` it becomes.
    """

    __tablename__ = "inbound_arrivals"
    __table_args__ = (Index("ix_inbound_arrivals_state", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    identity: Mapped[str | None] = mapped_column(String(64), unique=True)
    first_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_arrivals.id"))
    mailbox: Mapped[str] = mapped_column(String(40))
    recipients: Mapped[list[str]] = mapped_column(JSON, default=list)  # of the envelope, where it was told
    size: Mapped[int]
    raw: Mapped[bytes | None] = mapped_column(deferred=True)
    is_cut: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    state: Mapped[ArrivalState] = mapped_column(default=ArrivalState.WAITING)
    fate: Mapped[Fate | None]  # of what became no ``InboundMail``: no agency could be told, or it only proved
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)


class InboundMail(AgencyOwned, Model):
    """A mail that came in, and what it was judged to be; ``answers_id`` is the mail of ours that it answers.

    ``topic_kind`` and ``topic_id`` say at which record it stands; ``reading`` is what was read out of it.
    """

    __tablename__ = "inbound_mails"
    links: ClassVar = {"account_id": "accounts", "contact_id": "contacts", "answers_id": "outbox"}
    keeps: ClassVar = frozenset({"contact_id", "answers_id"})
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "arrival_id"),
        Index("ix_inbound_mails_fate", "agency_id", "fate", "id"),
        Index("ix_inbound_mails_topic", "agency_id", "topic_kind", "topic_id"),
        Index(
            "ix_inbound_mails_untaken",
            "untaken_since",
            sqlite_where=_IS_UNTAKEN,
            postgresql_where=_IS_UNTAKEN,
        ),
    )

    arrival_id: Mapped[int] = mapped_column(ForeignKey("inbound_arrivals.id"))
    account_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    answers_id: Mapped[int | None]
    topic_kind: Mapped[str] = mapped_column(String(40), default="")
    topic_id: Mapped[int | None]
    fate: Mapped[Fate]
    why: Mapped[str] = mapped_column(String(40), default="")
    proof: Mapped[str] = mapped_column(String(200), default="")  # what our receiver says of the sender
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    sender: Mapped[str] = mapped_column(EmailAddress, default="")
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text, default="")  # the answer
    rest: Mapped[str] = mapped_column(Text, default="")  # all that was quoted or stood around it
    has_html: Mapped[bool] = mapped_column(default=False)
    html: Mapped[str] = mapped_column(Text, default="", deferred=True)  # as it came; cleaned when it is shown
    reading: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    raw: Mapped[bytes] = mapped_column(deferred=True)
    written_at: Mapped[datetime | None]  # as the sender says
    received_at: Mapped[datetime]
    untaken_since: Mapped[datetime | None]  # attached, and not yet taken in by the room of its record

    account: Mapped[Account | None] = relationship(
        primaryjoin=lambda: Account.id == foreign(InboundMail.account_id)
    )
    contact: Mapped[Contact | None] = relationship(
        primaryjoin=lambda: Contact.id == foreign(InboundMail.contact_id)
    )
    answers: Mapped[OutboxMessage | None] = relationship(
        primaryjoin=lambda: OutboxMessage.id == foreign(InboundMail.answers_id)
    )
    attachments: Mapped[list["InboundAttachment"]] = relationship(
        primaryjoin=lambda: InboundMail.id == foreign(InboundAttachment.mail_id),
        order_by="InboundAttachment.place",
    )

    @property
    def title(self) -> str:
        """What the audit trail calls this mail."""
        return self.subject or self.sender

    @property
    def away_until(self) -> date | None:
        """When the sender is back, where an automatic reply says so."""
        day = self.reading.get("away_until")
        return date.fromisoformat(day) if day else None

    @property
    def emoji(self) -> str:
        """What somebody reacted with, where it is a reaction."""
        return str(self.reading.get("emoji") or "")

    @property
    def calendar(self) -> str:
        """How an invitation was answered, where it is an answer to one."""
        return str(self.reading.get("calendar") or "")

    @property
    def also_remove(self) -> list[str]:
        """Whom the mail wants removed, though nobody asked about them."""
        return list(self.reading.get("also_remove", []))


class InboundAttachment(AgencyOwned, Model):
    """A file that came with a mail; never opened in this room, only handed out."""

    __tablename__ = "inbound_attachments"
    links: ClassVar = {"account_id": "accounts", "mail_id": "inbound_mails"}

    account_id: Mapped[int | None]  # that of its mail, so that the scope holds for it too
    mail_id: Mapped[int]
    place: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(deferred=True)
