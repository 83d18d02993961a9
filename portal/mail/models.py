"""The outbox: mails as they will leave, frozen, and what became of them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account
from portal.agencies.ownership import AgencyOwned
from portal.core import clock, ids, trigrams
from portal.core.db import EmailAddress, Model
from portal.core.errors import NotNow
from portal.mail.states import MOVES, CheckState, CheckSubject, Event, MailState


def _search_text(context: Any) -> str:
    """What the log is searched in."""
    given = context.get_current_parameters()
    return " ".join((given["recipient_name"], given["recipient"], given["subject"])).lower()


class OutboxMessage(AgencyOwned, Model):
    """One mail to one receiver; ``topic_kind`` and ``topic_id`` say which record it speaks of."""

    __tablename__ = "outbox"
    links: ClassVar = {"account_id": "accounts", "instead_of_id": "outbox"}
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "idempotency_key"),
        Index("ix_outbox_due", "state", "next_try_at"),
        Index("ix_outbox_left", "state", "accepted_at"),
        Index("ix_outbox_links", "links_cut_at", "created_at"),
        Index("ix_outbox_topic", "agency_id", "topic_kind", "topic_id"),
        Index("ix_outbox_recipient", "agency_id", "recipient", "created_at"),
    )

    account_id: Mapped[int | None]
    idempotency_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(5))
    topic_kind: Mapped[str] = mapped_column(String(40), default="")
    topic_id: Mapped[int | None]
    recipient_name: Mapped[str] = mapped_column(String(120), default="")
    recipient: Mapped[str] = mapped_column(EmailAddress)
    subject: Mapped[str] = mapped_column(String(300))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    envelope_from: Mapped[str] = mapped_column(String(254), unique=True)
    archive_to: Mapped[str] = mapped_column(String(254), default="")  # empty: nothing proves what was sent
    raw: Mapped[bytes] = mapped_column(deferred=True)
    is_automatic: Mapped[bool] = mapped_column(default=True)
    state: Mapped[MailState] = mapped_column(default=MailState.QUEUED)
    reason: Mapped[str] = mapped_column(String(500), default="")  # a ``Reason``, or the server's words
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    held_by: Mapped[str | None] = mapped_column(String(120))  # the worker that hands it over
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    accepted_at: Mapped[datetime | None]
    doubted_at: Mapped[datetime | None]
    copied_at: Mapped[datetime | None]  # when our own copy was seen
    links_cut_at: Mapped[datetime | None]  # when its dead links were taken out of ``raw``
    instead_of_id: Mapped[int | None]  # the mail whose address was wrong
    search_text: Mapped[str] = mapped_column(String(680), default=_search_text)  # in lower case

    account: Mapped[Account | None] = relationship(
        primaryjoin=lambda: Account.id == foreign(OutboxMessage.account_id)
    )
    tries: Mapped[list["MailTry"]] = relationship(
        primaryjoin=lambda: OutboxMessage.id == foreign(MailTry.message_id), order_by="MailTry.id"
    )
    reports: Mapped[list["MailReport"]] = relationship(
        primaryjoin=lambda: OutboxMessage.id == foreign(MailReport.message_id), order_by="MailReport.id"
    )

    @property
    def title(self) -> str:
        """What the audit trail calls this mail."""
        return self.subject

    def move_to(self, state: MailState, reason: str = "") -> None:
        """Take one step; a step that ``MOVES`` does not draw raises ``NotNow``."""
        if state not in MOVES[self.state]:
            raise NotNow
        self.state, self.reason = state, reason[:500]


trigrams.add_index(OutboxMessage, "search_text")


class MailTry(AgencyOwned, Model):
    """One attempt to hand a mail over, and what the server said."""

    __tablename__ = "mail_tries"
    links: ClassVar = {"message_id": "outbox"}

    message_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    outcome: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str] = mapped_column(String(500), default="")


class MailReport(AgencyOwned, Model):
    """One piece of evidence about a mail; ``key`` names it, so that it counts once."""

    __tablename__ = "mail_reports"
    links: ClassVar = {"message_id": "outbox"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "message_id", "key"),)

    message_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    event: Mapped[Event]
    words: Mapped[str] = mapped_column(String(500), default="")


class SuppressedAddress(AgencyOwned, Model):
    """An address that an account's mail does not go to any more, until a member lifts that with a reason.

    Without an account it is about mail to members.
    """

    __tablename__ = "suppressed_addresses"
    links: ClassVar = {"account_id": "accounts"}
    constraints: ClassVar = (Index("ix_suppressed_addresses_address", "agency_id", "address"),)

    account_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(EmailAddress)
    event: Mapped[Event]
    words: Mapped[str] = mapped_column(String(500), default="")
    since: Mapped[datetime] = mapped_column(default=clock.now)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(120), default="")
    lifted_because: Mapped[str] = mapped_column(String(300), default="")

    account: Mapped[Account | None] = relationship(
        primaryjoin=lambda: Account.id == foreign(SuppressedAddress.account_id)
    )

    @property
    def title(self) -> str:
        """What the audit trail calls it."""
        return self.address


class MailStop(AgencyOwned, Model):
    """That an agency sends no mail at all, until an owner says otherwise; the trail keeps the history."""

    __tablename__ = "mail_stops"
    constraints: ClassVar = (UniqueConstraint("agency_id"),)

    since: Mapped[datetime] = mapped_column(default=clock.now)
    stopped_by: Mapped[str] = mapped_column(String(120))
    because: Mapped[str] = mapped_column(String(300))

    @property
    def title(self) -> str:
        """What the audit trail calls it."""
        return self.because


class SenderAddress(AgencyOwned, Model):
    """The address an agency's mails come from, once its domain is proved; until then it is only a wish."""

    __tablename__ = "sender_addresses"
    constraints: ClassVar = (UniqueConstraint("agency_id"),)

    address: Mapped[str] = mapped_column(String(254))
    selector: Mapped[str] = mapped_column(String(63))  # of the DKIM key
    token: Mapped[str] = mapped_column(String(43), default=ids.random_token)  # published to prove the domain
    proven_at: Mapped[datetime | None]

    @property
    def title(self) -> str:
        """What the audit trail calls it."""
        return self.address

    @property
    def domain(self) -> str:
        """The part that is proved."""
        return self.address.rpartition("@")[2]


class MailCheck(AgencyOwned, Model):
    """The latest look at the mail server, or at the sender's domain: asked for by a member, done by a job."""

    __tablename__ = "mail_checks"
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "subject"),
        Index("ix_mail_checks_due", "state", "asked_at"),
    )

    subject: Mapped[CheckSubject]
    state: Mapped[CheckState] = mapped_column(default=CheckState.QUEUED)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class MailCanary(Model):
    """A mail to ourselves that proves the way to our own mailbox open; it speaks of no agency."""

    __tablename__ = "mail_canaries"

    message_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)
    is_taken: Mapped[bool] = mapped_column(default=False)  # by the mail server
    seen_at: Mapped[datetime | None]


class ReplyAddress(AgencyOwned, Model):
    """An address at which a mail can be answered; only the fingerprint of its token is stored."""

    __tablename__ = "reply_addresses"
    links: ClassVar = {"mail_id": "outbox"}
    constraints: ClassVar = (Index("ix_reply_addresses_mail", "agency_id", "mail_id"),)

    mail_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    mail: Mapped[OutboxMessage] = relationship(
        primaryjoin=lambda: OutboxMessage.id == foreign(ReplyAddress.mail_id)
    )


class ServerPause(Model):
    """That a mail server wants to be left alone; a fact about the installation, so no agency owns it.

    Without ``until`` it refuses our sign-in, and a person must say when to go on.
    """

    __tablename__ = "mail_server_pauses"

    server: Mapped[str] = mapped_column(String(260), primary_key=True)
    until: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(500), default="")


class MailToken(Model):
    """The OAuth tokens by which we sign in to mail servers, sealed; shared by all workers, and nobody's.

    ``key`` names the registration they were issued for. ``lease_until`` says that a worker renews them.
    """

    __tablename__ = "mail_tokens"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed_access: Mapped[bytes | None]
    sealed_refresh: Mapped[bytes | None]
    renew_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
