"""Every sight, for every reader: no barrier that axe knows in either theme, nothing wider than the screen."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.running import RunningDemo, Visitors
from tests.journeys.sights import SIGHTS, Sight

pytestmark = pytest.mark.journey

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SMALLEST = {"width": 320, "height": 640}  # what 1280 px are at 400 %
ZOOMED = {"width": 720, "height": 450}  # what 1440 px are at 200 %


@pytest.fixture(scope="module")
def visitors(demo: RunningDemo, chromium: Browser) -> Iterator[Visitors]:
    """The demo's members, and a stranger."""
    visitors = Visitors(chromium, demo.url)
    yield visitors
    visitors.close()


def barriers(page: Page) -> list[str]:
    """Return what axe finds on a page: the rule, where, and why."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def overhang(page: Page) -> list[str]:
    """Return what makes a page wider than its screen, each with how many pixels it sticks out."""
    return list(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
            [...document.body.querySelectorAll('*')]
              .map((one) => [one, one.getBoundingClientRect().right - document.documentElement.clientWidth])
              .filter(([one, over]) => over > 0)
              .map(([one, over]) => `${one.tagName} ${one.className}: ${over} px`)"""
        )
    )


@pytest.mark.parametrize("sight", [pytest.param(sight, id=sight.name) for sight in SIGHTS])
def test_everybody_can_read_it(sight: Sight, visitors: Visitors) -> None:
    page = visitors.look(sight)

    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert barriers(page) == [], theme
    for size in (ZOOMED, SMALLEST):
        page.set_viewport_size(size)
        assert overhang(page) == [], size

    page.close()
