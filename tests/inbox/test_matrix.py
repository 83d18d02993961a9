"""Every combination of reply address, sender, authentication and reference: none at the wrong account, and
no effect without a proof."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.inbox.models import InboundMailbox
from portal.inbox.states import LISTENERS, Fate
from portal.jobs import work
from portal.mail.models import ReplyAddress
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.inbox.judged import asked, mails, reply_address, take_in
from tests.inbox.letters import RECEIVER, TRACE, letter

TOKENS = ("right", "wrong", "expired", "revoked", "other agency's", "upper-cased")
SENDERS = {
    "contact": "anna@maple.example",
    "colleague": "bob@maple.example",
    "stranger": "eve@stranger.example",
    "forged": "anna@maple.example",  # written by eve
}
PROOFS = ("pass", "fail", "none", "injected below", "injected alone")
REFERENCES = ("right", "wrong", "foreign")
CASES = list(product(TOKENS, SENDERS, PROOFS, REFERENCES))


@dataclass
class World:
    """Two accounts of ours and one of another agency, each asked by mail; and who heard of an answer."""

    ours: int
    theirs: int
    maple: int
    canary: int
    addresses: dict[str, str]
    message_ids: dict[str, str]
    heard: list[int]


@pytest.fixture
def world(app: Flask, agency: Agency, other_agency: Agency, monkeypatch: pytest.MonkeyPatch) -> World:
    heard: list[int] = []
    monkeypatch.setitem(LISTENERS, "accounts", "test.heard")
    monkeypatch.setitem(work.HANDLERS, "test.heard", heard.append)
    maple, oak = AccountFactory(name="Maple"), AccountFactory(name="Oak")
    ContactFactory(account_id=maple.id, email="anna@maple.example")
    kept, expired, revoked = (asked(account=maple, topic=maple) for _mail in range(3))
    elsewhere = asked(account=oak, topic=oak)
    rows = {row.mail_id: row for row in db.session.scalars(select(ReplyAddress))}
    rows[expired.id].expires_at = clock.now() - timedelta(seconds=1)
    rows[revoked.id].closed_at = clock.now()
    addresses = {
        "right": reply_address(kept),
        "wrong": f"reply+{'a' * 26}@in.portal.example",
        "expired": reply_address(expired),
        "revoked": reply_address(revoked),
        "upper-cased": reply_address(kept).upper(),
    }
    message_ids = {"right": kept.message_id, "wrong": elsewhere.message_id, "foreign": "<x@client.example>"}
    ours, maple_id = scope.current_agency_id(), maple.id
    with scope.every_agency(reason="set-up"):
        theirs = other_agency.id
    db.session.add(InboundMailbox(name="main", serves_agency_id=ours))
    db.session.commit()
    with scope.agency(theirs):
        canary = AccountFactory(name="Canary")
        addresses["other agency's"] = reply_address(asked(account=canary, topic=canary))
        canary_id = canary.id
    return World(ours, theirs, maple_id, canary_id, addresses, message_ids, heard)


def top(proof: str, sender: str) -> list[str]:
    """Return what stands on top of the mail: our server's lines above its trace, the attacker's below."""
    domain = SENDERS[sender].partition("@")[2]
    passes = f"Authentication-Results: {RECEIVER}; dmarc=pass header.from={domain}"
    theirs = "dmarc=fail header.from=maple.example; dkim=pass header.d=stranger.example; spf=pass"
    genuine = f"Authentication-Results: {RECEIVER}; {theirs}" if sender == "forged" else passes
    fails = f"Authentication-Results: {RECEIVER}; dmarc=fail header.from={domain}"
    return {
        "pass": [genuine, TRACE],
        "fail": [fails, TRACE],
        "none": [TRACE],
        "injected below": [fails, TRACE, passes],
        "injected alone": [TRACE, passes],
    }[proof]


def expected(token: str, sender: str, proof: str, reference: str) -> Fate:
    """Return what the design says; the wrong account never, an effect only with a proof."""
    if token in {"wrong", "expired", "revoked"} or reference == "wrong":
        return Fate.UNMATCHED
    if token == "other agency's":
        return Fate.UNMATCHED if reference == "right" else Fate.UNCONFIRMED
    return Fate.ATTACHED if (sender, proof) == ("contact", "pass") else Fate.UNCONFIRMED


@pytest.mark.parametrize(("token", "sender", "proof", "reference"), CASES)
def test_a_mail_is_attached_only_where_it_belongs_and_only_if_proved(
    app: Flask, world: World, token: str, sender: str, proof: str, reference: str
) -> None:
    raw = letter(
        sender=SENDERS[sender],
        to=world.addresses[token],
        top=top(proof, sender),
        In_Reply_To=world.message_ids[reference],
    )
    fate = expected(token, sender, proof, reference)
    is_theirs = token == "other agency's"
    account = None if fate is Fate.UNMATCHED else world.canary if is_theirs else world.maple

    take_in(app, raw)

    found = {}
    for name, agency_id in (("ours", world.ours), ("theirs", world.theirs)):
        with scope.agency(agency_id):
            found[name] = [(mail.fate, mail.account_id) for mail in mails()]
    at_home, elsewhere = ("theirs", "ours") if is_theirs else ("ours", "theirs")
    assert found == {at_home: [(fate, account)], elsewhere: []}
    assert len(world.heard) == (fate is Fate.ATTACHED)
