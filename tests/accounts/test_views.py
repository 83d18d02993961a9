from collections.abc import Callable

from flask.testing import FlaskClient

from portal.agencies.models import Member
from tests.factories.accounts import AccountFactory

SignIn = Callable[[Member], FlaskClient]


def test_an_account_shows_its_name_and_colour_on_its_pages(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme Bakery", slug="acme-bakery", colour="teal")

    page = signed_in(viewer).get("/accounts/acme-bakery").text

    assert "<title>Overview · Acme Bakery · Portal</title>" in page
    assert '<div class="account-stripe bg-teal"></div>' in page
