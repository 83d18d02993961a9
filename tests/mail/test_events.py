import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from portal.core import clock
from portal.core.db import db
from portal.mail import events, evidence
from portal.mail.models import OutboxMessage
from portal.mail.states import Event, MailState
from tests.factories.mails import post

pytestmark = pytest.mark.usefixtures("agency", "key")
KEY = "e" * 32


@pytest.fixture
def key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider holds a key."""
    monkeypatch.setattr(app.extensions["settings"], "mail_events_secret", SecretStr(KEY))


@pytest.fixture
def mail() -> OutboxMessage:
    """A mail the server took."""
    mail = post()
    mail.state, mail.accepted_at = MailState.ACCEPTED, clock.now()
    db.session.commit()
    return mail


def event_about(mail: OutboxMessage, **facts: object) -> dict[str, object]:
    return {
        "id": "evt-1",
        "event": "bounced",
        "message_id": mail.message_id,
        "at": "2027-03-01T12:00:00Z",
        "recipient": mail.recipient,
        "permanent": True,
        "answer": "550 5.1.1\r\nnobody here",
        **facts,
    }


def tell(client: FlaskClient, *told: object, key: str = KEY, late: int = 0) -> TestResponse:
    body = json.dumps({"events": told}).encode()
    timestamp = str(int((clock.now() - timedelta(seconds=late)).timestamp()))
    signed = {"X-Portal-Timestamp": timestamp, "X-Portal-Signature": events.sign(timestamp, body, key)}
    return client.post("/mail-events", data=body, headers=signed)


def test_a_provider_tells_that_a_mail_came_back(client: FlaskClient, mail: OutboxMessage) -> None:
    answer = tell(client, event_about(mail))

    assert (answer.status_code, answer.json) == (200, {"noted": 1, "unknown": 0})
    assert (mail.state, mail.reason) == (MailState.BOUNCED, "550 5.1.1 nobody here")
    assert post().state is MailState.SUPPRESSED


def test_told_twice_it_counts_once(client: FlaskClient, mail: OutboxMessage) -> None:
    for _ in range(2):
        assert tell(client, event_about(mail, event="delayed")).json == {"noted": 1, "unknown": 0}

    assert [report.event for report in mail.reports] == [Event.DELAYED]


def test_a_message_id_may_come_without_its_brackets(client: FlaskClient, mail: OutboxMessage) -> None:
    bare = mail.message_id.strip("<>")

    assert tell(client, event_about(mail, event="delivered", message_id=bare)).status_code == 200
    assert mail.state is MailState.DELIVERED


def test_events_about_mails_of_others_are_counted_apart(client: FlaskClient, mail: OutboxMessage) -> None:
    foreign = event_about(mail, message_id="<other@shop.example>")

    assert tell(client, foreign, event_about(mail)).json == {"noted": 1, "unknown": 1}


def test_mails_are_taken_up_in_one_order_whatever_the_order_told(
    client: FlaskClient, mail: OutboxMessage
) -> None:
    other = post(recipient="marc@maple.example")
    other.state, other.accepted_at = MailState.ACCEPTED, clock.now()
    db.session.commit()
    ids = {mail.message_id, other.message_id, "<other@shop.example>"}

    assert evidence.lock_in_order(ids) == {mail.message_id: 0, other.message_id: 1}
    told = [event_about(other, id="evt-2"), event_about(mail)]
    assert tell(client, *told).json == {"noted": 2, "unknown": 0}
    assert (mail.state, other.state) == (MailState.BOUNCED, MailState.BOUNCED)


@pytest.mark.parametrize(
    "wrong", [{"key": "f" * 32}, {"late": 400}, {"late": -400}], ids=["another key", "old", "from the future"]
)
def test_what_is_not_signed_now_by_who_holds_the_key_is_refused(
    wrong: dict[str, object], client: FlaskClient, mail: OutboxMessage
) -> None:
    assert tell(client, event_about(mail), **wrong).status_code == 401
    assert mail.state is MailState.ACCEPTED


@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "9" * 40])
def test_a_timestamp_that_is_none_is_refused(timestamp: str, client: FlaskClient) -> None:
    signed = {"X-Portal-Timestamp": timestamp, "X-Portal-Signature": events.sign(timestamp, b"{}", KEY)}

    assert client.post("/mail-events", data=b"{}", headers=signed).status_code == 401


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ({"event": "opened"}, "events.1.event"),
        ({"at": "2027-03-01T12:00:00"}, "events.1.at"),
        ({"id": ""}, "events.1.id"),
        ({"recipient": "a\r\nb"}, "events.1.recipient"),
    ],
)
def test_one_bad_event_names_its_fault_and_nothing_is_noted(
    facts: dict[str, object], where: str, client: FlaskClient, mail: OutboxMessage
) -> None:
    answer = tell(client, event_about(mail), event_about(mail, **facts))

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"].startswith(f"Nothing was noted. {where}: ")
    assert mail.state is MailState.ACCEPTED


def test_too_many_events_at_once_are_refused(client: FlaskClient, mail: OutboxMessage) -> None:
    assert tell(client, *[event_about(mail)] * 1001).status_code == 400


def test_without_a_key_nothing_is_taken(
    app: Flask, client: FlaskClient, mail: OutboxMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "mail_events_secret", SecretStr(""))

    assert tell(client, event_about(mail), key="").status_code == 404
    assert mail.state is MailState.ACCEPTED
