import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.core.ids import fingerprint
from portal.mail import reply_addresses
from portal.mail.models import ReplyAddress
from tests.factories.accounts import AccountFactory
from tests.factories.mails import post


@pytest.fixture
def with_domain(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", "in.portal.example")


def reply_to(raw: bytes) -> str:
    found = re.search(rb"^Reply-To: (\S+)", raw, re.MULTILINE)
    assert found
    return found[1].decode()


def test_a_mail_that_can_be_answered_has_an_address_of_its_own(agency: Agency, with_domain: None) -> None:
    first, second = (post(reply_to="tom@agency.example") for _mail in range(2))

    addresses = [reply_to(mail.raw) for mail in (first, second)]
    assert all(re.fullmatch(r"reply\+[a-z2-7]{26}@in\.portal\.example", address) for address in addresses)
    assert addresses[0] != addresses[1]


def test_only_the_fingerprint_of_its_token_is_stored(agency: Agency, with_domain: None) -> None:
    mail = post(reply_to="tom@agency.example")
    (token,) = reply_addresses.tokens_in([reply_to(mail.raw)])

    (row,) = db.session.scalars(select(ReplyAddress))
    assert (row.mail_id, row.token_hash) == (mail.id, fingerprint(token))
    assert row.expires_at == pytest.approx(clock.now() + timedelta(days=90), abs=timedelta(minutes=1))


def test_a_mail_that_cannot_be_answered_has_none(agency: Agency, with_domain: None) -> None:
    assert reply_to(post().raw) == "portal@portal.example"


def test_without_a_domain_answers_go_to_the_person_named(agency: Agency) -> None:
    assert reply_to(post(reply_to="tom@agency.example").raw) == "tom@agency.example"
    assert db.session.scalars(select(ReplyAddress)).all() == []


def test_a_token_is_found_in_upper_case_too(agency: Agency, with_domain: None) -> None:
    address = reply_to(post(reply_to="tom@agency.example").raw)

    assert reply_addresses.tokens_in([address.upper(), address]) == reply_addresses.tokens_in([address])


OTHERS = [
    "reply+aaaaaaaaaaaaaaaaaaaaaaaaaa@elsewhere.example",
    "reply+aaaaaaaaaaaaaaaaaaaaaaaaa@in.portal.example",
    "reply+1aaaaaaaaaaaaaaaaaaaaaaaaa@in.portal.example",
    "b+aaaaaaaaaaaaaaaaaaaaaaaaaa@in.portal.example",
    "reply@in.portal.example",
    "",
]


@pytest.mark.parametrize("address", OTHERS)
def test_other_addresses_hold_no_token(app: Flask, with_domain: None, address: str) -> None:
    assert reply_addresses.tokens_in([address]) == []


def test_addresses_about_a_record_can_be_closed(agency: Agency, with_domain: None) -> None:
    topic = AccountFactory()
    about, other = post(reply_to="a@b.example", topic=topic), post(reply_to="a@b.example")

    reply_addresses.close_about(topic)

    rows = {row.mail_id: row for row in db.session.scalars(select(ReplyAddress))}
    assert rows[about.id].closed_at is not None
    assert rows[other.id].closed_at is None
