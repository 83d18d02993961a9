"""The request, the people in it, the links sent out for it, and the answers that came back."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.access_requests.states import MOVES, RequestState
from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model
from portal.core.errors import NotNow
from portal.provisioning.models import ProvisioningRun


class AccessRequest(AgencyOwned, Model):
    """The question put to a client: what may these people do in their CRM?"""

    __tablename__ = "access_requests"
    links: ClassVar = {"account_id": "accounts", "contact_id": "contacts", "started_by_id": "members"}
    keeps: ClassVar = frozenset({"contact_id", "started_by_id"})
    constraints: ClassVar = (
        UniqueConstraint("agency_id", "account_id", "number"),
        Index("ix_access_requests_state", "agency_id", "state", "changed_at"),
    )

    account_id: Mapped[int]
    number: Mapped[int]  # counts within the account; in the URL
    state: Mapped[RequestState] = mapped_column(default=RequestState.DRAFT)
    contact_id: Mapped[int]
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
    started_by: Mapped[Member] = relationship(
        primaryjoin=lambda: Member.id == foreign(AccessRequest.started_by_id)
    )
    people: Mapped[list["RequestPerson"]] = relationship(
        primaryjoin=lambda: AccessRequest.id == foreign(RequestPerson.request_id),
        order_by="RequestPerson.place",
        cascade="all, delete-orphan",
    )

    def move_to(self, state: RequestState, reason: str = "") -> None:
        """Take one step; a step that ``MOVES`` does not draw raises ``NotNow``."""
        if state not in MOVES[self.state]:
            raise NotNow
        self.state, self.reason, self.changed_at = state, reason[:500], clock.now()


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
    constraints: ClassVar = (UniqueConstraint("agency_id", "request_id", "email"),)

    account_id: Mapped[int]
    request_id: Mapped[int]
    place: Mapped[int]
    first_name: Mapped[str] = mapped_column(String(120))
    last_name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))  # in lower case
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

    run_id: Mapped[int | None]
    welcomed_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]

    run: Mapped[ProvisioningRun | None] = relationship(
        primaryjoin=lambda: ProvisioningRun.id == foreign(RequestPerson.run_id)
    )

    @property
    def name(self) -> str:
        """The name to show."""
        return f"{self.first_name} {self.last_name}".strip()


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

    request: Mapped[AccessRequest] = relationship(
        primaryjoin=lambda: AccessRequest.id == foreign(AnswerLink.request_id)
    )
    contact: Mapped[Contact] = relationship(primaryjoin=lambda: Contact.id == foreign(AnswerLink.contact_id))


class Answer(AgencyOwned, Model):
    """What came back, word for word, and who gave it; a correction is a new answer."""

    __tablename__ = "answers"
    links: ClassVar = {"account_id": "accounts", "request_id": "access_requests", "contact_id": "contacts"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "nonce"),)

    account_id: Mapped[int]
    request_id: Mapped[int]
    contact_id: Mapped[int]
    nonce: Mapped[str] = mapped_column(String(64))  # twenty parallel posts make one answer
    kind: Mapped[str] = mapped_column(String(20))  # answer, not_for_me, ask_someone_else
    given_name: Mapped[str] = mapped_column(String(120), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    people: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    address: Mapped[str] = mapped_column(String(60), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
