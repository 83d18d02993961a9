"""A portal that takes mails in, and what it stored of them."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import db
from portal.inbox.models import InboundMailbox
from portal.mail.models import OutboxMessage
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.inbox.judged import asked
from tests.inbox.letters import KEY, RECEIVER

DOMAIN = "in.portal.example"


@pytest.fixture(autouse=True)
def inbound(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a portal whose mail comes in by both doors."""
    settings = app.extensions["settings"]
    monkeypatch.setattr(settings, "inbound_domain", DOMAIN)
    monkeypatch.setattr(settings, "inbound_authserv_id", RECEIVER)
    monkeypatch.setattr(settings, "inbound_webhook_secret", SecretStr(KEY))


@pytest.fixture
def everywhere(app: Flask) -> Iterator[None]:
    """Outside of every agency, where deliveries are."""
    with scope.every_agency(reason="a delivery is nobody's until it is judged"):
        yield


@pytest.fixture
def account(agency: Agency) -> Account:
    """Where Anna is a contact; mails that say nothing else are the agency's."""
    account = AccountFactory(name="Maple & Sons")
    ContactFactory(account_id=account.id, email="anna@maple.example")
    db.session.add(InboundMailbox(name="main", serves_agency_id=agency.id))
    db.session.commit()
    return account


@pytest.fixture
def question(account: Account) -> OutboxMessage:
    """A mail about the account that Anna can answer."""
    return asked(account=account, topic=account, recipient="anna@maple.example")
