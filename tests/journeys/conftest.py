"""The demo as anybody starts it, and browsers to use it with."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal.demo.supervisor import free_port, is_taken

HOST = "127.0.0.1"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
START_SECONDS = 240


@dataclass(frozen=True)
class RunningDemo:
    """A demo that answers: where, and how long its first start took in seconds."""

    port: int
    folder: Path
    start_seconds: float
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def emulator_url(self) -> str:
        """Where the emulated HubSpot is, as the demo says to whoever started it."""
        said = re.search(r"HubSpot:\s+(\S+)", self.log.read_text())
        assert said, "the demo does not say where its CRM is"
        return said[1]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The demo, started by its own command in a folder of its own, stopped at the end."""
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "log.txt"
    port = free_port(HOST, 0)
    command = [sys.executable, "-m", "portal.demo", "--port", str(port), "--folder", str(folder / "data")]
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            _wait_until_it_answers(process, port, log)
            yield RunningDemo(port, folder / "data", time.monotonic() - began, log)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_taken(HOST, port):
        assert process.poll() is None, f"the demo ended: {log.read_text()}"
        assert time.monotonic() < deadline, f"the demo did not start: {log.read_text()}"
        time.sleep(0.05)
    with urlopen(f"http://{HOST}:{port}/sign-in") as answer:
        assert answer.status == 200


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys; each takes its own contexts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


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
        page.set_default_timeout(15_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints == []
