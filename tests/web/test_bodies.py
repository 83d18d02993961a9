from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.agencies.models import Member
from portal.web.bodies import A_FILE, MOST_FIELDS, SMALL

SignIn = Callable[[Member], FlaskClient]
TOO_LARGE = 413
FORM = "application/x-www-form-urlencoded"


def test_a_form_larger_than_any_is_refused(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "x" * SMALL})

    assert answer.status_code == TOO_LARGE
    assert "Nothing was stored. Send less at once." in answer.text


def test_a_form_of_more_fields_than_any_is_refused_before_it_is_parsed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("werkzeug.formparser.parse_qsl", None)

    answer = client.post("/sign-in", data="a&" * MOST_FIELDS, content_type=FORM)

    assert answer.status_code == TOO_LARGE


def test_a_file_may_be_larger_where_files_are_taken(owner: Member, signed_in: SignIn) -> None:
    visitor = signed_in(owner)
    token = visitor.csrf_token("/accounts/import")

    def upload(size: int) -> int:
        parts = f"--b\r\nContent-Disposition: form-data; name=csrf_token\r\n\r\n{token}\r\n--b\r\n"
        head = parts + "Content-Disposition: form-data; name=file; filename=a.csv\r\n\r\n"
        body = head.encode() + b"x" * size + b"\r\n--b--\r\n"
        return visitor.post(
            "/accounts/import", data=body, content_type="multipart/form-data; boundary=b"
        ).status_code

    assert upload(SMALL) == 422
    assert upload(A_FILE) == TOO_LARGE
