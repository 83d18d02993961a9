import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from portal.agencies.models import Member
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


def test_a_hash_of_the_past_is_renewed_at_the_next_sign_in(
    owner: Member, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    before = owner.password_hash

    client.submit("/sign-in", email=owner.email, password=PASSWORD)

    assert "t=2" in db.session.get_one(Member, owner.id).password_hash
    assert "t=1" in before
