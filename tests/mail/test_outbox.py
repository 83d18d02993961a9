import email
from email.message import EmailMessage
from email.policy import default

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.agencies.models import Agency, Member
from portal.core.db import db
from portal.mail import outbox
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState, Reason
from portal.mail.values import ValueRefused
from tests.factories.accounts import AccountFactory
from tests.factories.mails import post
from tests.fixtures.smtp import ScriptedServer


def parsed(mail: OutboxMessage) -> EmailMessage:
    return email.message_from_bytes(mail.raw, policy=default)  # type: ignore[return-value]


def mails_stored() -> int:
    return db.session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_a_mail_is_frozen_as_it_will_leave(agency: Agency) -> None:
    mail = post(
        recipient_name="Claire Dubois", recipient="claire@maple.example", reply_to="cora@agency.example"
    )

    message = parsed(mail)
    assert message["From"] == "Northlight <portal@portal.example>"
    assert message["To"] == "Claire Dubois <claire@maple.example>"
    assert message["Reply-To"] == "cora@agency.example"
    assert message["Message-ID"] == mail.message_id
    assert message["Subject"] == mail.subject
    assert mail.envelope_from.startswith("b+")
    assert mail.envelope_from.endswith("@portal.example")
    assert mail.state is MailState.QUEUED


def test_every_mail_has_an_identity_of_its_own(agency: Agency) -> None:
    first, second = post(), post()

    assert first.message_id != second.message_id
    assert first.envelope_from != second.envelope_from


def test_the_names_of_agency_and_account_fill_themselves_in(agency: Agency) -> None:
    values = sample_values(MailKind.ACCESS_REQUEST)
    del values["agency_name"], values["account_name"]

    mail = post(account=AccountFactory(name="Maple & Sons"), values=values)

    text = parsed(mail).get_body(("plain",)).get_content()
    assert "Maple & Sons" in text
    assert "Northlight" in text


def test_a_mail_remembers_what_it_speaks_of(owner: Member) -> None:
    mail = post(topic=owner)

    assert (mail.topic_kind, mail.topic_id) == ("members", owner.id)


def test_the_same_key_makes_one_mail(agency: Agency) -> None:
    first = post(key="access-request:17")
    second = post(key="access-request:17")

    assert second.id == first.id
    assert mails_stored() == 1


def late_for(mail: OutboxMessage) -> OutboxMessage:
    return OutboxMessage(
        idempotency_key=mail.idempotency_key,
        kind=mail.kind,
        language="en",
        recipient="claire@maple.example",
        subject="Hi",
        message_id="<late@portal.example>",
        envelope_from="b+late@portal.example",
        raw=b"",
    )


def test_of_two_who_post_the_same_key_at_once_one_makes_the_mail(agency: Agency) -> None:
    first = post()

    assert outbox._insert(late_for(first)) is first  # noqa: SLF001 - the race, without having to win one
    assert mails_stored() == 1


def test_a_lost_race_forgets_nothing_else_of_its_transaction(
    app: Flask, mail_server: ScriptedServer, agency: Agency
) -> None:
    outbox._insert(late_for(post()))  # noqa: SLF001 - the race, without having to win one
    db.session.commit()

    app.extensions["jobs"].drain()

    assert len(mail_server.mails) == 1


def test_a_mail_whose_cause_is_undone_never_leaves(
    app: Flask, mail_server: ScriptedServer, agency: Agency
) -> None:
    db.session.commit()
    post()
    db.session.rollback()

    app.extensions["jobs"].drain()

    assert mails_stored() == 0
    assert mail_server.mails == []


def test_a_mail_without_its_link_is_refused(agency: Agency) -> None:
    with pytest.raises(ValueRefused):
        post(values={**sample_values(MailKind.ACCESS_REQUEST), "answer_link": ""})


def test_the_fourth_automatic_mail_in_an_hour_to_one_address_is_held(agency: Agency) -> None:
    mails = [post(automatic=True) for _ in range(4)]

    assert [mail.state for mail in mails] == [MailState.QUEUED] * 3 + [MailState.HELD]
    assert mails[3].reason == Reason.ADDRESS_LIMIT


def test_the_sixth_automatic_mail_in_a_day_about_one_thing_is_held(owner: Member) -> None:
    mails = [post(recipient=f"c{n}@maple.example", topic=owner, automatic=True) for n in range(6)]

    assert [mail.state for mail in mails] == [MailState.QUEUED] * 5 + [MailState.HELD]
    assert mails[5].reason == Reason.TOPIC_LIMIT


def test_what_members_send_by_hand_is_not_limited(owner: Member) -> None:
    mails = [post(topic=owner) for _ in range(12)]

    assert {mail.state for mail in mails} == {MailState.QUEUED}


def test_news_of_requests_reach_a_member_however_many_there_are(agency: Agency) -> None:
    mails = [post(MailKind.ANSWER_ARRIVED, automatic=True) for _ in range(12)]

    assert {mail.state for mail in mails} == {MailState.QUEUED}
