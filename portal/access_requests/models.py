"""The request, the people in it, the links sent out for it, and the answers that came back."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Index, String, Text, UniqueConstraint, column, update
from sqlalchemy.orm import Mapped, foreign, mapped_column, object_session, relationship

from portal.access_requests.states import (
    MAY_BE_UNSETTLED,
    MOVES,
    WAITS_FOR_CLIENT,
    WAITS_FOR_US,
    AnswerKind,
    RequestState,
)
from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import EmailAddress, Model
from portal.core.errors import NotNow
from portal.core.texts import and_others
from portal.provisioning.models import ProvisioningRun

_STATE = column("state", String)
_HAS_A_DAY = column("set_up_at", DateTime).is_not(None)
_WAITS_FOR_CLIENT = _STATE.in_(sorted(WAITS_FOR_CLIENT))
_WAITS_FOR_US = _STATE.in_(sorted(WAITS_FOR_US))
_MAY_BE_UNSETTLED = _STATE.in_(sorted(MAY_BE_UNSETTLED))


class AccessRequest(AgencyOwned, Model):
    """The question put to a client: what may these people do in their CRM?"""

    __tablename__ = "access_requests"
    links: ClassVar = {
        "account_id": "accounts",
        "contact_id": "contacts",
        "second_contact_id": "contacts",
        "started_by_id": "members",
    }
    keeps: ClassVar = frozenset({"contact_id", "second_contact_id", "started_by_id"})
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "account_id", "number"),
        Index("ix_access_requests_state", "agency_id", "state", "changed_at", "id"),
        Index(
            "ix_access_requests_unsettled",
            "state",
            sqlite_where=_MAY_BE_UNSETTLED,
            postgresql_where=_MAY_BE_UNSETTLED,
        ),
        Index("ix_access_requests_latest", "agency_id", "changed_at", "id"),
        Index("ix_access_requests_sent", "agency_id", "sent_at"),
        Index("ix_access_requests_closed", "agency_id", "closed_at"),
        Index(
            "ix_access_requests_for_clients",
            "agency_id",
            "sent_at",
            "id",
            sqlite_where=_WAITS_FOR_CLIENT,
            postgresql_where=_WAITS_FOR_CLIENT,
        ),
        Index(
            "ix_access_requests_for_one",
            "agency_id",
            "started_by_id",
            "changed_at",
            "id",
            sqlite_where=_WAITS_FOR_US,
            postgresql_where=_WAITS_FOR_US,
        ),
    )

    account_id: Mapped[int]
    number: Mapped[int]  # counts within the account; in the URL
    state: Mapped[RequestState] = mapped_column(default=RequestState.DRAFT)
    contact_id: Mapped[int]
    second_contact_id: Mapped[int | None]  # asked where the first never answers
    started_by_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(5), default="en")
    note: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(String(500), default="")  # why it stopped, or how it ended
    version: Mapped[int] = mapped_column(default=1)  # tells two consultants apart
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name and form

    account: Mapped[Account] = relationship(
        primaryjoin=lambda: Account.id == foreign(AccessRequest.account_id)
    )
    contact: Mapped[Contact] = relationship(
        primaryjoin=lambda: Contact.id == foreign(AccessRequest.contact_id)
    )
    second_contact: Mapped[Contact | None] = relationship(
        primaryjoin=lambda: Contact.id == foreign(AccessRequest.second_contact_id)
    )
    started_by: Mapped[Member] = relationship(
        primaryjoin=lambda: Member.id == foreign(AccessRequest.started_by_id)
    )
    people: Mapped[list["RequestPerson"]] = relationship(
        primaryjoin=lambda: AccessRequest.id == foreign(RequestPerson.request_id),
        order_by="RequestPerson.place",
        cascade="all, delete-orphan",
    )

    @property
    def title(self) -> str:
        """The people it is about, in a few words."""
        return and_others(self.people[0].name, len(self.people)) if self.people else "?"

    def move_to(self, state: RequestState, reason: str = "") -> None:
        """Take one step and keep the account's counters; a step not in ``MOVES`` raises ``NotNow``."""
        if state not in MOVES[self.state]:
            raise NotNow
        self._count(state)
        self.state, self.reason, self.changed_at = state, reason[:500], clock.now()

    def _count(self, state: RequestState) -> None:
        """Count in the database itself: two requests of one account may move at the same time."""
        client = (state in WAITS_FOR_CLIENT) - (self.state in WAITS_FOR_CLIENT)
        us = (state in WAITS_FOR_US) - (self.state in WAITS_FOR_US)
        session = object_session(self)
        if session is None or not (client or us):
            return
        session.execute(
            update(Account)
            .where(Account.id == self.account_id)
            .values(
                waiting_for_client=Account.waiting_for_client + client,
                waiting_for_us=Account.waiting_for_us + us,
            )
            .execution_options(synchronize_session=False)
        )
        session.expire(self.account, ["waiting_for_client", "waiting_for_us"])


class RequestPerson(AgencyOwned, Model):
    """Somebody the request is about: what was asked, answered, proposed, and what became of it."""

    __tablename__ = "request_people"
    links: ClassVar = {
        "account_id": "accounts",
        "request_id": "access_requests",
        "answered_job_role_id": "job_roles",
        "job_role_id": "job_roles",
        "run_id": "provisioning_runs",
    }
    keeps: ClassVar = frozenset({"answered_job_role_id", "job_role_id", "run_id"})
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "request_id", "email"),
        Index("ix_request_people_next_check", "next_check_at"),
        Index(
            "ix_request_people_set_up",
            "set_up_at",
            sqlite_where=_HAS_A_DAY,
            postgresql_where=_HAS_A_DAY,
        ),
    )

    account_id: Mapped[int]
    request_id: Mapped[int]
    place: Mapped[int]
    first_name: Mapped[str] = mapped_column(String(120))
    last_name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(EmailAddress)
    will_do: Mapped[str] = mapped_column(String(500), default="")

    answered_job_role_id: Mapped[int | None]
    answered_text: Mapped[str] = mapped_column(Text, default="")
    start_date: Mapped[date | None]
    is_declined: Mapped[bool] = mapped_column(default=False)

    job_role_id: Mapped[int | None]
    seats: Mapped[list[str]] = mapped_column(JSON, default=list)
    permission_set_id: Mapped[str | None] = mapped_column(String(60))
    primary_team_id: Mapped[str | None] = mapped_column(String(60))
    secondary_team_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_left_out: Mapped[bool] = mapped_column(default=False)  # the consultant decided against

    scheduled_at: Mapped[datetime | None]  # when it was decided that set-up waits for the first day,
    set_up_at: Mapped[datetime | None]  # and when it begins by itself; None then: only a person starts it
    is_invited: Mapped[bool] = mapped_column(default=True)  # by the CRM itself
    run_id: Mapped[int | None]
    welcomed_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]  # when to look for the first sign-in again

    run: Mapped[ProvisioningRun | None] = relationship(
        primaryjoin=lambda: ProvisioningRun.id == foreign(RequestPerson.run_id)
    )

    @property
    def name(self) -> str:
        """The name to show; the address where no name was given."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_scheduled(self) -> bool:
        """Whether it was confirmed, and set-up has not begun."""
        return self.scheduled_at is not None and self.run_id is None

    @property
    def is_held(self) -> bool:
        """Whether only a person starts the set-up that was scheduled."""
        return self.is_scheduled and self.set_up_at is None

    def forget_day(self) -> None:
        """Wait for no day any more."""
        self.scheduled_at = self.set_up_at = None


class AnswerLink(AgencyOwned, Model):
    """A way to answer without a login; only the fingerprint of its secret is stored."""

    __tablename__ = "answer_links"
    links: ClassVar = {"account_id": "accounts", "request_id": "access_requests", "contact_id": "contacts"}
    constraints: ClassVar = (Index("ix_answer_links_request", "agency_id", "request_id"),)

    account_id: Mapped[int]
    request_id: Mapped[int]
    contact_id: Mapped[int]
    selector: Mapped[str] = mapped_column(String(12), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    is_passed_on: Mapped[bool] = mapped_column(default=False)  # by the client, to a colleague

    request: Mapped[AccessRequest] = relationship(
        primaryjoin=lambda: AccessRequest.id == foreign(AnswerLink.request_id)
    )
    contact: Mapped[Contact] = relationship(primaryjoin=lambda: Contact.id == foreign(AnswerLink.contact_id))


class Answer(AgencyOwned, Model):
    """What came back, word for word, and who gave it; a correction is a new answer."""

    __tablename__ = "answers"
    links: ClassVar = {
        "account_id": "accounts",
        "request_id": "access_requests",
        "contact_id": "contacts",
        "mail_id": "inbound_mails",
    }
    keeps: ClassVar = frozenset({"mail_id"})
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "nonce"),
        UniqueConstraint("agency_id", "mail_id"),
    )

    account_id: Mapped[int]
    request_id: Mapped[int]
    contact_id: Mapped[int]
    # Which answer to the request it is, the first or a later one: twenty parallel posts make one.
    nonce: Mapped[str] = mapped_column(String(64))
    kind: Mapped[AnswerKind]
    given_name: Mapped[str] = mapped_column(String(120), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    people: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    address: Mapped[str] = mapped_column(String(60), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")
    mail_id: Mapped[int | None]  # the reply it was read out of,
    taken_by: Mapped[str] = mapped_column(String(120), default="")  # and the member who read it
    at: Mapped[datetime] = mapped_column(default=clock.now)

    contact: Mapped[Contact] = relationship(primaryjoin=lambda: Contact.id == foreign(Answer.contact_id))
