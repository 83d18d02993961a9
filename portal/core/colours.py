"""How well one colour can be read on another, as WCAG 2 measures it; colours are ``#rrggbb``."""

import re
from typing import Final

IS_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}\Z")
WHITE: Final = "#ffffff"
BLACK: Final = "#000000"
ENOUGH_FOR_TEXT: Final = 4.5  # WCAG 1.4.3, level AA
ENOUGH_FOR_SHAPES: Final = 3.0  # WCAG 1.4.11: edges of buttons and the like


def contrast(one: str, other: str) -> float:
    """Return the ratio of the two colours' light: 1 where they are alike, 21 for black on white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Return white or black, whichever reads better on the colour; it is never less than 4.5."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """Return the light a colour channel gives, from its value in sRGB."""
    if channel <= 0.04045:  # noqa: PLR2004 - sRGB's own constants
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
