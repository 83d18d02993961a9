import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.agencies import scope
from portal.app import create_app
from portal.config import Mode
from portal.core.db import db, may_write
from tests.fixtures.mailbox import Mailbox
from tests.fixtures.pages import CheckedClient
from tests.fixtures.portal import make_settings


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Flask]:
    """The portal in demo mode, with nothing in it."""
    app = create_app(make_settings(tmp_path, mode=Mode.DEMO, hubspot_url="http://127.0.0.1:1"))
    app.testing = True
    app.test_client_class = CheckedClient
    with app.app_context():
        may_write()
        with scope.every_agency(reason="set-up"):
            db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def visitor(demo: Flask, mailbox: Mailbox) -> FlaskClient:
    """Somebody who plays the client, with the mailbox where the demo looks for it."""
    (demo.extensions["settings"].data_dir / "mailbox.db").symlink_to(mailbox.database)
    return demo.test_client()


@pytest.fixture
def send(mailbox: Mailbox) -> Callable[..., None]:
    """Return a function that sends a mail to the mailbox."""

    def send(to: str, subject: str, text: str = "Hello", html: str = "") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Northlight <p@portal.example>", to, subject
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        with smtplib.SMTP(mailbox.host, mailbox.port) as server:
            server.send_message(message, to_addrs=[to])

    return send
