import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from portal.core.db import db
from portal.inbox.models import Arrival
from portal.inbox.signatures import Handover, sign
from tests.inbox.letters import KEY, TRACE, hand_over, letter

NONCE = "n" * 20
pytestmark = pytest.mark.usefixtures("everywhere")


def stored() -> list[Arrival]:
    return list(db.session.scalars(select(Arrival).order_by(Arrival.id)))


def test_a_signed_mail_is_stored_as_it_came(client: FlaskClient) -> None:
    raw = letter()

    answer = hand_over(client, raw, "reply+x@in.portal.example", nonce=NONCE)

    (arrival,) = stored()
    assert (answer.status_code, answer.json) == (200, {"stored": arrival.id, "is_copy": False})
    facts = (arrival.key, arrival.mailbox, arrival.recipients, arrival.raw, arrival.size)
    assert facts == (f"webhook:{NONCE}", "main", ["reply+x@in.portal.example"], raw, len(raw))


REFUSED = {
    "another key": ({"key": "x" * 40}, 401),
    "another body": ({"body": b"Subject: other\r\n\r\n"}, 401),
    "no signature": ({"signature": ""}, 401),
    "a signature that is not ASCII": ({"signature": "\u00e4"}, 401),
    "an old timestamp": ({"late_by": 400}, 401),
    "a timestamp of the future": ({"late_by": -400}, 401),
    "no timestamp": ({"timestamp": ""}, 401),
    "a short nonce": ({"nonce": "n"}, 401),
    "a recipient with a comma": ({"recipients": ["a@in.portal.example,b@in.portal.example"]}, 401),
    "a recipient with a line end": ({"recipients": ["a@in.portal.example\nSubject: other"]}, 401),
    "an empty recipient": ({"recipients": [""]}, 401),
    "an empty mail": ({"raw": b" "}, 400),
    "a mail of more than 25 MB": ({"raw": b"x" * (25 * 1024 * 1024 + 1)}, 413),
}


@pytest.mark.parametrize(("changes", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_right_is_refused_and_not_stored(
    client: FlaskClient, changes: dict[str, Any], status: int
) -> None:
    changes = dict(changes)
    timestamp = str(int(time.time()) - changes.pop("late_by", 0))
    answer = hand_over(client, **{"raw": letter(), "timestamp": timestamp, **changes})

    assert (answer.status_code, list(answer.json), stored()) == (status, ["error"], [])


def test_a_mail_of_25_mb_is_taken(client: FlaskClient) -> None:
    assert hand_over(client, letter("x" * (25 * 1024 * 1024 - 1000))).status_code == 200


def test_recipients_are_signed_too(client: FlaskClient) -> None:
    raw = letter()
    genuine = hand_over(client, raw, "a@in.portal.example", nonce=NONCE).request.headers

    forged = client.post(
        "/inbound/main?recipient=b@in.portal.example",
        data=raw,
        headers={
            "X-Portal-Timestamp": genuine["X-Portal-Timestamp"],
            "X-Portal-Nonce": NONCE + "2",
            "X-Portal-Signature": genuine["X-Portal-Signature"],
        },
    )

    assert (forged.status_code, len(stored())) == (401, 1)


SHIFTED = {
    "two recipients as one": (["a@x.example", "b@x.example"], b"Mail", ["a@x.example,b@x.example"], b"Mail"),
    "no recipient as an empty one": ([], b"Mail", [""], b"Mail"),
    "the mail's first line as a recipient": ([], b"a@x.example\nMail", ["\na@x.example"], b"Mail"),
    "a recipient as the mail's first line": (["a@x.example"], b"b\nMail", ["a@x.example\nb"], b"Mail"),
}


@pytest.mark.parametrize(("signed", "mail", "shifted", "rest"), SHIFTED.values(), ids=SHIFTED)
def test_a_signature_cannot_be_shifted(
    client: FlaskClient, signed: list[str], mail: bytes, shifted: list[str], rest: bytes
) -> None:
    now = str(int(time.time()))
    signature = sign(Handover(now, NONCE, "main", signed), mail, KEY)

    forged = {"timestamp": now, "nonce": NONCE, "recipients": shifted, "signature": signature}
    answer = hand_over(client, rest, **forged)

    assert (answer.status_code, stored()) == (401, [])


def test_a_nonce_is_good_once(client: FlaskClient) -> None:
    raw = letter()
    hand_over(client, raw, nonce=NONCE)

    answer = hand_over(client, raw, nonce=NONCE)

    assert (answer.status_code, len(stored())) == (409, 1)


def test_without_a_key_nobody_is_let_in(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_webhook_secret", SecretStr(""))

    assert (hand_over(client, letter()).status_code, stored()) == (404, [])


def test_the_same_mail_again_is_a_copy_of_the_first(client: FlaskClient) -> None:
    raw = letter()
    hand_over(client, raw)

    answer = hand_over(client, b"Received: by another.example; now\r\n" + raw.replace(b"\r\n", b"\n"))

    first, second = stored()
    assert answer.json == {"stored": second.id, "is_copy": True}
    assert (second.first_id, second.identity) == (first.id, None)


def test_a_mail_that_differs_in_one_letter_is_another(client: FlaskClient) -> None:
    raw = letter(Message_ID="<same@client.example>", top=[TRACE])
    hand_over(client, raw)

    answer = hand_over(client, raw.replace(b"Sales", b"sales"))

    assert answer.json["is_copy"] is False
