import pytest

from portal.crm.redaction import without_secrets

SECRET = "short-one"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (f"a {SECRET} b", "a [cut] b"),
        ({"access_token": "x", "Authorization": "y", "client_secret": ["z"]}, None),
        ("Bearer abc", "[cut]"),
        ("pat-eu1-12345678-aaaa", "[cut]"),
        ("eyJhbGciOiJIUzI1NiJ9abcdefgh.rest", "[cut].rest"),
        ("0f0f0f0f-1234-5678-9abc-def012345678", "0f0f0f0f-1234-5678-9abc-def012345678"),
        ("NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION", "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"),
        ("x " * 400, "x " * 250),
        ("/settings/users/2026-09/61400000", "/settings/users/2026-09/61400000"),
        ([1, 2.5, True, None], [1, 2.5, True, None]),
        ([0] * 50, [0] * 20),
    ],
)
def test_what_is_or_looks_like_a_secret_is_cut(value: object, kept: object) -> None:
    if isinstance(value, dict):
        kept = dict.fromkeys(value, "[cut]")

    assert without_secrets(value, SECRET) == kept


def test_what_is_nested_too_deep_is_cut() -> None:
    nested: object = "x"
    for _level in range(8):
        nested = [nested]

    assert without_secrets(nested, SECRET) == [[[[[["[cut]"]]]]]]
