"""A machine that answers each of our mails at once, and does not say that it is one."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.access_requests import actions
from portal.access_requests.models import AccessRequest
from portal.core import clock
from portal.core.db import db
from portal.mail.models import OutboxMessage
from portal.mail.reading import read_mail
from tests.inbox.conftest import DOMAIN
from tests.inbox.judged import mails, reply_address, take_in
from tests.inbox.letters import RECEIVER, letter, proved

EVERY = timedelta(seconds=10)
ROUNDS = 60  # ten minutes


@pytest.fixture(autouse=True)
def _inbound(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", DOMAIN)
    monkeypatch.setattr(app.extensions["settings"], "inbound_authserv_id", RECEIVER)


def answer(mail: OutboxMessage, *, admits: bool) -> bytes:
    """Answer a mail of ours as a machine: proved, from wherever the mail went, to wherever it says."""
    marks = {"Auto_Submitted": "auto-replied"} if admits else {}
    return letter(
        f"Thank you for your mail.\r\n\r\n{read_mail(mail.raw).text}",
        sender=mail.recipient,
        to=reply_address(mail),
        top=proved(mail.recipient.partition("@")[2]),
        In_Reply_To=mail.message_id,
        subject=f"Re: {re.sub(r'[^ -~]', '', mail.subject)}",
        **marks,
    )


@pytest.mark.parametrize(("admits", "sent"), [(True, 1), (False, 2)])
def test_two_machines_facing_each_other_for_ten_minutes_write_few_mails(
    app: Flask, draft: AccessRequest, *, admits: bool, sent: int
) -> None:
    start = clock.now().replace(minute=1, second=0)
    with clock.at(start):
        actions.send_request(draft, draft.started_by)
        db.session.commit()
    answered: set[int] = set()

    for number in range(ROUNDS):
        with clock.at(start + number * EVERY):
            new = [mail for mail in db.session.scalars(select(OutboxMessage)) if mail.id not in answered]
            answered.update(mail.id for mail in new)
            take_in(app, *(answer(mail, admits=admits) for mail in new))

    assert len(answered) == sent
    assert len(mails()) == sent
