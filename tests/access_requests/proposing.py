"""A request that was answered, in an account that is connected, read and mapped."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.access_requests import proposals
from portal.access_requests.models import AccessRequest, Answer, RequestPerson
from portal.access_requests.proposal_queries import proposal_of
from portal.access_requests.states import AnswerKind, RequestState
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.job_roles.actions import Choice, copy_shipped_job_roles, map_job_role
from portal.job_roles.queries import get_job_role
from portal.mail.models import OutboxMessage
from tests.factories.access_requests import AccessRequestFactory, RequestPersonFactory
from tests.factories.accounts import ContactFactory
from tests.factories.users import PermissionSetFactory, SeatFactory, TeamFactory
from tests.fixtures.crm_account import Place


@dataclass
class Answered:
    """The request and all around it."""

    app: Flask
    place: Place
    request: AccessRequest
    consultant: Member

    @property
    def url(self) -> str:
        return f"/accounts/{self.place.account.slug}/access-requests/{self.request.number}"

    @property
    def person(self) -> RequestPerson:
        return self.request.people[0]

    def add_person(self, first_name: str, job_role: str | None = "sales_rep") -> RequestPerson:
        """Put somebody more into the request, with an answer, and propose anew."""
        person = RequestPersonFactory(
            request_id=self.request.id,
            account_id=self.request.account_id,
            first_name=first_name,
            last_name="Silva",
            email=f"{first_name.lower()}@maple.example",
            place=len(self.request.people),
            answered_job_role_id=get_job_role(job_role).id if job_role else None,
            answered_text="She sells in the north.",
        )
        db.session.refresh(self.request)
        proposals.prepare(self.request)
        db.session.commit()
        return person

    def confirm(self, admins: tuple[int, ...] = ()) -> None:
        """Confirm the proposal as it is, and let the worker work."""
        proposals.confirm(self.request, self.request.version, admins, self.consultant)
        db.session.commit()
        self.work()

    def work(self) -> None:
        """Let the worker work off what is queued."""
        self.app.extensions["jobs"].drain()
        db.session.expire_all()

    def states(self) -> tuple[str, list[str]]:
        """Return where the request is, and each person's run."""
        runs = [person.run.state.value for person in self.request.people if person.run]
        return self.request.state.value, runs

    def mails(self) -> list[tuple[str, str, str]]:
        """Return kind, receiver and language of each mail written."""
        statement = select(OutboxMessage).order_by(OutboxMessage.id)
        return [(mail.kind, mail.recipient, mail.language) for mail in db.session.scalars(statement)]

    def trail(self) -> list[tuple[str, str]]:
        """Return who did what."""
        statement = select(AuditEntry).order_by(AuditEntry.sequence)
        return [(entry.actor_name, entry.action) for entry in db.session.scalars(statement)]

    def choice(self, person: RequestPerson, **changes: Any) -> proposals.PersonChoice:
        """Return a person's part as it is, with changes."""
        now = {name: getattr(person, name) for name in proposals.PersonChoice.__slots__}
        return proposals.PersonChoice(**{**now, **changes})


def answered_request(app: Flask, place: Place, consultant: Member) -> Answered:
    """Return a request for Ana, answered with "sales rep"."""
    account = place.account
    account.waiting_for_us = 1
    copy_shipped_job_roles()
    for name, remaining in (("Core", 2), ("Sales", None), ("Service", 0)):
        SeatFactory(account_id=account.id, name=name, remaining=remaining)
    for name, external_id in place.sets.items():
        costs_seat = name == "Sales pro"
        PermissionSetFactory(account_id=account.id, external_id=external_id, name=name, costs_seat=costs_seat)
    for name, external_id in place.teams.items():
        TeamFactory(account_id=account.id, external_id=external_id, name=name)
    choice = Choice(["Core"], place.sets["Sales rep"], place.teams["North"], [place.teams["South"]])
    map_job_role(account, get_job_role("sales_rep"), choice, consultant)
    contact = ContactFactory(account_id=account.id, name="Claire Dubois", language="fr")
    made = AccessRequestFactory(
        contact_to_ask=contact,
        consultant=consultant,
        state=RequestState.ANSWERED,
        answered_at=clock.now(),
        language="fr",
        people=0,
    )
    db.session.add(
        Answer(
            account_id=account.id,
            request_id=made.id,
            contact_id=contact.id,
            nonce="1",
            kind=AnswerKind.ANSWER,
            given_name="Claire Dubois",
        )
    )
    answered = Answered(app, place, made, consultant)
    answered.add_person("Ana")
    return answered


def lines(answered: Answered) -> list[tuple[str, str, str]]:
    """Return what will be written for the first person."""
    found = proposal_of(answered.request).people[0].lines
    return [(str(line.label), line.before, line.after) for line in found]
