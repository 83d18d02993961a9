from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.mail.jobs import cut_dead_links
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import OutboxMessage
from portal.mail.reading import read_mail
from portal.mail.states import MailState
from tests.factories.accounts import AccountFactory
from tests.factories.mails import post

SignIn = Callable[[Member], FlaskClient]
SECRET = "hM2kq8Zt0vWcY5rJx1nBdLs7GfAe3PuQ9iTo6XyKwCE"
ADDRESSES = {
    MailKind.ACCESS_REQUEST: ("answer_link", f"https://portal.example/r/k3v9x2m7q4tz.{SECRET}"),
    MailKind.INVITATION: ("invitation_link", f"https://portal.example/invitation/{SECRET}"),
    MailKind.PASSWORD_RESET: ("reset_link", f"https://portal.example/reset/{SECRET}"),
}


@pytest.fixture
def account(agency: object) -> Account:
    account: Account = AccountFactory()
    return account


def mail_of(
    account: Account,
    kind: MailKind = MailKind.ACCESS_REQUEST,
    state: MailState = MailState.DELIVERED,
    **age: int,
) -> OutboxMessage:
    name, address = ADDRESSES[kind]
    mail = post(kind, account=account, values={**sample_values(kind), name: address})
    mail.state, mail.created_at = state, clock.now() - timedelta(**age)
    db.session.commit()
    return mail


def swept(mail: OutboxMessage) -> OutboxMessage:
    with scope.every_agency(reason="sweeps look everywhere"):
        cut_dead_links()
        db.session.commit()
    return db.session.scalars(select(OutboxMessage).where(OutboxMessage.id == mail.id)).one()


def holds_secret(mail: OutboxMessage) -> bool:
    return SECRET.encode() in mail.raw.replace(b"=\r\n", b"")


@pytest.mark.parametrize(
    ("kind", "lives", "dies"),
    [
        (MailKind.ACCESS_REQUEST, {"days": 13}, {"days": 15}),
        (MailKind.INVITATION, {"days": 6}, {"days": 8}),
        (MailKind.PASSWORD_RESET, {"minutes": 50}, {"minutes": 70}),
    ],
)
def test_dead_links_are_cut_from_the_stored_bytes(
    account: Account, kind: MailKind, lives: dict[str, int], dies: dict[str, int]
) -> None:
    alive = mail_of(account, kind, **lives)
    assert holds_secret(swept(alive))
    alive.created_at = clock.now() - timedelta(**dies)
    db.session.commit()

    assert not holds_secret(swept(alive))


def test_everything_else_of_the_email_is_kept(account: Account) -> None:
    mail = mail_of(account, days=15)
    before = read_mail(mail.raw)
    after = read_mail(swept(mail).raw)

    facts = ("sender", "recipient", "subject", "reply_to")
    assert [getattr(after, fact) for fact in facts] == [getattr(before, fact) for fact in facts]
    assert after.text == before.text.replace(SECRET, "•••")
    assert after.html == before.html.replace(SECRET, "•••")


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.DEFERRED, MailState.HELD, MailState.IN_DOUBT])
def test_what_may_still_be_sent_by_itself_keeps_its_links(account: Account, state: MailState) -> None:
    assert holds_secret(swept(mail_of(account, state=state, days=15)))


def test_an_email_without_its_links_is_not_sent_again_and_says_why(
    account: Account, owner: Member, signed_in: SignIn
) -> None:
    mail = swept(mail_of(account, state=MailState.REFUSED, days=15))
    browser, page = signed_in(owner), f"/mails/{mail.id}"

    token = browser.csrf_token(page)
    answers = [
        browser.post(f"{page}/{way}", data={"csrf_token": token, "email": "new@maple.example"})
        for way in ("send", "send-elsewhere")
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("its links no longer work" in answer.text for answer in (*answers, browser.get(page)))
