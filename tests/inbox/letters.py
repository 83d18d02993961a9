"""Raw mails as they come in, and a mail server that hands them over."""

import secrets
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.inbox.signatures import Handover, sign

KEY = "w" * 40
RECEIVER = "mx.portal.example"
QUOTES = "On Fri, 27 Nov 2026 at 10:00, Northlight <p@portal.example> wrote:"
TRACE = f"Received: from mail.client.example by {RECEIVER} with ESMTPS; Fri, 27 Nov 2026 10:00:00 +0000"


def letter(
    text: str = "Sales, please.",
    *,
    sender: str = "Anna Smith <anna@maple.example>",
    to: str = "portal@portal.example",
    subject: str = "Re: Access",
    top: Sequence[str] = (TRACE,),
    **headers: str,
) -> bytes:
    """Return a raw mail; ``top`` is what mail servers put on it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": "Fri, 27 Nov 2026 10:00:00 +0000",
        "Message-ID": f"<{secrets.token_hex(8)}@client.example>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **named,
    }
    head = [*top, *(f"{name}: {value}" for name, value in lines.items() if value)]
    return "\r\n".join([*head, "", text, ""]).encode()


def proved(domain: str = "maple.example") -> tuple[str, ...]:
    """Return what our own server puts on a mail whose sender it proved."""
    return (f"Authentication-Results: {RECEIVER}; dmarc=pass header.from={domain}", TRACE)


def hand_over(
    client: FlaskClient, raw: bytes, *recipients: str, key: str = KEY, **changes: Any
) -> TestResponse:
    """Hand a mail over as a mail server does; ``changes`` replace what it says of it."""
    said = {
        "timestamp": str(int(time.time())),
        "nonce": secrets.token_hex(16),
        "mailbox": "main",
        "recipients": recipients,
        **changes,
    }
    body = said.pop("body", raw)
    signature = said.pop("signature", None)
    handover = Handover(**said)
    query = urlencode([("recipient", recipient) for recipient in handover.recipients])
    return client.post(
        f"/inbound/{handover.mailbox}?{query}",
        data=body,
        content_type="message/rfc822",
        headers={
            "X-Portal-Timestamp": handover.timestamp,
            "X-Portal-Nonce": handover.nonce,
            "X-Portal-Signature": sign(handover, raw, key) if signature is None else signature,
        },
    )
