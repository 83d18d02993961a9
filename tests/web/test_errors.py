import logging

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.core.db import db
from tests.fixtures.portal import PASSWORD

HTMX = {"HX-Request": "true"}
SORRY = "Nothing was changed. Try again; if it happens twice, tell your administrator."


def agencies() -> list[str]:
    with scope.every_agency(reason="test"):
        return list(db.session.scalars(select(Agency.name).order_by(Agency.name)))


def test_an_unknown_address_says_so(client: FlaskClient) -> None:
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert "There is nothing at this address, or it is not yours to see." in answer.text


def test_a_wrong_method_says_which_ones_there_are(client: FlaskClient) -> None:
    answer = client.delete("/sign-in")

    assert answer.status_code == 405
    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS", "POST"]
    assert "That does not work here" in answer.text


def test_a_form_without_its_token_has_expired(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "a@agency.example"})

    assert answer.status_code == 400
    assert "This form has expired" in answer.text


def test_a_failure_is_logged_takes_everything_back_and_shows_no_detail(
    crooked: FlaskClient, agency: Agency, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "portal.web.errors"):
        answer = crooked.get("/fails-half-way")

    assert answer.status_code == 500
    assert SORRY in answer.text
    assert "Traceback" not in answer.text
    assert "a detail for the log alone" not in answer.text
    assert "a detail for the log alone" in caplog.text
    assert agencies() == ["Canary Partners", "Northlight"]


@pytest.mark.filterwarnings("ignore:New instance")
def test_what_cannot_be_committed_is_a_failure_too(crooked: FlaskClient) -> None:
    answer = crooked.get("/cannot-be-committed")

    assert answer.status_code == 500
    assert SORRY in answer.text
    assert agencies() == []


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/fails-half-way", 500)])
def test_htmx_gets_the_problem_alone(crooked: FlaskClient, path: str, status: int) -> None:
    answer = crooked.get(path, headers=HTMX)

    assert answer.status_code == status
    assert answer.text.lstrip().startswith('<div class="alert alert-danger" role="alert"')
    assert "<h1" not in answer.text


def test_a_signed_in_member_keeps_the_way_round(crooked: FlaskClient, owner: Member) -> None:
    crooked.submit("/sign-in", email=owner.email, password=PASSWORD)

    for path, status in (("/nowhere", 404), ("/fails-half-way", 500)):
        answer = crooked.get(path)
        assert answer.status_code == status
        assert 'href="/accounts"' in answer.text
