"""An account at a glance."""

from collections.abc import Callable

from flask.testing import FlaskClient

from portal.agencies.models import Member
from tests.factories.accounts import AccountFactory, ContactFactory

SignIn = Callable[[Member], FlaskClient]


def test_an_account_shows_its_name_and_colour_on_its_pages(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme Bakery", slug="acme-bakery", colour="teal")
    browser = signed_in(viewer)

    for place, title in (("", "Overview"), ("/contacts", "Contacts"), ("/settings", "Settings")):
        page = browser.get(f"/accounts/acme-bakery{place}").text
        assert f"<title>{title} · Acme Bakery · Portal</title>" in page
        assert '<div class="account-stripe bg-teal"></div>' in page


def test_the_overview_names_the_contacts(viewer: Member, signed_in: SignIn) -> None:
    account = AccountFactory(slug="acme")
    ContactFactory(account_id=account.id, name="Ana Silva", email="ana@client.example")

    page = signed_in(viewer).get("/accounts/acme").text

    assert "Ana Silva" in page
    assert "ana@client.example" in page
