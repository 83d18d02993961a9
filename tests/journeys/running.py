"""A demo as anybody starts it, a browser, and visitors who look at the sights."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from portal.demo.supervisor import free_port, is_taken
from tests.journeys.sights import NOBODY, OWNER, Sight

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
DESKTOP = {"width": 1440, "height": 900}
STILL = {"viewport": DESKTOP, "reduced_motion": "reduce"}  # no colour halfway to another
START_SECONDS = 240
FILLING_MS = 120_000
PATIENCE_MS = 15_000


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


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    """Start the demo by its own command in a folder of its own, and stop it at the end."""
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


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """One browser; each visitor takes a context of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Visitors:
    """The members of the demo and a stranger, each in a browser of their own, kept from sight to sight.

    ``watch`` is told of each browser before it shows anything.
    """

    browser: Browser
    url: str
    options: dict[str, object] = field(default_factory=lambda: STILL)
    watch: Callable[[BrowserContext], None] = lambda _context: None
    _contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def look(self, sight: Sight) -> Page:
        """Return a fresh page that shows a sight, at rest."""
        page = self._context(sight.by).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(sight.path)
        sight.act(page)
        page.wait_for_load_state("load")
        return page

    def state_of(self, name: str) -> StorageState:
        """Return what makes another browser that visitor's own: the cookies."""
        return self._context(name).storage_state()

    def close(self) -> None:
        """Close all their browsers."""
        for context in self._contexts.values():
            context.close()

    def _context(self, name: str) -> BrowserContext:
        if name not in self._contexts:
            self._contexts[name] = context = self.browser.new_context(base_url=self.url, **self.options)
            self.watch(context)
            self._sign_in(context, name)
        return self._contexts[name]

    def _sign_in(self, context: BrowserContext, name: str) -> None:
        page = context.new_page()
        page.goto("/sign-in")
        members = page.get_by_role("button", name=name or OWNER)
        members.wait_for(timeout=FILLING_MS)  # a stranger too waits until the demo is filled
        if name != NOBODY:
            members.click()
            page.wait_for_url("/")
        page.close()
