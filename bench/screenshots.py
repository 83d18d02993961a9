"""Photographs every sight of the demo: light and dark, desktop and phone, and sheets to leaf through.

python -m bench.screenshots [--only NAME ...] [--url http://127.0.0.1:8000] [--readme]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps
from playwright.sync_api import Error, Page

from tests.journeys.running import DESKTOP, PHONE, Visitors, running_chromium, running_demo
from tests.journeys.sights import SIGHTS, Sight

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
THEMES = ("light", "dark")
SHEETS = {"desktop": (3, 640, 560), "phone": (8, 240, 700)}  # columns; a picture's most width and height
ROWS = 2

# What the README shows, kept small: the top of a page, in few colours.
SHOWN = FOLDER.parent / "docs" / "screenshots"
IN_THE_README = (
    ("home", "desktop"),
    ("answer", "phone"),
    ("proposal", "desktop"),
    ("request-onboarding", "desktop"),
)
COLOURS = 64


def photograph(visitors: Visitors, sight: Sight) -> bool:
    """Write the four pictures of a sight; tell whether it came to be."""
    try:
        page = visitors.look(sight)
    except Error as error:
        print(f"{sight.name}: not reached: {error.message}")
        return False
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for name, size in SIZES.items():
            page.set_viewport_size(size)
            page.screenshot(path=picture(sight, name, theme), full_page=True, animations="disabled")
            tell_if_wide(page, sight, name)
    page.close()
    return True


def tell_if_wide(page: Page, sight: Sight, name: str) -> None:
    """Say when a page is wider than its screen."""
    root = page.locator("html")
    wide = root.evaluate("root => root.scrollWidth - root.clientWidth")
    if wide:
        print(f"{sight.name}: {wide} px too wide on a {name}")


def picture(sight: Sight, size: str, theme: str) -> Path:
    """Return where a picture is kept."""
    return FOLDER / f"{sight.name}-{size}-{theme}.png"


def sheets(sights: list[Sight], size: str, theme: str) -> None:
    """Put the tops of many pictures on a few sheets, with their names."""
    columns, width, height = SHEETS[size]
    each = columns * ROWS
    for first in range(0, len(sights), each):
        sheet = Image.new("RGB", (columns * (width + 10), ROWS * (height + 24)), "grey")
        for place, sight in enumerate(sights[first : first + each]):
            left, top = place % columns * (width + 10), place // columns * (height + 24)
            with Image.open(picture(sight, size, theme)) as full:
                small = ImageOps.contain(full.convert("RGB"), (width, 10_000))
            sheet.paste(small.crop((0, 0, width, min(height, small.height))), (left, top + 20))
            ImageDraw.Draw(sheet).text((left + 4, top + 4), sight.name, fill="white")
        sheet.save(FOLDER / f"sheet-{size}-{theme}-{first // each + 1:02}.png")


def keep_for_the_readme() -> None:
    """Put the pictures that the README shows where it finds them."""
    for name, size in IN_THE_README:
        with Image.open(FOLDER / f"{name}-{size}-light.png") as full:
            top = full.convert("RGB").crop((0, 0, full.width, SIZES[size]["height"]))
        top.quantize(COLOURS, dither=Image.Dither.NONE).save(SHOWN / f"{name}.png", optimize=True)


@contextmanager
def demo_at(url: str) -> Iterator[str]:
    """Yield the address of a demo: the given one, or one started for this."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as home, running_demo(Path(home)) as demo:
        yield demo.url


def main() -> None:
    """Photograph what was asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="names of sights, or beginnings of them")
    parser.add_argument("--url", default="", help="a demo that runs already")
    parser.add_argument(
        "--readme", action="store_true", help="only what the README shows, and keep it for it"
    )
    asked = parser.parse_args()
    only = tuple(name for name, _size in IN_THE_README) if asked.readme else tuple(asked.only)
    sights = [sight for sight in SIGHTS if not only or sight.name.startswith(only)]
    FOLDER.mkdir(exist_ok=True)
    with demo_at(asked.url) as url, running_chromium() as browser:
        visitors = Visitors(browser, url)
        seen = [sight for sight in sights if photograph(visitors, sight)]
        visitors.close()
    for size in SIZES:
        for theme in THEMES:
            sheets(seen, size, theme)
    if asked.readme and seen == sights:
        keep_for_the_readme()
    print(f"{len(seen)} of {len(sights)} sights, {len(seen) * len(SIZES) * len(THEMES)} pictures in {FOLDER}")
    sys.exit(len(seen) < len(sights))


if __name__ == "__main__":
    main()
