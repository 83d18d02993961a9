import gzip
from collections.abc import Callable
from contextvars import Context

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.agencies.models import Member
from portal.core.db import db
from portal.web.compression import MOST_PADDING, pack

PACKED = {"Accept-Encoding": "gzip, br"}


def get(browser: FlaskClient, path: str, **headers: str) -> TestResponse:
    """Load a page as its bytes came, without looking into them."""
    db.session.commit()
    return Context().run(FlaskClient.open, browser, path, headers={**PACKED, **headers}, buffered=True)


@pytest.fixture
def browser(owner: Member, signed_in: Callable[[Member], FlaskClient]) -> FlaskClient:
    return signed_in(owner)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_page_comes_packed_and_is_the_same(browser: FlaskClient, headers: dict[str, str]) -> None:
    packed = get(browser, "/", **headers)
    plain = browser.get("/", headers=headers)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(gzip.decompress(packed.data)) == len(plain.data)
    assert len(packed.data) < len(plain.data) / 2
    assert "Content-Encoding" not in plain.headers


def test_a_browser_that_takes_no_packed_page_gets_it_plain(browser: FlaskClient) -> None:
    assert "Content-Encoding" not in browser.get("/", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_what_is_the_readers_alone_is_not_packed(browser: FlaskClient) -> None:
    assert "Content-Encoding" not in get(browser, "/reset/unknown").headers


def test_the_length_says_nothing_of_what_is_inside() -> None:
    lengths = {len(pack(b"the same page " * 200)) for _turn in range(200)}

    assert len(lengths) > MOST_PADDING / 2
