"""The main action of each page where no script runs: links and forms alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.running import FILLING_MS
from tests.journeys.sights import MAPLE, OWNER, at

pytestmark = pytest.mark.journey

Visit = Callable[..., Page]


@pytest.fixture
def page(visit: Visit) -> Page:
    """A browser of the owner without JavaScript; while the demo is being filled, it is asked again."""
    page = visit("/sign-in", java_script_enabled=False)
    owner = page.get_by_role("button", name=OWNER)
    for _try in range(FILLING_MS // 500):
        if owner.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    owner.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    return page


def search(page: Page, path: str, label: str, words: str) -> None:
    """Narrow a list by its button, and see that it holds fewer rows."""
    page.goto(path)
    before = page.locator("main tbody tr").count()
    page.locator("main").get_by_label(label).fill(words)
    page.locator("main").get_by_role("button", name="Search").click()
    assert 0 < page.locator("main tbody tr").count() < before


def test_lists_are_narrowed(page: Page) -> None:
    search(page, "/accounts", "Name", MAPLE.name[:6])
    search(page, "/users", "Name or address", "anouk")
    search(page, at(MAPLE, "/users"), "Name or address", "anouk")
    search(page, "/access-requests", "Person", "sinead")


def test_the_account_is_switched(page: Page) -> None:
    page.get_by_role("link", name="Switch account").first.click()
    page.locator("main").get_by_label("Name").fill(MAPLE.name[:6])
    page.locator("main").get_by_role("button", name="Search").click()
    page.locator("main").get_by_role("link", name=MAPLE.name).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_an_account_is_added_with_a_contact_and_archived(page: Page) -> None:
    page.goto("/accounts/new")
    page.locator("main").get_by_label("Name").fill("Without Scripts Ltd")
    page.get_by_role("button", name="Add account").click()
    page.get_by_role("link", name="Contacts").click()
    page.get_by_role("link", name="New contact").first.click()
    page.locator("main").get_by_label("Name").fill("Ada Byron")
    page.locator("main").get_by_label("Address").fill("ada@without-scripts.example")
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_text("ada@without-scripts.example")).to_be_visible()

    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Archive this account").click()
    page.get_by_role("button", name="Archive Without Scripts Ltd").click()
    expect(page.get_by_text("Without Scripts Ltd is archived")).to_be_visible()


def test_a_request_is_asked_and_withdrawn(page: Page) -> None:
    page.goto(at(MAPLE, "/access-requests/new"))
    page.get_by_label("Email address").first.fill("new.here@vermeulen-fietsen.example")
    page.get_by_role("button", name="Add another person").click()
    page.get_by_label("Email address").nth(1).fill("also.new@vermeulen-fietsen.example")
    page.get_by_role("button", name="Save and preview").last.click()
    page.get_by_role("button", name=re.compile("^Send to")).click()
    expect(page.get_by_text("Waiting for the client").first).to_be_visible()

    page.get_by_role("button", name="Withdraw").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn").first).to_be_visible()


def test_job_roles_are_mapped_and_written(page: Page) -> None:
    page.goto(at(MAPLE, "/job-roles/sales_rep"))
    page.get_by_role("button", name=f"Save for {MAPLE.name}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Job roles")

    page.goto("/job-roles/sales_rep")
    page.get_by_role("button", name="Save the text in English").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_member_is_invited_and_the_profile_changed(page: Page) -> None:
    page.goto("/team/invite")
    page.locator("main").get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("Email address").fill("grace.hopper@northlight.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace Hopper")

    page.goto("/profile")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")


def test_the_trail_is_narrowed_and_proved(page: Page) -> None:
    page.goto("/audit")
    page.get_by_role("button", name="Check now").click()
    page.locator("main").get_by_label("Account").fill(MAPLE.name)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#entries").get_by_text(MAPLE.name).first).to_be_visible()
