import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.agencies.models import Member
from portal.core.errors import NotFound
from portal.web.assets import asset

PACKED = "portal.css"
SMALL = "favicon.svg"


@pytest.fixture
def address_of(app: Flask) -> dict[str, str]:
    """The addresses of two files, as pages write them."""
    with app.test_request_context():
        return {name: asset(name) for name in (PACKED, SMALL)}


def body_of(app: Flask, name: str) -> bytes:
    return (Path(str(app.static_folder)) / name).read_bytes()


def test_the_right_hash_is_kept_for_a_year(client: FlaskClient, address_of: dict[str, str]) -> None:
    answer = client.get(address_of[PACKED])

    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_no_cookie_makes_a_static_file_differ(
    signed_in: Callable[[Member], FlaskClient], viewer: Member, address_of: dict[str, str]
) -> None:
    answer = signed_in(viewer).get(address_of[PACKED])

    assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
    assert "Set-Cookie" not in answer.headers


def test_an_old_hash_is_answered_with_the_file_of_today_and_not_kept(app: Flask, client: FlaskClient) -> None:
    answer = client.get(f"/assets/000000000000/{PACKED}")

    assert answer.data == body_of(app, PACKED)
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_browser_that_unpacks_gets_less(
    app: Flask, client: FlaskClient, address_of: dict[str, str]
) -> None:
    answer = client.get(address_of[PACKED], headers={"Accept-Encoding": "br, gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.vary
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(body_of(app, PACKED))
    assert gzip.decompress(answer.data) == body_of(app, PACKED)


@pytest.mark.parametrize(
    ("name", "accepted"), [(PACKED, ""), (PACKED, "br"), (PACKED, "gzip;q=0"), (SMALL, "gzip")]
)
def test_others_and_small_files_go_as_they_are(
    app: Flask, client: FlaskClient, address_of: dict[str, str], name: str, accepted: str
) -> None:
    answer = client.get(address_of[name], headers={"Accept-Encoding": accepted})

    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.vary
    assert answer.data == body_of(app, name)


@pytest.mark.parametrize(
    "path", ["unknown.css", "vendor", "../pyproject.toml", "%2e%2e/pyproject.toml", "vendor/../../wsgi.py"]
)
def test_nothing_but_the_files_of_the_folder_is_there(client: FlaskClient, path: str) -> None:
    assert client.get(f"/assets/000000000000/{path}").status_code == 404


def test_a_page_that_names_an_unknown_file_fails(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(NotFound):
        asset("unknown.css")
