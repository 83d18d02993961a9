import email
import random
import re
import smtplib
import socket
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.core.texts import LANGUAGES
from portal.mail.composing import ComposedMail, MailLook, compose
from portal.mail.headers import Mailbox, MessageRefused, ascii_address
from portal.mail.kinds import MailKind, sample_values
from portal.mail.message import (
    BuiltMessage,
    Postmark,
    build_message,
    new_message_id,
    read_own_id,
    sign_own_id,
)
from portal.mail.reading import read_mail

COMPOSED = ComposedMail("fr", "Accès à Café", "Bonjour", "<p>Bonjour</p>")
POSTMARK = Postmark(
    sender=Mailbox("Bright Harbour", "portal@agency.example"),
    recipient=Mailbox("Claire Dubois", "claire@maple.example"),
    reply_to="reply+abc@portal.example",
    bounce_to="b+abc@portal.example",
    message_id="<0123abcd@portal.example>",
    own_id="17.abcdef",
    sent_at=datetime(2027, 3, 1, 9, 30, tzinfo=UTC),
)
KEY = b"k" * 32
LOGO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9


class Collector:
    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture(scope="module")
def strict_server() -> Iterator[Controller]:
    """A server that takes no line over 998 bytes and nothing but ASCII."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Collector(), hostname="127.0.0.1", port=port, decode_data=False)
    controller.start()
    yield controller
    controller.stop()


def parsed(built: BuiltMessage) -> EmailMessage:
    return email.message_from_bytes(built.raw, policy=default)  # type: ignore[return-value]


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MailKind)
def test_a_strict_server_takes_every_kind_in_every_language(
    kind: MailKind, language: str, strict_server: Controller
) -> None:
    composed = compose(kind, language, sample_values(kind), MailLook("Bright Harbour", "#0f766e"))
    built = build_message(composed, POSTMARK)

    with smtplib.SMTP("127.0.0.1", strict_server.port) as client:
        refused = client.sendmail(built.envelope_sender, built.envelope_recipients, built.raw)

    assert refused == {}
    arrived = strict_server.handler.mails[-1]
    assert arrived.content == built.raw
    assert built.raw.isascii()
    assert max(map(len, built.raw.split(b"\r\n"))) <= 998
    message = parsed(built)
    assert message["Subject"] == composed.subject
    assert (content(message, "plain"), content(message, "html")) == (
        composed.text,
        f"{composed.html}\n",
    )


def test_the_logo_travels_beside_the_page_that_shows_it() -> None:
    built = build_message(replace(COMPOSED, html='<img src="cid:logo">', logo=LOGO), POSTMARK)

    message = parsed(built)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = list(message.walk())[-1]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<logo>", "inline")
    assert picture.get_content() == LOGO
    assert built == build_message(replace(COMPOSED, html='<img src="cid:logo">', logo=LOGO), POSTMARK)


def test_a_browser_is_shown_the_logo_inside_the_page() -> None:
    built = build_message(replace(COMPOSED, html='<img src="cid:logo">', logo=LOGO), POSTMARK)

    [source] = re.findall(r'src="data:image/png;base64,([^"]+)"', read_mail(built.raw).html)
    assert b64decode(source) == LOGO


def test_the_headers_say_who_to_whom_and_that_a_machine_wrote_it() -> None:
    built = build_message(COMPOSED, POSTMARK)

    message = parsed(built)
    assert {name: str(value) for name, value in message.items() if name != "Content-Type"} == {
        "From": "Bright Harbour <portal@agency.example>",
        "To": "Claire Dubois <claire@maple.example>",
        "Reply-To": "reply+abc@portal.example",
        "Subject": "Accès à Café",
        "Date": "Mon, 01 Mar 2027 09:30:00 +0000",
        "Message-ID": "<0123abcd@portal.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "fr",
        "X-Portal-Mail": "17.abcdef",
        "MIME-Version": "1.0",
    }
    assert message.get_content_type() == "multipart/alternative"
    assert (built.envelope_sender, built.envelope_recipients) == (
        "b+abc@portal.example",
        ("claire@maple.example",),
    )


def test_the_archive_copy_is_in_the_envelope_only() -> None:
    built = build_message(COMPOSED, replace(POSTMARK, archive_to="archive@portal.example"))

    assert built.envelope_recipients == ("claire@maple.example", "archive@portal.example")
    assert built.raw == build_message(COMPOSED, POSTMARK).raw


def test_a_further_header_may_be_added_but_none_replaced() -> None:
    threaded = replace(POSTMARK, headers={"In-Reply-To": "<1@portal.example>"})

    assert parsed(build_message(COMPOSED, threaded))["In-Reply-To"] == "<1@portal.example>"
    for name in ("From", "subject", "X-PORTAL-MAIL", "Content-Type", "Bad Name", "X:", "", "X\r\nY"):
        with pytest.raises(MessageRefused):
            build_message(COMPOSED, replace(POSTMARK, headers={name: "x"}))


@pytest.mark.parametrize(
    "bad", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\x00b", "a\x0bb", "a\u2028b", "\ud800"]
)
def test_no_header_takes_a_line_end_or_a_null(bad: str) -> None:
    for postmark in (
        replace(POSTMARK, sender=Mailbox(bad, "a@agency.example")),
        replace(POSTMARK, recipient=Mailbox(bad, "a@agency.example")),
        replace(POSTMARK, recipient=Mailbox("", f"{bad}@agency.example")),
        replace(POSTMARK, reply_to=f"a@{bad}"),
        replace(POSTMARK, bounce_to=bad),
        replace(POSTMARK, archive_to=bad),
        replace(POSTMARK, message_id=f"<{bad}@portal.example>"),
        replace(POSTMARK, own_id=bad),
        replace(POSTMARK, headers={"X-More": bad}),
    ):
        with pytest.raises(MessageRefused):
            build_message(COMPOSED, postmark)
    for composed in (replace(COMPOSED, subject=bad), replace(COMPOSED, language=bad)):
        with pytest.raises(MessageRefused):
            build_message(composed, POSTMARK)


@pytest.mark.parametrize(
    "name",
    [
        "Müller, Anna",
        'Ana "the boss" Silva',
        "山田 太郎",
        "Ünï Cödé " * 12,
        "A, B; C <x@y.example>",
        "Maple, Oak & Sons, " * 8,
        "=?utf-8?q?x?=",
        "x" * 150,
        "é" * 150,
        "O'Brien (Sales)",
        "a\\b\\",
        "🦊 Fox",
        "",
    ],
)
def test_a_name_in_any_script_arrives_as_it_was_and_stays_a_name(name: str) -> None:
    built = build_message(COMPOSED, replace(POSTMARK, recipient=Mailbox(name, "claire@maple.example")))

    # Read by the older parser: the newer one leaves spaces between encoded words of a name.
    shown, address = parseaddr(email.message_from_bytes(built.raw)["To"])
    assert address == "claire@maple.example"
    assert str(make_header(decode_header(shown))) == " ".join(name.split())
    assert built.raw.isascii()
    assert max(map(len, built.raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "subject", ["x" * 200, "é" * 200, "word " * 39, "日本" * 90, "a=?utf-8?q?b?=", "ß, é; " * 30]
)
def test_any_subject_arrives_as_it_was(subject: str) -> None:
    built = build_message(replace(COMPOSED, subject=subject), POSTMARK)

    assert parsed(built)["Subject"] == subject.strip()
    assert max(map(len, built.raw.split(b"\r\n"))) <= 998


def test_any_text_survives_the_way() -> None:
    rng = random.Random(22)  # noqa: S311 - the same texts on every run
    units = [".", "\n", "From ", "=", "é", "日本", " ", "\t", "x" * 1500, "--=_", "🦊", "\n.\n", "<b>"]
    for _round in range(200):
        text = "".join(rng.choices(units, k=20)).strip() + "\n"
        built = build_message(replace(COMPOSED, text=text, html=text), POSTMARK)
        assert max(map(len, built.raw.split(b"\r\n"))) <= 78
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", built.raw)
        assert content(parsed(built), "plain") == text
        assert content(parsed(built), "html") == text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Ana+x@Maple.Example", "Ana+x@maple.example"),
        ("ana@straße.example", "ana@xn--strae-oqa.example"),
        ("portal@localhost", "portal@localhost"),
    ],
)
def test_an_address_becomes_what_smtp_takes(address: str, expected: str) -> None:
    assert ascii_address(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b.example", "a@", "a@b@c.example", "a b@c.example", "<a@c.example>", "é@c.example",
        ".a@c.example", "a..b@c.example", "a@c..example", "a@-c.example", "a@c.example>",
        "a@c.example,d@c.example", "a@☃☃ x.example",
    ],
)  # fmt: skip
def test_what_is_not_an_address_is_refused(address: str) -> None:
    with pytest.raises(MessageRefused):
        ascii_address(address)


def test_a_date_without_its_zone_is_refused() -> None:
    with pytest.raises(MessageRefused):
        build_message(COMPOSED, replace(POSTMARK, sent_at=datetime(2027, 3, 1)))  # noqa: DTZ001


def test_message_ids_are_random_and_valid() -> None:
    one, other = new_message_id("Portal.example"), new_message_id("Portal.example")

    assert one != other
    assert re.fullmatch(r"<[0-9a-f]{32}@portal\.example>", one)
    assert parsed(build_message(COMPOSED, replace(POSTMARK, message_id=one)))["Message-ID"] == one


def test_our_own_id_is_known_again_and_no_other_is() -> None:
    signed = sign_own_id(17, KEY)

    assert read_own_id(signed, KEY) == 17
    assert read_own_id(f" {signed}\r\n", KEY) == 17
    for forged in (signed.replace("17", "18"), signed[:-1], "17.", "17", "", "x.y", signed + "é", "9" * 5000):
        assert read_own_id(forged, KEY) is None
    assert read_own_id(signed, b"other" * 8) is None
