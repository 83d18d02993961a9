import html5lib
import httpx
import pytest

from portal.demo.emulator.seeds import SeedAccount, SeedSeat, SeedUser
from tests.fixtures.emulator import Emulator

BAKERY = SeedAccount(
    "professional",
    9,
    "Bakery <& Sons>",
    users=[
        SeedUser("ann@bakery.example", "Ann", "Archer", seats=("Core",)),
        SeedUser("bob@bakery.example", "Bob", "Baker", seats=("View-only",)),
    ],
    seats=(SeedSeat("Core", 2, paid=True), SeedSeat("View-only")),
)
HERE = f"/settings/{BAKERY.portal_id}/users"
BROWSER = {"Accept": "text/html"}


def page(emulator: Emulator, path: str) -> str:
    answer = emulator.http.get(path, headers=BROWSER)
    assert answer.status_code == 200
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Emulated HubSpot - demo" in answer.text
    return answer.text


def press(emulator: Emulator, action: str, **given: object) -> httpx.Response:
    form = {"portalId": BAKERY.portal_id, "back": HERE} | given
    return emulator.http.post(f"/_control/{action}", data=form, headers=BROWSER)


def user(emulator: Emulator, email: str) -> dict[str, object]:
    with emulator.client(BAKERY.token) as client:
        return client.get(f"/settings/users/2026-09/{email}", params={"idProperty": "EMAIL"}).json()


def test_every_page_is_valid_with_and_without_content(emulator: Emulator) -> None:
    for path in ("/", "/control"):
        page(emulator, path)
    emulator.seed(BAKERY)
    emulator.fail_next("error", token=BAKERY.token)
    for path in ("/", "/control", HERE, f"{HERE}?q=nobody", f"{HERE}?page=1"):
        page(emulator, path)
    assert "Bakery &lt;&amp; Sons&gt;" in page(emulator, HERE)


def test_finds_people_by_name_or_address(emulator: Emulator) -> None:
    emulator.seed(BAKERY)
    shown = page(emulator, f"{HERE}?q=ANN+arch")
    assert ("ann@bakery.example" in shown, "bob@bakery.example" in shown) == (True, False)


def test_cuts_long_lists_into_pages(emulator: Emulator) -> None:
    staff = [SeedUser(f"user{number:02}@big.example", f"User{number:02}", "Big") for number in range(60)]
    big = SeedAccount("free", 9, "Big", users=staff)
    emulator.seed(big)
    here = f"/settings/{big.portal_id}/users"
    assert "user50@big.example" not in page(emulator, here)
    assert "user50@big.example" in page(emulator, f"{here}?page=1")


def test_a_button_acts_and_leads_back(emulator: Emulator) -> None:
    emulator.seed(BAKERY)
    answer = press(emulator, "super-admin", email="ann@bakery.example")
    assert (answer.status_code, answer.headers["Location"]) == (303, HERE)
    assert user(emulator, "ann@bakery.example")["superAdmin"] is True
    press(emulator, "super-admin", email="ann@bakery.example", on="false")
    assert user(emulator, "ann@bakery.example")["superAdmin"] is False


def test_shows_who_never_signed_in_until_they_do(emulator: Emulator) -> None:
    emulator.seed(BAKERY)
    assert page(emulator, HERE).count("Never") == 2
    press(emulator, "sign-in", email="bob@bakery.example")
    assert page(emulator, HERE).count("Never") == 1


def test_seats_can_be_added_and_taken(emulator: Emulator) -> None:
    emulator.seed(BAKERY)
    press(emulator, "seats", name="Core", remaining="3")
    with emulator.client(BAKERY.token) as client:
        seats = client.get("/settings/users/2026-09/seats").json()["results"]
    assert seats == [
        {"name": "Core", "description": "", "remainingSeats": 3},
        {"name": "View-only", "description": ""},
    ]


def test_a_refused_button_says_why_on_a_page(emulator: Emulator) -> None:
    emulator.seed(BAKERY)
    answer = press(emulator, "super-admin", email="bob@bakery.example")
    assert answer.status_code == 400
    assert "A view-only seat can hold no super admin." in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "back", ["//elsewhere.example/", "https://elsewhere.example/", "\\\\elsewhere.example"]
)
def test_leads_back_to_own_pages_only(emulator: Emulator, back: str) -> None:
    emulator.seed(BAKERY)
    assert press(emulator, "sign-in", email="ann@bakery.example", back=back).headers["Location"] == "/"


def test_any_deep_link_leads_to_the_users_of_the_account(emulator: Emulator) -> None:
    emulator.seed(BAKERY)
    ann = user(emulator, "ann@bakery.example")
    places = {
        f"/settings/{BAKERY.portal_id}/": HERE,
        f"/settings/{BAKERY.portal_id}/account-and-billing/seats": HERE,
        f"{HERE}/user/{ann['id']}": f"{HERE}?q=ann@bakery.example",
    }
    assert {place: emulator.http.get(place).headers["Location"] for place in places} == places


def test_an_unknown_account_is_not_found(emulator: Emulator) -> None:
    answer = emulator.http.get("/settings/1/users", headers=BROWSER)
    assert answer.status_code == 404
    assert "Nothing was changed." in answer.text
