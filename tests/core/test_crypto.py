import base64

import pytest

from portal.core.crypto import CannotDecrypt, Vault

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


def test_what_was_sealed_is_opened_again() -> None:
    vault = Vault([NEW])

    assert (
        vault.open(vault.seal("pat-é-1", belongs_to="connection:1"), belongs_to="connection:1") == "pat-é-1"
    )


def test_a_sealed_secret_does_not_show_and_never_looks_the_same_twice() -> None:
    first, second = (Vault([NEW]).seal("pat-1", belongs_to="connection:1") for _turn in range(2))

    assert first != second
    assert b"pat-1" not in first


def test_a_secret_moved_to_another_row_is_refused() -> None:
    vault = Vault([NEW])
    sealed = vault.seal("pat-1", belongs_to="connection:1")

    with pytest.raises(CannotDecrypt):
        vault.open(sealed, belongs_to="connection:2")


def test_another_key_is_refused() -> None:
    sealed = Vault([OLD]).seal("pat-1", belongs_to="connection:1")

    with pytest.raises(CannotDecrypt):
        Vault([NEW]).open(sealed, belongs_to="connection:1")


@pytest.mark.parametrize("place", [0, 4, 16, -1], ids=["key id", "nonce", "body", "tag"])
def test_a_changed_byte_is_refused(place: int) -> None:
    sealed = bytearray(Vault([NEW]).seal("pat-1", belongs_to="connection:1"))
    sealed[place] ^= 1

    with pytest.raises(CannotDecrypt):
        Vault([NEW]).open(bytes(sealed), belongs_to="connection:1")


@pytest.mark.parametrize("length", [0, 3, 4, 15, 16, 31])
def test_a_secret_that_was_cut_short_is_refused(length: int) -> None:
    sealed = Vault([NEW]).seal("pat-1", belongs_to="connection:1")

    with pytest.raises(CannotDecrypt):
        Vault([NEW]).open(sealed[:length], belongs_to="connection:1")


def test_with_two_keys_the_first_seals_and_both_open() -> None:
    rotated = Vault([NEW, OLD])
    old, new = Vault([OLD]).seal("pat-1", belongs_to="a"), rotated.seal("pat-2", belongs_to="a")

    assert [rotated.open(sealed, belongs_to="a") for sealed in (old, new)] == ["pat-1", "pat-2"]
    assert Vault([NEW]).open(new, belongs_to="a") == "pat-2"


def test_only_what_the_first_key_sealed_is_current() -> None:
    rotated = Vault([NEW, OLD])

    assert rotated.is_current(rotated.seal("pat-1", belongs_to="a")) is True
    assert rotated.is_current(Vault([OLD]).seal("pat-1", belongs_to="a")) is False
