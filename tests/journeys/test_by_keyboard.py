"""The main job with a keyboard alone: every stop shows that it has the focus, all the way to closed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.running import FILLING_MS, PHONE, RunningDemo
from tests.journeys.test_the_loop import MOLINA, open_mail, sign_in_to_the_crm, switch_to

pytestmark = pytest.mark.journey

Visit = Callable[..., Page]

MOST_STOPS = 150
EMAIL = "lucia.rey@ceramica-molina.example"

# Where the focus is, and whether it is seen; what has it inside a frame is for the frame to show.
FOCUS = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const name = one.labels?.[0]?.innerText || one.getAttribute("aria-label") || one.innerText || "";
  const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const isSeen = isOutlined && box.width > 0 && box.height > 0;
  return [name.trim(), ["BODY", "IFRAME"].includes(one.tagName) || isSeen, one.outerHTML.slice(0, 200)];
}"""


def go_to(page: Page, name: str) -> None:
    """Press Tab until something with this name has the focus; every stop on the way must show it."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        here, is_seen, html = page.evaluate(FOCUS)
        assert is_seen, f"the focus is not to be seen on {html}"
        if re.match(name, here):
            return
    pytest.fail(f"{MOST_STOPS} stops, and none is {name}")


def press(page: Page, name: str, heading: str) -> None:
    """Go to a button or link, press it, and wait for the page it leads to."""
    go_to(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(heading))


def type_into(page: Page, label: str, text: str) -> None:
    """Go to a field, and fill it in."""
    go_to(page, label)
    page.keyboard.type(text)


def ask(page: Page) -> None:
    """Write a request, and send it."""
    press(page, "New access request", "New access request")
    type_into(page, "First name", "Lucía")
    type_into(page, "Last name", "Rey")
    type_into(page, "Email address", EMAIL)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Preview of the mail")
    press(page, "Send to ", "Access for Lucía Rey")
    expect(page.get_by_text("Waiting for the client").first).to_be_visible()


def answer(phone: Page, link: str) -> None:
    """Answer as the client."""
    phone.goto(link)
    go_to(phone, "Ventas")
    phone.keyboard.press("Space")
    press(phone, "Continuar", "correct")
    press(phone, "Enviar respuesta", "Gracias")


def confirm(page: Page) -> None:
    """Look the proposal over, have it written, and say that the step by hand is done."""
    expect(page.get_by_role("link", name="Check and confirm")).to_be_visible()
    press(page, "Check and confirm", "Proposal for")
    press(page, "Review", "Confirm for")
    press(page, "Set up in", "Access for")
    expect(page.get_by_role("button", name="I have done this")).to_be_visible(timeout=30_000)
    press(page, "I have done this", "Access for")
    expect(page.get_by_role("button", name="Check now")).to_be_visible(timeout=30_000)


def test_the_whole_way_by_keyboard(visit: Visit, demo: RunningDemo) -> None:
    page = visit("/sign-in")
    expect(page.get_by_role("button", name="Sophie Brandt")).to_be_visible(timeout=FILLING_MS)
    press(page, "Sophie Brandt", "Home")
    switch_to(page, MOLINA)
    ask(page)
    phone = visit("/demo/mailbox", viewport=PHONE)
    answer(phone, open_mail(phone, "Lucía Rey"))
    confirm(page)

    sign_in_to_the_crm(visit, demo, EMAIL)
    press(page, "Check now", "Access for")
    expect(page.get_by_text("Closed").first).to_be_visible(timeout=30_000)
