from flask.testing import FlaskClient

OF_EVERY_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def test_nothing_from_elsewhere_nothing_inline_and_nobodys_frame(client: FlaskClient) -> None:
    for path in ("/sign-in", "/nowhere", "/reset/unknown", "/assets/0/portal.css"):
        headers = client.get(path).headers
        assert {name: headers.get(name) for name in OF_EVERY_PAGE} == OF_EVERY_PAGE


def test_a_page_is_asked_for_anew_each_time_and_kept_by_nobody_else(client: FlaskClient) -> None:
    headers = client.get("/sign-in").headers

    assert headers["Cache-Control"] == "no-cache, private"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "X-Robots-Tag" not in headers


def test_a_private_page_is_not_stored_and_its_address_not_passed_on(client: FlaskClient) -> None:
    headers = client.get("/reset/unknown").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"


def test_browsers_are_told_to_stay_with_tls_only_over_tls(client: FlaskClient) -> None:
    answers = [client.get("/sign-in", base_url=f"{scheme}://localhost") for scheme in ("http", "https")]

    found = [answer.headers.get("Strict-Transport-Security") for answer in answers]
    assert found == [None, "max-age=31536000"]
