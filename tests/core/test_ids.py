import re

import pytest

from portal.core.ids import fingerprint, random_token, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Northwind Traders", "northwind-traders"),
        ("Café Zoë & Søn", "cafe-zoe-sn"),
        ("  --A/B__c.d--  ", "a-b-c-d"),
        ("", "account"),
        ("日本", "account"),
        ("a" * 100, "a" * 60),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_a_slug_is_short_plain_and_never_empty(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_tokens_are_long_fit_an_address_and_differ() -> None:
    tokens = {random_token() for _turn in range(100)}

    assert len(tokens) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_a_fingerprint_is_the_sha_256_of_the_token() -> None:
    assert fingerprint("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
