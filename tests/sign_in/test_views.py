from collections.abc import Callable

from flask.testing import FlaskClient

from portal.agencies.models import Member
from tests.fixtures.portal import PASSWORD

SignIn = Callable[[Member], FlaskClient]


def test_a_stranger_is_sent_to_the_sign_in_page(client: FlaskClient) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.location) == (302, "/sign-in?next=%2F")


def test_a_member_gets_in_with_the_right_password(owner: Member, signed_in: SignIn) -> None:
    assert signed_in(owner).get("/").status_code == 200


def test_a_wrong_password_is_refused_at_its_place(owner: Member, client: FlaskClient) -> None:
    answer = client.submit("/sign-in", email=owner.email, password=f"not {PASSWORD}")

    assert answer.status_code == 422
    assert client.get("/").status_code == 302


def test_after_signing_out_the_old_cookie_is_worthless(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    cookie = browser.get_cookie("session").value
    browser.submit("/sign-out", at="/")
    browser.set_cookie("session", cookie)

    assert browser.get("/").status_code == 302


def test_an_unknown_page_is_a_clear_page_not_found(owner: Member, signed_in: SignIn) -> None:
    answer = signed_in(owner).get("/nowhere")

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
