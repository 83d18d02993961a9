"""A reply as the receiver's mail program and the demo's mail server would make one, handed to the portal.

It goes the way a real one goes: through the signed address, with what our server says of its sender on top.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, parseaddr
from typing import Final

import httpx

from portal.core import clock
from portal.inbox.signatures import Handover, sign
from portal.mail.reading import read_mail

RECEIVER: Final = "mx.northlight.example"  # the demo's mail server
MAILBOX: Final = "demo"
NO_FILES: Final[Mapping[str, bytes]] = {}
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A raw mail on its way to the portal, and the address of its envelope."""

    raw: bytes
    recipient: str


def write_reply(
    raw: bytes, receiver: str, text: str, *, is_proved: bool, files: Mapping[str, bytes] = NO_FILES
) -> Reply:
    """Answer a mail as its receiver; ``is_proved`` says whether the demo's mail server vouches for them.

    ``files`` come along, by name.
    """
    original = message_from_bytes(raw, _class=EmailMessage, policy=default)
    sender = Address(parseaddr(str(original["To"]))[0], addr_spec=receiver)
    message = _message(sender, answer_address(raw), f"Re: {original['Subject']}")
    message["In-Reply-To"] = message["References"] = str(original["Message-ID"])
    message.set_content(f"{text}\n\n{_quoted(raw, clock.now())}\n")
    for name, content in files.items():
        message.add_attachment(content, maintype="text", subtype="csv", filename=name)
    return Reply(_stamp(receiver, is_proved=is_proved) + message.as_bytes(), answer_address(raw))


def write_mail(sender: Address, recipient: str, subject: str, text: str) -> Reply:
    """Write a mail that answers none, for which the demo's mail server vouches."""
    message = _message(sender, recipient, subject)
    message.set_content(f"{text}\n")
    return Reply(_stamp(sender.addr_spec, is_proved=True) + message.as_bytes(), recipient)


def answer_address(raw: bytes) -> str:
    """Return where a mail wants to be answered, in lower case."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=default)
    return parseaddr(str(message["Reply-To"] or ""))[1].lower()


def hand_over(portal_url: str, key: str, raw: bytes, recipient: str) -> None:
    """Give a mail to the running portal; raises ``httpx.HTTPError`` if it is not taken."""
    handover = Handover(str(int(clock.now().timestamp())), secrets.token_hex(16), MAILBOX, (recipient,))
    httpx.post(
        f"{portal_url}/inbound/{MAILBOX}",
        params={"recipient": recipient},
        content=raw,
        timeout=_PATIENCE,
        headers={
            "Content-Type": "message/rfc822",
            "X-Portal-Timestamp": handover.timestamp,
            "X-Portal-Nonce": handover.nonce,
            "X-Portal-Signature": sign(handover, raw, key),
        },
    ).raise_for_status()


def _message(sender: Address, recipient: str, subject: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{secrets.token_hex(12)}@{sender.domain}>"
    return message


def _quoted(raw: bytes, now: datetime) -> str:
    read = read_mail(raw)
    lines = "\n".join(f"> {line}".rstrip() for line in read.text.splitlines())
    return f"On {now:%d %b %Y at %H:%M}, {parseaddr(read.sender)[0]} wrote:\n\n{lines}"


def _stamp(receiver: str, *, is_proved: bool) -> bytes:
    """What the demo's mail server puts on top."""
    domain = receiver.rpartition("@")[2]
    verdict = "pass" if is_proved else "fail"
    return (
        f"Authentication-Results: {RECEIVER}; dmarc={verdict} header.from={domain}\r\n"
        f"Received: from mail.{domain} by {RECEIVER}; {format_datetime(clock.now())}\r\n"
    ).encode()
