from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.config import OAuthKind
from portal.core.db import db
from portal.jobs import work
from portal.mail import oauth, tokens
from portal.mail.models import MailToken, ServerPause
from portal.mail.states import DELIVER, MailState
from tests.factories.mails import post
from tests.fixtures.dovecot import TokenMailServer

pytestmark = pytest.mark.usefixtures("agency")
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, token_mail: TokenMailServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command for sending, at a portal that signs in as a mailbox."""
    settings = app.extensions["settings"]
    for direction in ("smtp", "imap"):
        monkeypatch.setattr(settings, f"{direction}_oauth", OAuthKind.MICROSOFT)

    def command(*arguments: str, typed: str = "") -> Result:
        db.session.commit()
        result = app.test_cli_runner().invoke(args=["mail-sign-in", *arguments], input=typed)
        db.session.expire_all()
        return result

    return command


def stored() -> list[MailToken]:
    return list(db.session.scalars(select(MailToken)))


def test_a_person_signs_in_and_held_mail_goes(
    app: Flask, agency: Agency, run: Run, token_mail: TokenMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def prompt(_text: str) -> str:
        shown.append("asked")
        return " http://localhost/?code=the-code&state=the-state "

    monkeypatch.setattr("portal.cli.mail.click.prompt", prompt)
    monkeypatch.setattr("authlib.oauth2.client.generate_token", lambda: "the-state")
    db.session.add(ServerPause(server=f"127.0.0.1:{token_mail.smtp_port}", until=None))
    mail = post()

    result = run("smtp")

    assert result.exit_code == 0, result.output
    url = urlsplit(next(line for line in result.output.splitlines() if line.startswith("http")))
    query = parse_qs(url.query)
    assert url.path == "/authorize"  # beside the address of tokens
    assert query["login_hint"] == [token_mail.tokens.user]
    assert query["redirect_uri"] == ["http://localhost"]
    assert (shown, db.session.scalars(select(ServerPause)).all()) == (["asked"], [])
    asked = token_mail.tokens.asked[0]
    assert (asked["grant_type"], asked["code"], "code_verifier" in asked) == (
        "authorization_code",
        "the-code",
        True,
    )
    assert token_mail.tokens.refresh_token not in result.output
    nudge = work.Nudge(DELIVER, agency.id, (mail.id,))
    db.session.commit()
    work.run(app, nudge)
    db.session.refresh(mail)
    assert mail.state is MailState.ACCEPTED


def test_an_address_from_another_sign_in_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, token_mail: TokenMailServer
) -> None:
    result = run("smtp", typed="http://localhost/?code=the-code&state=anothers\n")

    assert (result.exit_code, token_mail.tokens.asked, stored()) == (1, [], [])
    assert "mismatching_state" in result.output
    assert "Nothing was stored." in result.output


def test_a_refusal_by_the_person_is_told(run: Run) -> None:
    result = run("smtp", typed="http://localhost/?error=access_denied&state=x\n")

    assert (result.exit_code, stored()) == (1, [])
    assert "Error: access_denied. Nothing was stored." in result.output


def test_a_token_from_elsewhere_is_tried_and_kept_sealed(
    app: Flask, run: Run, token_mail: TokenMailServer
) -> None:
    token_mail.tokens.refresh_token = "refresh-first"

    good, bad = (
        run("imap", "--token-stdin", typed="refresh-first\n"),
        run("imap", "--token-stdin", typed="x\n"),
    )

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "invalid_grant" in bad.output
    known = oauth.registration(app.extensions["settings"], "imap")
    assert known
    with scope.every_agency(reason="test"):
        assert tokens.access_token(known).value == token_mail.tokens.issued[0]
    assert b"refresh" not in (stored()[0].sealed_refresh or b"")


def test_an_application_needs_nobody_to_sign_in(
    app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "smtp_oauth", OAuthKind.MICROSOFT_APP)
    assert "signs in by itself" in run("smtp").output

    monkeypatch.setattr(app.extensions["settings"], "smtp_oauth", OAuthKind.NONE)
    assert "PORTAL_SMTP_OAUTH is not set" in run("smtp").output
