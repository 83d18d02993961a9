"""The signature of a mail that a mail server hands over by itself: who may, and that nobody changed it."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from portal.core import clock
from portal.core.texts import Text, _l

FRESH: Final = timedelta(minutes=5)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,100}")
_MAILBOX = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]+")
_RECIPIENT = re.compile(r"[^\s,\x00-\x1f\x7f]+")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Handover:
    """What comes with a mail: when (seconds since 1970), a word used once, the mailbox, the recipients."""

    timestamp: str
    nonce: str
    mailbox: str
    recipients: Sequence[str]


def sign(handover: Handover, raw: bytes, key: str) -> str:
    """Return the signature of a mail: HMAC-SHA256, in hex.

    Only what ``find_fault`` passes is signed unambiguously: no fact before the mail holds a line end, and no
    recipient is empty or holds a comma, so that nothing can move from one fact to the next.
    """
    facts = (handover.timestamp, handover.nonce, handover.mailbox, ",".join(handover.recipients))
    signed = "\n".join(facts).encode() + b"\n" + raw
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def find_fault(handover: Handover) -> Text | None:
    """Return what is wrong with a handover before anybody looks at its mail, or None."""
    if not _TIMESTAMP.fullmatch(handover.timestamp):
        return _l("X-Portal-Timestamp must be the time of sending, in seconds since 1970.")
    if abs(clock.now().timestamp() - int(handover.timestamp)) > FRESH.total_seconds():
        return _l("X-Portal-Timestamp is more than five minutes off. Send it again, signed anew.")
    if not _NONCE.fullmatch(handover.nonce):
        return _l("X-Portal-Nonce must be 16 to 100 letters, digits, - or _, and a new one each time.")
    if not _MAILBOX.fullmatch(handover.mailbox):
        return _l("The mailbox in the address may not contain control characters.")
    if not all(_RECIPIENT.fullmatch(recipient) for recipient in handover.recipients):
        return _l(
            "Each recipient must be one address, without commas, blanks or line ends; "
            "send the parameter several times for several."
        )
    return None


def is_genuine(handover: Handover, raw: bytes, signature: str, key: str) -> bool:
    """Tell whether whoever holds the key signed exactly this."""
    return hmac.compare_digest(sign(handover, raw, key).encode(), signature.encode(errors="replace"))
