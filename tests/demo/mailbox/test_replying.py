from collections.abc import Callable
from email import message_from_bytes

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.demo.mailbox import storage
from portal.demo.mailbox.replying import write_reply
from portal.inbox.authentication import Receiver, proof_of
from portal.inbox.envelope import headers_of
from portal.replies.reader import unpack
from tests.fixtures.mailbox import Mailbox

Send = Callable[..., None]
ADDRESS = f"reply+{'a' * 26}@in.northlight.example"
QUESTION = (
    "From: Northlight <p@northlight.example>\r\nTo: Zoë <zoe@maple.example>\r\n"
    f"Reply-To: {ADDRESS}\r\nMessage-ID: <q@northlight.example>\r\n"
    "Subject: Access\r\n\r\nWhat will Ana do?\r\n"
).encode()


def test_a_reply_goes_to_the_reply_address_and_names_the_mail() -> None:
    reply = write_reply(QUESTION, "zoe@maple.example", "Sales.", is_proved=True)

    read = unpack(reply.raw)
    assert (reply.recipient, read.to[0].address) == (ADDRESS, ADDRESS)
    assert (read.author[0].address, read.in_reply_to) == ("zoe@maple.example", ("<q@northlight.example>",))
    assert read.subject == "Re: Access"
    assert read.text.startswith("Sales.")
    assert "> What will Ana do?" in read.text


@pytest.mark.parametrize("is_proved", [True, False])
def test_the_demos_mail_server_vouches_only_where_asked_to(*, is_proved: bool) -> None:
    reply = write_reply(QUESTION, "zoe@maple.example", "Sales.", is_proved=is_proved)

    receiver = Receiver("mx.northlight.example", 1)
    assert proof_of(headers_of(reply.raw), "zoe@maple.example", receiver).is_proved is is_proved


def test_the_reply_box_stands_where_a_mail_can_be_answered(
    demo: Flask, visitor: FlaskClient, mailbox: Mailbox, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.extensions["settings"], "inbound_domain", "in.northlight.example")
    storage.store(mailbox.database, "p@northlight.example", ["zoe@maple.example"], QUESTION)
    send("tom@agency.example", "News")

    answerable, news = (visitor.get(f"/demo/mailbox/{stored.id}").text for stored in mailbox.messages())

    assert "Reply as zoe@maple.example" in answerable
    assert "Reply as" not in news


def test_a_reply_is_handed_to_the_portal(
    demo: Flask, visitor: FlaskClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = demo.extensions["settings"]
    monkeypatch.setattr(settings, "inbound_domain", "in.northlight.example")
    monkeypatch.setattr(settings, "inbound_webhook_secret", type(settings.secret_key)("w" * 40))
    storage.store(mailbox.database, "p@northlight.example", ["zoe@maple.example"], QUESTION)
    (stored,) = mailbox.messages()
    page = f"/demo/mailbox/{stored.id}"
    taken: list[httpx.Request] = []

    def post(url: str, **given: object) -> httpx.Response:
        request = httpx.Request("POST", url, content=given["content"], params=given["params"])
        taken.append(request)
        return httpx.Response(200, request=request)

    monkeypatch.setattr(httpx, "post", post)
    answer = visitor.submit(f"{page}/reply", at=page, text="Sales.", is_proved="1")
    demo.extensions["jobs"].drain()

    assert (answer.status_code, answer.location) == (303, page)
    (request,) = taken
    assert (request.url.path, request.url.params["recipient"]) == ("/inbound/demo", ADDRESS)
    assert message_from_bytes(request.content)["In-Reply-To"] == "<q@northlight.example>"


def test_an_empty_reply_is_refused(
    demo: Flask, visitor: FlaskClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.extensions["settings"], "inbound_domain", "in.northlight.example")
    storage.store(mailbox.database, "p@northlight.example", ["zoe@maple.example"], QUESTION)
    (stored,) = mailbox.messages()

    page = f"/demo/mailbox/{stored.id}"

    assert visitor.submit(f"{page}/reply", at=page, text=" ").status_code == 400
