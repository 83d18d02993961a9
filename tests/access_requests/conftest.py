"""A request that waits to be sent, one whose mail can be answered, and the browser of their consultant."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import actions
from portal.access_requests.models import AccessRequest
from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.core.db import db
from portal.job_roles.actions import copy_shipped_job_roles
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage
from tests.access_requests.proposing import Answered, answered_request
from tests.factories.access_requests import AccessRequestFactory
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.fixtures.crm_account import Place
from tests.inbox.conftest import DOMAIN
from tests.inbox.letters import RECEIVER


@pytest.fixture
def account(agency: object) -> Account:
    return AccountFactory(name="Maple & Sons", slug="maple")


@pytest.fixture
def contact(account: Account) -> Contact:
    return ContactFactory(account_id=account.id, name="Anna Smith", email="anna@maple.example", language="en")


@pytest.fixture
def draft(contact: Contact, consultant: Member) -> AccessRequest:
    made = AccessRequestFactory(contact_to_ask=contact, consultant=consultant, number=1)
    db.session.refresh(made)
    return made


@pytest.fixture
def browser(consultant: Member, signed_in: Callable[[Member], FlaskClient]) -> FlaskClient:
    return signed_in(consultant)


@pytest.fixture
def answered(app: Flask, place: Place, consultant: Member) -> Answered:
    return answered_request(app, place, consultant)


@pytest.fixture
def inbound(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a portal whose mails can be answered."""
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", DOMAIN)
    monkeypatch.setattr(app.extensions["settings"], "inbound_authserv_id", RECEIVER)


@pytest.fixture
def asked_about_ana(draft: AccessRequest, inbound: None) -> OutboxMessage:
    """A request about Ana Silva that was sent, and its mail."""
    copy_shipped_job_roles()
    [ana] = draft.people
    ana.first_name, ana.last_name, ana.email = "Ana", "Silva", "ana@maple.example"
    db.session.flush()
    actions.send_request(draft, draft.started_by)
    db.session.commit()
    asked = OutboxMessage.kind == MailKind.ACCESS_REQUEST
    return db.session.scalars(select(OutboxMessage).where(asked)).one()
