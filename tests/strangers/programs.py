"""How programs knock: with a body of their own, signed with a key of the settings; no form, no token."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from portal.core import clock
from portal.inbox import signatures
from portal.inbox.signatures import Handover
from portal.mail import events

KEY = "a key of forty letters, for tests alone!"
KEYS = {name: SecretStr(KEY) for name in ("mail_events_secret", "inbound_webhook_secret")}

Words = Mapping[str, Any]
Signed = tuple[bytes, dict[str, str]]
NOBODY = {"X-Portal-Signature": ""}


def mail_event(words: Words) -> Signed:
    """Tell that a mail was delivered."""
    at = clock.now()
    told = {"id": "1", "event": "delivered", "message_id": words["message_id"], "at": at.isoformat()}
    body, timestamp = json.dumps({"events": [told]}).encode(), str(int(at.timestamp()))
    return body, {"X-Portal-Timestamp": timestamp, "X-Portal-Signature": events.sign(timestamp, body, KEY)}


def letter(words: Words) -> Signed:
    """Hand a mail over."""
    raw = f"From: {words['email']}\nMessage-ID: <1@client.example>\n\nHello".encode()
    by = Handover(str(int(clock.now().timestamp())), "n" * 20, words["mailbox"], [])
    headers = {"X-Portal-Timestamp": by.timestamp, "X-Portal-Nonce": by.nonce}
    return raw, {**headers, "X-Portal-Signature": signatures.sign(by, raw, KEY)}
