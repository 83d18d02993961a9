"""Every page and every state of one that matters, in one table: what is photographed, measured and checked.

A sight is an address of the demo, who looks, and what they do there first. A new page gets a line here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

from portal.agencies.models import Position
from portal.core.ids import slug
from portal.demo.cast import ACCOUNTS, MEMBERS, CastAccount

Act = Callable[[Page], None]

NOBODY: Final = ""
OWNER, PARTNER_ADMIN, CONSULTANT, VIEWER = (
    next(cast.name for cast in MEMBERS if cast.position is position)
    for position in (Position.OWNER, Position.PARTNER_ADMIN, Position.CONSULTANT, Position.VIEWER)
)

MAPLE, UNANSWERED, ANSWERED, OWN_WORDS, REMINDED, DEAD, UNCONNECTED, BY_HAND = (
    next(cast for cast in ACCOUNTS if cast.number == number) for number in (1, 5, 4, 9, 12, 32, 33, 40)
)
TEMPLATE: Final = "/mails/templates/access_request/en"
BROKEN_LIST = "Name;CRM;Language\nHarbour Lights;HubSpot;en\n;HubSpot;en\nTwo Rivers;Lotus Notes;xx"


@dataclass(frozen=True)
class Sight:
    """A page in one state; ``by`` is the member who looks, or nobody who is signed in."""

    name: str
    path: str
    by: str = OWNER
    act: Act = lambda _page: None


def follow(selector: str) -> Act:
    """Return the step to where the first such link leads."""

    def go(page: Page) -> None:
        page.goto(page.locator(selector).first.get_attribute("href") or "")

    return go


def press(name: str) -> Act:
    """Return the press of a button, and the wait for what comes of it."""

    def go(page: Page) -> None:
        page.get_by_role("button", name=re.compile(name)).first.click()
        page.wait_for_load_state("networkidle")

    return go


def fill(label: str, text: str) -> Act:
    """Return the filling in of a field."""
    return lambda page: page.get_by_label(re.compile(f"^{label}")).last.fill(text)


def shows(text: str) -> Act:
    """Return the wait for a text."""
    return lambda page: page.get_by_text(text).first.wait_for()


def is_refused(page: Page) -> None:
    """Wait for the portal's own word about what was filled in."""
    page.locator("main [role=alert]:visible").first.wait_for()


def keys(combination: str) -> Act:
    """Return a press of keys."""

    def go(page: Page) -> None:
        page.keyboard.press(combination)
        page.wait_for_load_state("networkidle")

    return go


def then(*acts: Act) -> Act:
    """Return one step after the other."""

    def go(page: Page) -> None:
        for act in acts:
            act(page)

    return go


def look_into_mail(page: Page) -> None:
    """Open the newest mail in the demo mailbox."""
    mail = page.locator("a[href^='/demo/mailbox/']").first
    for _try in range(60):
        if mail.count():
            break
        page.wait_for_timeout(250)  # a worker hands the mail over
        page.reload()
    mail.click()


def open_mail(page: Page) -> None:
    """Follow the button of the newest mail in the demo mailbox."""
    look_into_mail(page)
    page.goto(page.frame_locator("iframe").get_by_role("link").first.get_attribute("href") or "")


def open_stop_link(page: Page) -> None:
    """Follow the link that stops reminders, out of the newest mail in the demo mailbox."""
    look_into_mail(page)
    link = page.frame_locator("iframe").get_by_role("link", name="/stop-reminders/")
    page.goto(link.get_attribute("href") or "")


def fill_in_long_names(page: Page) -> None:
    """Ask for people whose names are as long, as far to the right and as colourful as names get."""
    for label, text in {
        "First name": "Wolfeschlegelsteinhausenbergerdorff-Maximiliane",
        "Last name": "عبد الرحمن بن محمد الأنصاري 🧑‍🚀",
        "Email address": f"{'very.long.address.' * 2}of.somebody@{'long-' * 8}domain.example",
        "What they will do": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtin " * 3,
    }.items():
        page.get_by_label(label).first.fill(text)
    page.get_by_role("button", name="Save and preview").last.click()
    page.wait_for_url(re.compile("/preview$"))


def choose_first_role(page: Page) -> None:
    """Say of everybody that they do what is asked about first."""
    for person in page.locator("fieldset").all():
        person.get_by_role("radio").first.check()


def request_in(state: str) -> str:
    """Return the address of the requests in a state."""
    return f"/access-requests?state={state}"


def at(cast: CastAccount, page: str = "") -> str:
    """Return the address of a page of an account."""
    return f"/accounts/{slug(cast.name)}{page}"


def mails_to(cast: CastAccount) -> str:
    """Return the address of the mails to the contact who is asked: the one who may approve."""
    return f"/demo/mailbox?search={cast.people('contact', 1)[0].email}"


FIRST = "main table a"
LEAVES_EMPTY = press("^(Save|Add|Send the)")
ANSWERS = then(open_mail, choose_first_role, press("^(Continue|Continuer|Weiter|Verder|Continuar)"))

SIGHTS: Final = (
    # Nobody is signed in.
    Sight("sign-in", "/sign-in", NOBODY),
    Sight(
        "sign-in-wrong",
        "/sign-in",
        NOBODY,
        then(
            fill("Email address", "me@northlight.example"),
            fill("Password", "wrong"),
            press("^Sign in$"),
            is_refused,
        ),
    ),
    Sight("forgotten-password", "/forgotten-password", NOBODY),
    Sight("forgotten-password-asked", "/forgotten-password/asked", NOBODY),
    Sight("not-found-signed-out", "/nowhere", NOBODY),
    Sight("sign-in-first", "/accounts", NOBODY),
    Sight("mailbox", "/demo/mailbox", NOBODY),
    Sight("mailbox-nothing-found", "/demo/mailbox?search=nobody-like-this", NOBODY),
    Sight("mailbox-mail", "/demo/mailbox", NOBODY, follow("a[href^='/demo/mailbox/']")),
    # The client.
    Sight("answer", mails_to(UNANSWERED), NOBODY, open_mail),
    Sight(
        "answer-missing",
        mails_to(UNANSWERED),
        NOBODY,
        then(open_mail, press("^(Continue|Continuer|Weiter|Verder|Continuar)")),
    ),
    Sight("answer-summary", mails_to(UNANSWERED), NOBODY, ANSWERS),
    Sight("answer-someone-else", mails_to(UNANSWERED), NOBODY, then(open_mail, follow("a[href$='else']"))),
    Sight("answer-not-for-me", mails_to(UNANSWERED), NOBODY, then(open_mail, follow("a[href$='for-me']"))),
    Sight("answer-thanks", mails_to(ANSWERED), NOBODY, open_mail),
    Sight("stop-reminders", mails_to(REMINDED), NOBODY, open_stop_link),
    Sight("answer-gone", "/r/aaaaaaaaaaaa.bbbbbbbbbbbb", NOBODY),
    # Home, and what is on every page.
    Sight("home", "/"),
    Sight("home-partner-admin", "/", PARTNER_ADMIN),
    Sight("home-consultant", "/", CONSULTANT),
    Sight("home-viewer", "/", VIEWER),
    Sight("home-my-accounts", "/?view=accounts", CONSULTANT),
    Sight("home-everyone", "/?view=everyone", CONSULTANT),
    Sight("menu", "/team/rights", OWNER, lambda page: page.locator("details.portal-menu summary").click()),
    Sight("switcher", "/", PARTNER_ADMIN, keys("Control+k")),
    Sight("switch-page", "/switch?to=access_requests.new"),
    Sight("not-found", "/nowhere"),
    Sight("forbidden", "/team", VIEWER),
    # Accounts.
    Sight("accounts", "/accounts"),
    Sight("accounts-viewer", "/accounts", VIEWER),
    Sight("accounts-nothing-found", "/accounts?q=zzzz"),
    Sight("accounts-none-archived", "/accounts?archived=yes"),
    Sight("account-new", "/accounts/new"),
    Sight("account-new-wrong", "/accounts/new", OWNER, then(fill("Name", " "), LEAVES_EMPTY)),
    Sight("import", "/accounts/import"),
    Sight("import-nothing", "/accounts/import", OWNER, press("^Check the list")),
    Sight(
        "import-preview",
        "/accounts/import",
        OWNER,
        then(fill("Or paste the list", BROKEN_LIST), press("^Check the list")),
    ),
    Sight("account", at(MAPLE)),
    Sight("account-viewer", at(MAPLE), VIEWER),
    Sight("account-unconnected", at(UNCONNECTED)),
    Sight("contacts", at(MAPLE, "/contacts")),
    Sight("contact", at(MAPLE, "/contacts"), OWNER, follow(FIRST)),
    Sight("contact-end", at(MAPLE, "/contacts"), OWNER, then(follow(FIRST), press("^No longer"))),
    Sight(
        "contact-new-wrong",
        at(MAPLE, "/contacts/new"),
        OWNER,
        then(fill("Name", "Ana Silva"), fill("Email address", "ana@nowhere"), press("^Add"), is_refused),
    ),
    Sight("settings", at(MAPLE, "/settings")),
    Sight("settings-archive", at(MAPLE, "/settings"), OWNER, press("^Archive this")),
    Sight("settings-viewer", at(MAPLE, "/settings"), VIEWER),
    Sight("connection", at(MAPLE, "/connection")),
    Sight("connection-dead", at(DEAD, "/connection")),
    Sight("connection-none", at(UNCONNECTED, "/connection")),
    Sight("connection-viewer", at(MAPLE, "/connection"), VIEWER),
    Sight("job-roles-of-account", at(MAPLE, "/job-roles")),
    Sight("job-roles-unconnected", at(UNCONNECTED, "/job-roles")),
    Sight("job-role-mapping", at(MAPLE, "/job-roles/sales_rep")),
    # Users.
    Sight("users", "/users"),
    Sight("users-nothing-found", "/users?text=zzzz"),
    Sight("users-of-account", at(MAPLE, "/users")),
    Sight("users-of-account-nothing-found", at(MAPLE, "/users?text=zzzz")),
    Sight("users-unconnected", at(UNCONNECTED, "/users")),
    Sight("users-dead", at(DEAD, "/users")),
    Sight("user", at(MAPLE, "/users"), OWNER, follow(FIRST)),
    # Access requests.
    Sight("requests", "/access-requests"),
    Sight("requests-viewer", "/access-requests", VIEWER),
    Sight("requests-nothing-found", "/access-requests?search=zzzz"),
    Sight("requests-of-account", at(MAPLE, "/access-requests")),
    Sight("requests-of-account-none", at(UNCONNECTED, "/access-requests")),
    Sight("request-new", at(MAPLE, "/access-requests/new")),
    Sight("request-new-wrong", at(MAPLE, "/access-requests/new"), OWNER, press("^Save and preview")),
    Sight("request-long-names", at(MAPLE, "/access-requests/new"), OWNER, fill_in_long_names),
    Sight("request-draft", request_in("draft"), OWNER, follow(FIRST)),
    Sight(
        "request-preview",
        request_in("draft"),
        OWNER,
        then(follow(FIRST), follow("a[href$='/preview']")),
    ),
    Sight("request-waiting", request_in("waiting"), OWNER, follow(FIRST)),
    Sight("request-withdraw", request_in("waiting"), OWNER, then(follow(FIRST), press("^Withdraw"))),
    Sight("request-returned", request_in("returned"), OWNER, follow(FIRST)),
    Sight("request-answered", request_in("answered"), OWNER, follow(FIRST)),
    Sight("request-answered-viewer", at(ANSWERED, "/access-requests"), VIEWER, follow(FIRST)),
    Sight("proposal", request_in("answered"), OWNER, then(follow(FIRST), follow("a[href$='/proposal']"))),
    Sight(
        "proposal-review",
        at(ANSWERED, "/access-requests"),
        OWNER,
        then(follow(FIRST), follow("a[href$='/proposal']"), press("^Review")),
    ),
    Sight("request-stopped", request_in("stopped"), OWNER, follow(FIRST)),
    Sight("request-by-hand", at(BY_HAND, "/access-requests"), OWNER, follow(FIRST)),
    Sight("request-onboarding", request_in("onboarding"), OWNER, follow(FIRST)),
    Sight("request-closed", request_in("closed"), OWNER, follow(FIRST)),
    Sight("request-declined", request_in("declined"), OWNER, follow(FIRST)),
    Sight("request-withdrawn", request_in("withdrawn"), OWNER, follow(FIRST)),
    # Mails.
    Sight("mails", "/mails"),
    Sight("mails-nothing-found", "/mails?search=zzzz"),
    Sight("mail", "/mails", OWNER, follow(FIRST)),
    Sight("addresses-none-stopped", "/mails/addresses"),
    Sight("sending", "/mails/sending"),
    Sight("sending-viewer", "/mails/sending", VIEWER),
    Sight("reminders", "/mails/reminders"),
    Sight("reminders-viewer", "/mails/reminders", VIEWER),
    Sight("reminders-wrong", "/mails/reminders", OWNER, then(fill("Remind after", "two"), press("^Save"))),
    Sight("inbox", "/mails/inbox"),
    Sight("inbox-nothing-found", "/mails/inbox?search=zzzz"),
    Sight("mail-as-text", "/mails", OWNER, then(follow(FIRST), follow("a[href*='as=text']"))),
    # What mails say.
    Sight("templates", "/mails/templates"),
    Sight("templates-of-account", at(OWN_WORDS, "/mail-templates")),
    Sight("template", TEMPLATE),
    Sight("template-viewer", TEMPLATE, VIEWER),
    Sight("template-of-account", at(OWN_WORDS, "/mail-templates/access_request/en")),
    Sight("template-mistake", TEMPLATE, PARTNER_ADMIN, then(fill("Text", "Hello ((oops))"), shows("column"))),
    Sight("template-as-text", TEMPLATE, OWNER, lambda page: page.locator("label[for=view-text]").click()),
    Sight("template-versions", f"{TEMPLATE}/versions"),
    Sight("template-compared", f"{TEMPLATE}/versions/2"),
    Sight("look", "/mails/look"),
    Sight("look-viewer", "/mails/look", VIEWER),
    # The agency.
    Sight("job-roles", "/job-roles"),
    Sight("job-roles-viewer", "/job-roles", VIEWER),
    Sight("job-role", "/job-roles/sales_rep"),
    Sight("job-role-new", "/job-roles/new"),
    Sight("team", "/team"),
    Sight("member", "/team", OWNER, then(lambda page: page.get_by_role("link", name=CONSULTANT).click())),
    Sight("member-limited", "/team", OWNER, then(lambda page: page.get_by_role("link", name=VIEWER).click())),
    Sight("invite", "/team/invite"),
    Sight(
        "invite-wrong",
        "/team/invite",
        OWNER,
        then(fill("Name", "Ana Silva"), fill("Email address", "ana@nowhere"), press("^Send the"), is_refused),
    ),
    Sight("rights", "/team/rights"),
    Sight("trail", "/audit"),
    Sight("trail-nothing-found", "/audit?account=zzzz"),
    Sight("profile", "/profile"),
    Sight("profile-wrong", "/profile", OWNER, press("^Change password")),
)
