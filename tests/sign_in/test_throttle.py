from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.sign_in import links, throttle
from portal.sign_in.models import TryCount
from portal.sign_in.states import LinkPurpose
from tests.fixtures.portal import PASSWORD

Later = Callable[..., None]
SignIn = Callable[[Member], FlaskClient]
ELSEWHERE = "198.51.100.9"
NEW = "violet kettle under seven bridges"


def guess(client: FlaskClient, email: str, times: int = 1, *, address: str = "127.0.0.1") -> list[int]:
    token = client.csrf_token()
    data = {"csrf_token": token, "email": email, "password": "wrong"}
    where = {"REMOTE_ADDR": address}
    return [client.post("/sign-in", data=data, environ_base=where).status_code for _ in range(times)]


def test_after_five_wrong_passwords_an_address_has_to_wait(owner: Member, client: FlaskClient) -> None:
    assert guess(client, owner.email, 6) == [422, 422, 422, 422, 422, 429]


def test_an_unknown_address_waits_just_the_same(owner: Member, client: FlaskClient) -> None:
    assert guess(client, "nobody@nowhere.example", 6) == [422, 422, 422, 422, 422, 429]


def test_the_page_says_how_long_to_wait(owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 5)

    answer = client.submit("/sign-in", email=owner.email, password="wrong")

    assert "Too many tries. Wait 1 minute, then try again." in answer.text


def test_while_waiting_the_right_password_is_refused_too(owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 5)

    assert client.submit("/sign-in", email=owner.email, password=PASSWORD).status_code == 429


def test_other_writing_of_an_address_is_the_same_address(owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 5)

    assert guess(client, owner.email.upper()) == [429]


def test_waits_grow_to_a_quarter_of_an_hour_and_no_further(
    later: Later, owner: Member, client: FlaskClient
) -> None:
    guess(client, owner.email, 5)
    for minutes in (1, 2, 4, 8, 15, 15):
        later(minutes=minutes - 0.1)
        assert guess(client, owner.email) == [429]
        later(minutes=0.1)
        assert guess(client, owner.email) == [422]


def test_nobody_is_locked_out_for_good(later: Later, owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 5)
    later(minutes=1)

    assert client.submit("/sign-in", email=owner.email, password=PASSWORD).status_code == 303


def test_signing_in_clears_the_count_of_the_address(owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 4)
    client.submit("/sign-in", email=owner.email, password=PASSWORD)

    assert guess(client, owner.email, 6)[-2:] == [422, 429]


def test_a_network_that_tries_many_addresses_has_to_wait(owner: Member, client: FlaskClient) -> None:
    for number in range(30):
        assert guess(client, f"member{number}@nowhere.example") == [422]

    assert guess(client, "one-more@nowhere.example") == [429]
    assert guess(client, "one-more@nowhere.example", address="192.0.2.8") == [422]


def test_an_ipv6_network_counts_as_one(owner: Member, client: FlaskClient) -> None:
    for number in range(30):
        guess(client, f"member{number}@nowhere.example", address=f"2001:db8::{number + 1:x}")

    assert guess(client, "one-more@nowhere.example", address="2001:db8::ffff") == [429]


def test_a_try_is_forgiven_every_quarter_of_an_hour(later: Later, owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 4)
    later(minutes=46)

    assert guess(client, owner.email, 5) == [422, 422, 422, 422, 429]


def test_counts_are_forgotten_after_a_day_and_name_nobody(
    later: Later, owner: Member, client: FlaskClient
) -> None:
    guess(client, "nobody@nowhere.example")
    later(days=1, minutes=1)
    guess(client, owner.email)

    with scope.every_agency(reason="test"):
        counts = db.session.scalars(select(TryCount)).all()
    assert [len(count.subject_hash) for count in counts] == [64, 64, 64]


def test_the_trail_tells_once_that_guessing_was_slowed(owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 8)

    entries = db.session.scalars(select(AuditEntry)).all()
    assert [(entry.action, entry.subject_id, entry.details) for entry in entries] == [
        ("member.guessing_slowed", owner.id, {"network": "127.0.0.1"})
    ]


def test_a_stranger_elsewhere_does_not_lock_a_member_out(owner: Member, client: FlaskClient) -> None:
    guess(client, owner.email, 8)

    assert guess(client, owner.email, address=ELSEWHERE) == [422]


def test_many_networks_together_do_not_guess_for_ever(
    owner: Member, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.FREE, "address", 6)
    for number in range(6):
        assert guess(client, owner.email, address=f"198.51.100.{number}") == [422]

    assert guess(client, owner.email, address="198.51.100.99") == [429]
    assert (
        client.submit("/forgotten-password", at="/forgotten-password", email=owner.email).status_code == 303
    )


@pytest.mark.parametrize("kind", ["address-and-network", "network", "address"])
def test_a_browser_that_signed_in_before_gets_in_whatever_strangers_do(
    owner: Member, client: FlaskClient, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    own = signed_in(owner)
    own.submit("/sign-out", at="/")
    monkeypatch.setitem(throttle.FREE, kind, 1)
    assert guess(client, owner.email, 2)[1] == 429

    assert own.submit("/sign-in", email=owner.email, password=PASSWORD).status_code == 303


def test_guessing_from_a_known_browser_gets_slow_too(owner: Member, signed_in: SignIn) -> None:
    own = signed_in(owner)

    assert guess(own, owner.email, 6) == [422, 422, 422, 422, 422, 429]


def test_a_browser_is_known_for_its_own_member_and_password_only(
    app: Flask, owner: Member, consultant: Member, client: FlaskClient, signed_in: SignIn
) -> None:
    of_consultant, of_owner = signed_in(consultant), signed_in(owner)
    link = f"/reset/{links.issue(owner, LinkPurpose.PASSWORD_RESET)[1]}"
    client.submit(link, at=link, new_password=NEW)
    stranger = app.test_client()
    guess(stranger, owner.email, 5)

    for browser in (of_consultant, of_owner, stranger):
        assert guess(browser, owner.email) == [429]
    assert guess(client, owner.email) == [422]


def test_the_cookie_of_a_known_browser_opens_nothing(app: Flask, owner: Member, signed_in: SignIn) -> None:
    own, stranger = signed_in(owner), app.test_client()
    stranger.set_cookie("known", own.get_cookie("known").value)

    assert stranger.get("/").status_code == 302
