import pytest

from portal.core.colours import BLACK, ENOUGH_FOR_TEXT, WHITE, contrast, text_on


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),  # the well-known grey that just fails
        ("#767676", "#ffffff", 4.54),  # and the one that just passes
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_the_ratio_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == round(contrast(other, one), 2) == ratio


def test_on_every_colour_one_of_white_and_black_can_be_read() -> None:
    steps = ("00", "33", "66", "77", "99", "cc", "ff")
    colours = [f"#{red}{green}{blue}" for red in steps for green in steps for blue in steps]

    assert min(contrast(text_on(colour), colour) for colour in colours) >= ENOUGH_FOR_TEXT


def test_white_is_read_on_black_and_black_on_white() -> None:
    assert (text_on(BLACK), text_on(WHITE)) == (WHITE, BLACK)
