import pytest
from flask import Flask, Response

from portal.web.fragments import moved, page_that_asks, render_page, show_address, toast

HTMX = {"HX-Request": "true"}
BACK = {**HTMX, "HX-History-Restore-Request": "true"}
TOAST = '<div class="toast show border-success" data-toast>'


def render(
    app: Flask, headers: dict[str, str], *, fragment: str | None = "problem", said: str = ""
) -> Response:
    with app.test_request_context(headers=headers):
        if said:
            toast(said)
        return render_page(
            "errors/error.html", fragment=fragment, status=422, title="Oh", message="This is why."
        )


def text_of(answer: Response) -> str:
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("headers", [{}, BACK], ids=["a visit", "a way back"])
def test_a_visit_gets_the_whole_page(app: Flask, headers: dict[str, str]) -> None:
    answer = render(app, headers)

    assert answer.status_code == 422
    assert text_of(answer).lstrip().startswith("<!doctype html>")
    assert "This is why." in text_of(answer)


def test_htmx_gets_the_block_alone(app: Flask) -> None:
    answer = render(app, HTMX)

    assert answer.status_code == 422
    assert text_of(answer).lstrip().startswith('<div class="alert alert-danger"')
    assert "This is why." in text_of(answer)
    assert "<h1" not in text_of(answer)


def test_a_page_without_blocks_is_whole_for_htmx_too(app: Flask) -> None:
    assert text_of(render(app, HTMX, fragment=None)).lstrip().startswith("<!doctype html>")


def test_what_was_just_said_comes_along_with_either(app: Flask) -> None:
    page, block = render(app, {}, said="Saved."), render(app, HTMX, said="Saved.")

    for answer in (page, block):
        assert text_of(answer).count(TOAST) == 1
        assert "<span>Saved.</span>" in text_of(answer)
    assert '<hx-partial hx-target="#toasts" hx-swap="innerHTML">' in text_of(block)
    assert "<hx-partial" not in text_of(page)
    assert "<hx-partial" not in text_of(render(app, HTMX))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_caches_are_told_that_there_are_two_sizes(app: Flask, headers: dict[str, str]) -> None:
    assert "HX-Request" in list(render(app, headers).vary)


def test_moving_on_is_a_redirect_for_a_browser_and_a_header_for_htmx(app: Flask) -> None:
    with app.test_request_context():
        answer = moved("/accounts")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts")

    with app.test_request_context(headers=HTMX):
        answer = moved("/accounts")
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.data) == (200, "/accounts", b"")
    assert "Location" not in answer.headers


def test_the_address_of_a_fragment_is_shown_to_htmx_alone(app: Flask) -> None:
    found = []
    for headers in ({}, HTMX):
        with app.test_request_context(headers=headers):
            found.append(show_address(Response(), "/accounts?q=a").headers.get("HX-Replace-Url"))

    assert found == [None, "/accounts?q=a"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("http://localhost/accounts?q=a#b", "/accounts?q=a"),
        ("http://localhost/accounts", "/accounts"),
        ("", ""),
    ],
)
def test_the_page_that_asks_is_a_path_of_ours(app: Flask, sent: str, expected: str) -> None:
    with app.test_request_context(headers={"HX-Current-URL": sent}):
        assert page_that_asks() == expected
