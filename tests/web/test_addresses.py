import pytest
from flask import Flask, url_for

from portal.agencies.models import Agency
from portal.web.addresses import address
from tests.factories.accounts import AccountFactory


def test_a_page_gets_the_address_that_flask_would_make(app: Flask, agency: Agency) -> None:
    account = AccountFactory(slug="acme")
    asked = [
        ("accounts.show", {"account": account}),
        ("accounts.show", {"account": "acme"}),
        ("accounts.index", {"sort": "free_seats", "q": "a & b"}),
        ("users.show", {"account": account, "user_id": 7}),
    ]
    with app.test_request_context():
        for endpoint, parts in asked * 2:
            assert address(endpoint, **parts) == url_for(endpoint, **parts)


@pytest.mark.parametrize("root", ["", "/portal"])
def test_an_address_begins_where_the_portal_is_mounted(app: Flask, root: str) -> None:
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
        assert address("accounts.index") == f"{root}/accounts"
