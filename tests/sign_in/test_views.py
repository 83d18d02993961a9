import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.agencies.models import Member
from portal.core import clock
from tests.fixtures.portal import PASSWORD

SignIn = Callable[[Member], FlaskClient]


def test_a_stranger_is_sent_to_the_sign_in_page(client: FlaskClient) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/")


def test_a_member_gets_in_with_the_right_password(owner: Member, signed_in: SignIn) -> None:
    assert signed_in(owner).get("/").status_code == 200


def test_a_wrong_password_is_refused_at_its_place(owner: Member, client: FlaskClient) -> None:
    answer = client.submit("/sign-in", email=owner.email, password=f"not {PASSWORD}")

    assert answer.status_code == 422
    assert client.get("/").status_code == 302


def test_a_wrong_password_an_unknown_address_and_an_ended_member_look_the_same(
    owner: Member, viewer: Member, client: FlaskClient
) -> None:
    viewer.ended_at = clock.now()
    address, ended = owner.email, viewer.email
    token = client.csrf_token()

    pages = set()
    for email, password in ((address, "wrong"), ("nobody@nowhere.example", PASSWORD), (ended, PASSWORD)):
        data = {"csrf_token": token, "email": email, "password": password}
        pages.add(re.sub(r'value="[^"]*"', "", client.post("/sign-in", data=data).text))

    assert len(pages) == 1


def test_after_signing_out_the_old_cookie_is_worthless(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    cookie = browser.get_cookie("session").value
    browser.submit("/sign-out", at="/")
    browser.set_cookie("session", cookie)

    assert browser.get("/").status_code == 302


def test_after_signing_in_a_member_is_where_they_wanted_to_go(owner: Member, client: FlaskClient) -> None:
    way = client.get("/profile?x=1&y=2").location
    answer = client.submit("/sign-in", at=way, next="/profile?x=1&y=2", email=owner.email, password=PASSWORD)

    assert way == "/sign-in?next=/profile?x%3D1%26y%3D2"
    assert answer.location == "/profile?x=1&y=2"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "evil.example",
    ],
)
def test_nobody_is_sent_out_of_the_portal(owner: Member, client: FlaskClient, elsewhere: str) -> None:
    answer = client.submit("/sign-in", next=elsewhere, email=owner.email, password=PASSWORD)

    assert answer.status_code in {303, 422}
    assert answer.headers.get("Location", "/") == "/"


def test_where_a_session_is_over_htmx_is_sent_to_sign_in_and_back(owner: Member, client: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/profile?a=b"}
    answer = client.get("/profile", headers=headers)

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/sign-in?next=/profile?a%3Db")


def test_a_fresh_installation_says_how_to_make_the_first_owner(client: FlaskClient) -> None:
    page = client.get(client.get("/").location)

    assert "flask create-owner" in page.text
    assert "<form" not in page.text


def test_an_unknown_page_is_a_clear_page_not_found(owner: Member, signed_in: SignIn) -> None:
    answer = signed_in(owner).get("/nowhere")

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_a_missing_token_is_a_clear_page(owner: Member, client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": owner.email, "password": PASSWORD})

    assert (answer.status_code, "This form has expired" in answer.text) == (400, True)
    assert client.get("/").status_code == 302


def test_a_wrong_method_is_a_clear_page_that_names_the_right_ones(owner: Member, signed_in: SignIn) -> None:
    answer = signed_in(owner).get("/sign-out")

    assert (answer.status_code, "That does not work here" in answer.text) == (405, True)
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("path", ["/sign-in", "/forgotten-password", "/reset/forged", "/nowhere"])
def test_every_page_carries_the_policy(app: Flask, owner: Member, client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_failed_sign_ins_and_foreign_numbers_are_logged_with_who_and_from_where(
    owner: Member, client: FlaskClient, signed_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    signed_in(owner).submit("/profile/sessions/999/end", at="/profile")
    client.submit("/sign-in", email=owner.email, password="a wrong one")

    said = [record.getMessage() for record in caplog.records if record.name == "portal.web.refusals"]
    where = f"session_id=999, network 127.0.0.1, member {owner.id}"
    assert said == [
        f"refused: status 404; POST profile.end_session {where}",
        "refused: sign-in; POST sign_in.enter -, network 127.0.0.1, member -",
    ]


def test_back_shows_nothing_after_signing_out(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    kept = {path: browser.get(path).headers["Cache-Control"] for path in ("/", "/profile", "/nowhere")}
    answer = browser.submit("/sign-out", at="/")

    assert kept == dict.fromkeys(kept, "no-store")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
