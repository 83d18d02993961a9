import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.config import OAuthKind
from portal.core.crypto import Vault
from portal.core.db import db
from portal.crm.connections import open_token
from portal.crm.models import Connection
from portal.mail import tokens
from portal.mail.oauth import Registration, Tokens
from tests.factories.crm import ConnectionFactory

OLD, NEW, LOST = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"n", b"l"))


@pytest.fixture
def keys(app: Flask) -> Iterator[None]:
    before = app.extensions["vault"]
    yield
    app.extensions["vault"] = before


def rotate(app: Flask) -> tuple[int, str]:
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["rotate-keys"])
    db.session.expire_all()
    return result.exit_code, result.output


def test_a_new_key_is_fit_for_the_settings_and_another_each_time(app: Flask) -> None:
    keys = [app.test_cli_runner().invoke(args=["make-key"]).output.strip() for _turn in range(2)]

    assert [len(base64.b64decode(key, validate=True)) for key in keys] == [32, 32]
    assert keys[0] != keys[1]


def test_every_token_moves_to_the_newest_key_and_a_second_run_has_nothing_to_do(
    app: Flask, agency: Agency, keys: None
) -> None:
    for number in range(3):
        ConnectionFactory(token=f"demo-free-{number}")
    app.extensions["vault"] = Vault([NEW, OLD])
    outcomes = [rotate(app), rotate(app)]
    app.extensions["vault"] = Vault([NEW])

    held = db.session.scalars(select(Connection).order_by(Connection.id))
    assert [open_token(connection) for connection in held] == ["demo-free-0", "demo-free-1", "demo-free-2"]
    assert outcomes == [
        (0, "3 tokens sealed with the newest key.\n"),
        (0, "0 tokens sealed with the newest key.\n"),
    ]


def test_a_token_that_no_key_opens_is_counted_and_the_others_move_on(
    app: Flask, agency: Agency, keys: None
) -> None:
    app.extensions["vault"] = Vault([LOST])
    ConnectionFactory()
    app.extensions["vault"] = Vault([OLD])
    ConnectionFactory()
    app.extensions["vault"] = Vault([NEW, OLD])

    assert rotate(app) == (
        1,
        (
            "1 tokens sealed with the newest key.\n"
            "1 tokens could not be opened with any key; put the old keys back, or make new tokens.\n"
        ),
    )


def test_tokens_for_mail_servers_move_too(app: Flask, agency: Agency, keys: None) -> None:
    known = Registration(
        OAuthKind.GOOGLE, "portal", "id", SecretStr("secret"), "https://tokens.example", "mail"
    )
    tokens.keep_sign_in(known, Tokens("access", timedelta(hours=1), "refresh"))
    app.extensions["vault"] = Vault([NEW, OLD])

    assert rotate(app) == (0, "1 tokens sealed with the newest key.\n")

    app.extensions["vault"] = Vault([NEW])
    assert tokens.access_token(known).value == "access"
