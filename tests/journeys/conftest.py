"""The demo as anybody starts it, and browsers to use it with."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.running import DESKTOP, PATIENCE_MS, RunningDemo, running_chromium, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The demo, started by its own command, stopped at the end."""
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys; each takes its own contexts."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def visit(demo: RunningDemo, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a browser of its own, and fails on console errors."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_browser(path: str = "/", **options: object) -> Page:
        context = chromium.new_context(
            base_url=demo.url, viewport=options.pop("viewport", DESKTOP), **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints == []
