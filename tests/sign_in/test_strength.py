import pytest

from portal.sign_in.strength import GUESSABLE, TOO_LONG, TOO_SHORT, weakness

ABOUT = {"Olga", "Owner", "olga", "agency", "Northlight"}


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "P@ssw0rd12345!",
        "qwertyuiop123456",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "abcdefghijklmnop",
        "987654321098765",
        "Northlight-Summer-2027",
        "olga.owner@agency",
        "0lg4 0wn3r 1234!",
        "correct horse battery staple",
        "Willkommen-2026!!",
        "Contraseña-12345",
        "1q2w3e4r5t6y7u",
    ],
)
def test_what_everybody_tries_is_refused_however_it_is_dressed_up(password: str) -> None:
    assert weakness(password, about=ABOUT) is GUESSABLE


@pytest.mark.parametrize(
    "password",
    [
        "violet kettle under seven bridges",
        "Tr4in-moss-Quill-98",
        "ночь улица фонарь аптека",
        "窓を開けて朝の空気を入れる",
        "xK9#mvTq2$Lw",
        "w" * 5 + "violet kettle under bridges" + "x" * 990,
    ],
)
def test_a_long_password_needs_no_digits_or_signs(password: str) -> None:
    assert weakness(password, about=ABOUT) is None


def test_eleven_characters_are_too_few_and_blanks_around_do_not_count() -> None:
    assert weakness(" xK9#mvTq2$L ") is TOO_SHORT


def test_more_than_1024_characters_are_too_many() -> None:
    assert weakness("violet kettle " * 74) is TOO_LONG
