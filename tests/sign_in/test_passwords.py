import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.sign_in import passwords
from tests.fixtures.portal import PASSWORD


def test_passwords_are_hashed_with_argon2id(owner: Member) -> None:
    passwords.set_password(owner, "violet kettle")

    assert owner.password_hash.startswith("$argon2id$")
    assert passwords.fits(owner.password_hash, "violet kettle")


def test_the_same_letters_from_another_keyboard_are_the_same_password(owner: Member) -> None:
    passwords.set_password(owner, "caf\u00e9 au lait")

    assert passwords.fits(owner.password_hash, "cafe\u0301 au lait ")


def test_nothing_fits_where_no_password_is_stored() -> None:
    assert not passwords.fits(None, "nobody has this password")


def test_known_unknown_and_ended_members_cost_one_comparison_of_the_same_size_each(
    owner: Member, viewer: Member, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", counting)
    viewer.ended_at = clock.now()
    addresses = (owner.email, viewer.email, "nobody@nowhere.example")
    for address in addresses:
        client.submit("/sign-in", email=address, password="wrong")

    assert counting.compared == ["$argon2id$v=19$m=8,t=1,p=1"] * 3


class CountingHasher(PasswordHasher):
    """Compares as its base does, and remembers with which parameters."""

    def __init__(self, **parameters: int) -> None:
        super().__init__(**parameters)
        self.compared: list[str] = []

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - the base's own name
        self.compared.append(hash.rpartition("$")[0].rpartition("$")[0])
        return super().verify(hash, password)


def test_a_hash_of_the_past_is_renewed_at_the_next_sign_in(
    owner: Member, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    before = owner.password_hash

    client.submit("/sign-in", email=owner.email, password=PASSWORD)

    assert "t=2" in db.session.get_one(Member, owner.id).password_hash
    assert "t=1" in before
