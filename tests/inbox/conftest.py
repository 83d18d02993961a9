"""A portal that takes mails in, and what it stored of them."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from portal.agencies import scope
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
