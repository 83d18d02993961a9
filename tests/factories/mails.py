"""Mails, by the one way there is to make them."""

from itertools import count
from typing import Any

import factory

from portal.mail import outbox
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import OutboxMessage
from portal.mail.template_models import TemplateVersion
from tests.factories.agencies import MemberFactory, Stored

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


class TemplateVersionFactory(Stored):
    """A text of the agency for access requests in English, or what is given."""

    class Meta:
        model = TemplateVersion

    kind = MailKind.ACCESS_REQUEST
    language = "en"
    number = 1
    subject = "A question about ((account_name))"
    body = "Hello ((contact_name)),\n\n((answer_link))"
    written_by_id = factory.LazyFunction(lambda: MemberFactory().id)
