"""Mails that members send themselves to see how a text looks: marked as a test, and to nobody else."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.core import clock, ids
from portal.core.db import db
from portal.core.texts import _
from portal.mail import outbox, sender
from portal.mail.composing import ComposedMail
from portal.mail.kinds import MailKind
from portal.mail.message import build_message
from portal.mail.models import OutboxMessage

TOPIC: Final = "test"  # what such a mail speaks of; the topic's id is the member's


def post_test(kind: MailKind, composed: ComposedMail, to: Member) -> OutboxMessage:
    """Queue a mail to the member who tries it out; its subject says that it is a test."""
    agency, marked = current_agency(), replace(composed, subject=f"[{_('Test')}] {composed.subject}")
    mail = OutboxMessage(
        idempotency_key=f"test:{to.id}:{ids.random_token()}",
        kind=kind,
        language=marked.language,
        topic_kind=TOPIC,
        topic_id=to.id,
        recipient_name=to.name,
        recipient=to.email,
        subject=marked.subject,
        message_id=sender.message_id(),
        **sender.envelope(kind),
        raw=b"",
        is_automatic=False,
        created_at=clock.now(),
    )
    return outbox.post_written(
        mail, lambda stored: build_message(marked, sender.postmark(stored, agency, to.email)).raw
    )


def tests_sent(to: Member, within: timedelta) -> int:
    """Return how many tests a member sent themselves lately."""
    statement = select(func.count()).where(
        OutboxMessage.topic_kind == TOPIC,
        OutboxMessage.topic_id == to.id,
        OutboxMessage.created_at > clock.now() - within,
    )
    return db.session.scalar(statement) or 0
