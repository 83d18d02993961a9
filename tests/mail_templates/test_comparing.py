import time

import pytest

from portal.mail_templates.comparing import Mark, Piece, compare


def in_short(before: str, after: str) -> list[str]:
    signs = {Mark.SAME: "", Mark.GONE: "-", Mark.NEW: "+"}
    return [
        "".join(f"[{signs[piece.mark]}{piece.text}]" if signs[piece.mark] else piece.text for piece in line)
        for line in compare(before, after)
    ]


def test_equal_texts_have_only_lines_that_stayed() -> None:
    assert compare("Hello\n\nBye", "Hello\n\nBye") == [
        (Piece(Mark.SAME, "Hello"),),
        (Piece(Mark.SAME, ""),),
        (Piece(Mark.SAME, "Bye"),),
    ]


def test_within_a_line_the_words_that_changed_are_told() -> None:
    assert in_short("Please answer by Monday, thanks.", "Please answer by Friday, thanks.") == [
        "Please answer by [-Monday][+Friday], thanks."
    ]


def test_a_placeholder_is_told_by_its_name() -> None:
    assert in_short("Hello dear ((contact_name)),", "Hello dear ((user_name)),") == [
        "Hello dear (([-contact_name][+user_name])),"
    ]


def test_lines_that_have_nothing_in_common_stand_below_each_other() -> None:
    assert in_short("Kind regards", "((agency_name))!") == ["[-Kind regards]", "[+((agency_name))!]"]


def test_lines_that_went_and_came_are_told() -> None:
    assert in_short("One\nTwo\nThree", "One\nThree\nFour") == ["One", "[-Two]", "Three", "[+Four]"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n" * 20_000, "\n" * 19_990),
        ("a\nb\n" * 5_000, "b\na\n" * 5_000),
        ("\n".join(["a " * 199] * 50), "\n".join(["b a " * 99] * 50)),
    ],
    ids=["blank lines", "two lines", "two words"],
)
def test_hostile_texts_take_no_longer_than_a_page_may(before: str, after: str) -> None:
    began = time.thread_time()

    assert compare(before, after) != []
    assert time.thread_time() - began < 5
