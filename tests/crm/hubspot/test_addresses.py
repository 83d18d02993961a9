import pytest

from portal.crm.hubspot.addresses import app_url_of, deep_link
from portal.crm.protocol import Place


@pytest.mark.parametrize(
    ("place", "user_id", "address"),
    [
        (Place.USERS, "", "https://app.hubspot.com/settings/5/users"),
        (Place.SEATS, "", "https://app.hubspot.com/settings/5/users/seats"),
        (Place.USER, "7", "https://app.hubspot.com/settings/5/users/user/7"),
        (Place.USER, "", "https://app.hubspot.com/settings/5/users"),
        (Place.USER, "../7", "https://app.hubspot.com/settings/5/users/user/..%2F7"),
    ],
)
def test_manual_steps_lead_to_their_page_in_the_account(place: Place, user_id: str, address: str) -> None:
    assert deep_link("https://app.hubspot.com/", "5", place, user_id) == address


@pytest.mark.parametrize(
    ("ui_domain", "app_url"),
    [
        ("app-eu1.hubspot.com", "https://app-eu1.hubspot.com"),
        ("127.0.0.1:5001", "http://127.0.0.1:5001"),
        ("localhost:5001", "http://localhost:5001"),
        ("", "https://app.hubspot.com"),
        ("evil.example/?x=", "https://app.hubspot.com"),
        ("user@evil.example", "https://app.hubspot.com"),
    ],
)
def test_people_sign_in_where_the_account_says_when_that_is_a_host(ui_domain: str, app_url: str) -> None:
    assert app_url_of(ui_domain) == app_url
