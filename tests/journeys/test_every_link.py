"""Every kind of page that a link leads to: with its headers, and without a breach of the browser's policy."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Response

from portal.app import create_app
from portal.config import Mode
from portal.web.headers import MAIL_POLICY, POLICY
from tests.fixtures.portal import make_settings
from tests.journeys.running import RunningDemo, Visitors
from tests.journeys.sights import NOBODY, OWNER, SIGHTS, VIEWER, Sight

pytestmark = pytest.mark.journey

OF_EACH_KIND = 2
LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"
POLICIES = {
    "; ".join(f"{name} {value}" for name, value in policy.items())
    for policy in (POLICY, {**POLICY, "frame-src": "'self'"}, MAIL_POLICY)
}
DOWNLOAD = "Download is starting"
FAILED_AS_IT_SHOULD = "Failed to load resource"  # what the console says of every error page

Kind = tuple[str, frozenset[str]]


@dataclass
class Watch:
    """Listens to browsers, and keeps what is wrong with what they get."""

    url: str
    complaints: list[str] = field(default_factory=list)

    def __call__(self, context: BrowserContext) -> None:
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("response", self._got)

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and FAILED_AS_IT_SHOULD not in said.text:
            self.complaints.append(f"{said.location['url']}: {said.text}")

    def _got(self, answer: Response) -> None:
        if answer.url.startswith("data:"):
            return
        if not answer.url.startswith(self.url):
            self.complaints.append(f"{answer.url} is elsewhere")
        headers = answer.headers
        if headers.get("content-security-policy") not in POLICIES:
            self.complaints.append(f"{answer.url} has another policy")
        if headers.get("x-content-type-options") != "nosniff":
            self.complaints.append(f"{answer.url} may be taken for something else")


@pytest.fixture
def watch(demo: RunningDemo) -> Watch:
    return Watch(demo.url)


@pytest.fixture
def visitors(demo: RunningDemo, chromium: Browser, watch: Watch) -> Iterator[Visitors]:
    visitors = Visitors(chromium, demo.url, watch=watch)
    yield visitors
    visitors.close()


@pytest.fixture
def addresses(tmp_path: Path) -> Flask:
    """The demo's addresses, to tell which of them are of one kind."""
    return create_app(make_settings(tmp_path, mode=Mode.DEMO, hubspot_url="http://127.0.0.1:1"))


def kind_of(addresses: Flask, path: str, query: str) -> Kind:
    endpoint, _parts = addresses.url_map.bind("").match(path)
    return str(endpoint), frozenset(name for name, _value in parse_qsl(query))


def walk(page: Page, addresses: Flask, url: str) -> Counter[Kind]:
    """Follow links from the page that is shown, to some addresses of each kind; return how many were seen."""
    seen: Counter[Kind] = Counter()
    known, ahead = {page.url}, page.evaluate(LINKS)
    while ahead:
        address = ahead.pop(0).partition("#")[0]
        parts = urlsplit(address)
        if address in known or not address.startswith(f"{url}/"):
            continue
        known.add(address)
        kind = kind_of(addresses, parts.path, parts.query)
        if seen[kind] < OF_EACH_KIND:
            seen[kind] += 1
            ahead += follow(page, address)
    return seen


def follow(page: Page, address: str) -> list[str]:
    """Go where a link leads, and return the links that are there; what is to be kept shows nothing."""
    try:
        answer = page.goto(address)
    except Error as error:
        if DOWNLOAD in error.message:
            return []
        raise
    assert answer is not None
    assert answer.ok, f"{address}: {answer.status}"
    return list(page.evaluate(LINKS))


def test_every_link_of_an_owner_leads_to_a_page_within_the_policy(
    visitors: Visitors, watch: Watch, addresses: Flask
) -> None:
    page = visitors.look(Sight("home", "/", OWNER))

    seen = walk(page, addresses, visitors.url)

    assert watch.complaints == []
    assert len({endpoint for endpoint, _query in seen}) > 40, seen


ERRORS = (
    Sight("not found", "/nowhere", OWNER),
    Sight("not a page", "/sign-out", OWNER),
    Sight("not to be read", "/accounts?page=x", OWNER),
    Sight("not allowed", "/team", VIEWER),
)


def test_pages_for_clients_and_of_errors_are_within_the_policy(visitors: Visitors, watch: Watch) -> None:
    sights = [sight for sight in SIGHTS if sight.by == NOBODY]
    for sight in (*sights, *ERRORS):
        visitors.look(sight).close()

    assert {"answer", "answer-summary", "answer-gone"} < {sight.name for sight in sights}
    assert watch.complaints == []


def test_a_breach_of_the_policy_would_be_heard(visitors: Visitors, watch: Watch) -> None:
    page = visitors.look(Sight("sign-in", "/sign-in", NOBODY))

    with page.expect_console_message():
        page.evaluate("document.body.setAttribute('style', 'color: red')")

    assert "style-src 'self'" in watch.complaints[0]
