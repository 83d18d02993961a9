"""Mails, by the one way there is to make them."""

from itertools import count
from typing import Any

from portal.mail import outbox
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import OutboxMessage

_numbers = count(1)


def post(kind: MailKind = MailKind.ACCESS_REQUEST, **given: Any) -> OutboxMessage:
    """Post a mail with believable values."""
    facts = {
        "key": f"test:{next(_numbers)}",
        "recipient_name": "Claire Dubois",
        "recipient": "claire@maple.example",
        "language": "en",
        "values": sample_values(kind),
        "automatic": False,
    }
    return outbox.post(kind, **{**facts, **given})
