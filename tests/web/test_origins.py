import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

SENT_FROM = {
    "our page": ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 303),
    "our page that passes no address on": ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
    "the browser itself": ({"Sec-Fetch-Site": "none"}, 303),
    "an older browser": ({"Origin": "http://localhost"}, 303),
    "a program": ({}, 303),
    "another website": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 400),
    "a neighbour": ({"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"}, 400),
    "another website in an older browser": ({"Origin": "https://evil.example"}, 400),
    "another port in an older browser": ({"Origin": "http://localhost:81"}, 400),
}


@pytest.mark.parametrize(("headers", "status"), SENT_FROM.values(), ids=SENT_FROM)
def test_forms_are_taken_from_our_own_pages_only(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    data = {"csrf_token": client.csrf_token("/forgotten-password"), "email": "nobody@nowhere.example"}

    answer = client.post("/forgotten-password", data=data, headers=headers)

    assert answer.status_code == status
    assert ("This was sent from another website" in answer.text) is (status == 400)


def test_a_link_on_another_website_may_lead_here(client: FlaskClient) -> None:
    assert client.get("/sign-in", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.0.2.1", "", "[::2]", "a b"])
def test_other_hosts_are_refused_in_words(client: FlaskClient, host: str) -> None:
    answer = client.get("/sign-in", headers={"Host": host})

    assert answer.status_code == 400
    assert "PORTAL_ALLOWED_HOSTS" in answer.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "inside.example"]
)
def test_own_hosts_are_answered(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "allowed_hosts", ("Inside.example",))

    assert client.get("/sign-in", headers={"Host": host}).status_code == 200


def test_tls_for_subdomains_is_asked_for_by_a_setting_only(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> str:
        return client.get("/sign-in", base_url="https://localhost").headers["Strict-Transport-Security"]

    assert asked() == "max-age=31536000"
    monkeypatch.setattr(app.extensions["settings"], "hsts_subdomains", True)
    assert asked() == "max-age=31536000; includeSubDomains"


def test_what_is_refused_is_logged_without_its_secret(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Secret-" + "x" * 30
    with caplog.at_level(logging.WARNING):
        client.get(f"/reset/{secret}")
        client.post("/inbound/main", data=b"mail", headers={"X-Portal-Signature": secret})
        client.post("/sign-out")
        client.get("/sign-in", headers={"Host": "evil.example"})

    said = [record.getMessage() for record in caplog.records if record.name == "portal.web.refusals"]
    assert said == [
        "refused: status 404; GET sign_in.reset -, network 127.0.0.1, member -",
        "refused: status 404; POST inbound.take -, network 127.0.0.1, member -",
        "refused: status 400; POST sign_in.sign_out -, network 127.0.0.1, member -",
        "refused: status 400; GET sign_in.sign_in -, network 127.0.0.1, member -",
    ]
