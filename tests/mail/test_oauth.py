"""Signing in to a mail server with tokens, against Dovecot, which takes nothing else."""

import base64
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.config import OAuthKind
from portal.core import clock
from portal.core.crypto import Vault
from portal.core.db import db
from portal.jobs import work
from portal.mail import oauth, tokens
from portal.mail.models import MailToken, MailTry, OutboxMessage, ServerPause
from portal.mail.oauth import NoTokenNow, Registration, SignInRefused, Tokens
from portal.mail.sign_in_words import advice
from portal.mail.states import DELIVER, MailState, Reason
from tests.factories.mails import post
from tests.fixtures.dovecot import TokenMailServer
from tests.fixtures.mailbox import Mailbox
from tests.fixtures.smtp import ScriptedServer
from tests.fixtures.tokens import CLIENT_SECRET, TokenServer

SignIn = Callable[[Member], FlaskClient]
PAGE = "/mails/sending"


@pytest.fixture
def known(app: Flask, token_mail: TokenMailServer) -> Registration:
    """How the portal is registered: as an application."""
    return registered(app)


@pytest.fixture
def as_mailbox(
    app: Flask, agency: Agency, token_mail: TokenMailServer, monkeypatch: pytest.MonkeyPatch
) -> Registration:
    """The portal signs in as the mailbox, and somebody has signed in there once."""
    monkeypatch.setattr(app.extensions["settings"], "smtp_oauth", OAuthKind.GOOGLE)
    token_mail.tokens.refresh_token = "refresh-first"
    with work.step():
        tokens.keep_sign_in(registered(app), Tokens("", timedelta(0), "refresh-first"))
    return registered(app)


def registered(app: Flask) -> Registration:
    found = oauth.registration(app.extensions["settings"], "smtp")
    assert found
    return found


def deliver(app: Flask, mail: OutboxMessage) -> OutboxMessage:
    mail_id, agency_id = mail.id, mail.agency_id
    db.session.commit()
    work.run(app, work.Nudge(DELIVER, agency_id, (mail_id,)))
    db.session.expire_all()
    return mail


def look_at_server(app: Flask, browser: FlaskClient) -> str:
    browser.submit(f"{PAGE}/look", at=PAGE)
    db.session.commit()
    app.extensions["jobs"].drain()
    return browser.get(PAGE).text


def test_mail_goes_out_with_an_applications_token(
    app: Flask, agency: Agency, known: Registration, mailbox: Mailbox, token_server: TokenServer
) -> None:
    mail = deliver(app, post())

    assert mail.state is MailState.ACCEPTED
    assert mailbox.wait_for(1)[0].subject == mail.subject
    assert [asked["grant_type"] for asked in token_server.asked] == ["client_credentials"]
    assert token_server.asked[0]["scope"] == "https://outlook.office365.com/.default"


def test_mail_goes_out_with_a_mailboxs_refresh_token(
    app: Flask, as_mailbox: Registration, mailbox: Mailbox, token_server: TokenServer
) -> None:
    mail = deliver(app, post())

    assert (mail.state, len(mailbox.wait_for(1))) == (MailState.ACCEPTED, 1)
    assert [asked.get("refresh_token") for asked in token_server.asked] == ["refresh-first"]


def test_a_server_that_speaks_oauthbearer_alone_is_understood(
    app: Flask, agency: Agency, known: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.mail.sasl.BEARERS", ("OAUTHBEARER",))

    assert deliver(app, post()).state is MailState.ACCEPTED


def test_one_token_serves_every_mail_until_it_is_nearly_over(
    app: Flask, agency: Agency, known: Registration, token_server: TokenServer
) -> None:
    deliver(app, post())
    deliver(app, post())
    assert len(token_server.issued) == 1

    with clock.at(clock.now() + timedelta(minutes=56)):
        assert tokens.access_token(known).value == token_server.issued[-1]
    assert len(token_server.issued) == 2


def test_a_rotated_refresh_token_is_kept_before_the_new_access_token_is_used(
    as_mailbox: Registration, token_server: TokenServer
) -> None:
    at_use: list[tuple[str, str]] = []

    def attempt(token: str) -> None:
        db.session.rollback()  # what was not committed is lost
        stored = db.session.scalars(select(MailToken)).one()
        at_use.append((token, tokens._open(stored, "refresh")))  # noqa: SLF001 - what is in the row

    tokens.sign_in(as_mailbox, attempt)

    assert at_use == [(token_server.issued[0], token_server.refresh_token)]
    assert token_server.refresh_token != "refresh-first"
    with clock.at(clock.now() + timedelta(hours=2)):
        tokens.access_token(as_mailbox)  # the server takes only the newest


def test_workers_that_need_a_new_token_at_once_ask_for_it_once(
    app: Flask, as_mailbox: Registration, token_server: TokenServer
) -> None:
    db.session.rollback()
    together, found = Barrier(4), []

    def work_alone() -> None:
        with app.app_context(), scope.every_agency(reason="a worker"):
            together.wait(10)
            found.append(tokens.access_token(as_mailbox).value)
            db.session.remove()

    threads = [Thread(target=work_alone) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert found == token_server.issued * 4
    assert len(token_server.asked) == 1


def test_a_worker_that_died_while_it_asked_keeps_nobody_waiting_for_long(
    as_mailbox: Registration, token_server: TokenServer
) -> None:
    with work.step():
        db.session.scalars(select(MailToken)).one().lease_until = clock.now() + tokens.LEASE

    with clock.at(clock.now() + tokens.LEASE + timedelta(seconds=1)):
        assert tokens.access_token(as_mailbox).value == token_server.issued[0]


def test_while_another_worker_renews_it_the_old_token_is_used_as_long_as_it_is_good(
    as_mailbox: Registration, token_server: TokenServer
) -> None:
    old = tokens.access_token(as_mailbox).value

    with clock.at(clock.now() + timedelta(minutes=56)):
        with work.step():
            db.session.scalars(select(MailToken)).one().lease_until = clock.now() + tokens.LEASE
        assert tokens.access_token(as_mailbox).value == old
    assert len(token_server.asked) == 1


def test_while_another_worker_asks_for_too_long_the_mail_waits(
    app: Flask, as_mailbox: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.0)
    with work.step():
        db.session.scalars(select(MailToken)).one().lease_until = clock.now() + tokens.LEASE

    assert deliver(app, post()).state is MailState.DEFERRED


def test_somebody_who_signs_in_while_a_worker_asks_is_not_overwritten(
    as_mailbox: Registration, token_server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_ask = oauth.ask

    def ask(known: Registration, refresh_token: str) -> Tokens:
        issued = really_ask(known, refresh_token)
        with work.step():
            tokens.keep_sign_in(known, Tokens("access-new", timedelta(hours=1), "refresh-new"))
        return issued

    monkeypatch.setattr(oauth, "ask", ask)
    tokens.access_token(as_mailbox)

    stored = db.session.scalars(select(MailToken)).one()
    assert tokens._open(stored, "refresh") == "refresh-new"  # noqa: SLF001 - what is in the row


def test_a_token_that_was_withdrawn_early_is_replaced_at_once(
    app: Flask, agency: Agency, known: Registration, token_server: TokenServer
) -> None:
    deliver(app, post())
    token_server.withdraw_access()

    assert deliver(app, post()).state is MailState.ACCEPTED
    assert len(token_server.issued) == 2


def test_a_mailbox_that_is_closed_to_us_holds_the_mail_and_the_page_says_what_to_do(
    app: Flask, owner: Member, known: Registration, token_server: TokenServer, signed_in: SignIn
) -> None:
    token_server.user = "somebody.else"

    mail = deliver(app, post())

    assert (mail.state, mail.reason) == (MailState.HELD, Reason.LOGIN_REFUSED)
    answer = db.session.scalars(select(ServerPause)).one().answer
    assert answer.startswith("535 5.7.8")
    assert "status 401" in answer  # from the challenge that XOAUTH2 answers with an empty line
    page = signed_in(owner).get(PAGE).text
    assert "The mail server refuses our sign-in." in page
    assert "check the permission SMTP.SendAsApp with its admin consent" in page


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("invalid_grant: Token has been expired or revoked.", "run “flask mail-sign-in smtp”"),
        (
            "invalid_grant: AADSTS70008: The refresh token has expired.\r\nTrace ID: 1",
            "The refresh token has expired or was withdrawn.",
        ),
        ("invalid_grant: AADSTS65001: The user has not consented.", "Admin consent is missing."),
        ("invalid_client: AADSTS7000222: The keys are expired.", "The client secret has expired."),
        ("invalid_client: AADSTS7000215: Invalid client secret.", "PORTAL_SMTP_OAUTH_CLIENT_SECRET"),
        ("unauthorized_client: AADSTS700016: not found", "PORTAL_SMTP_OAUTH_CLIENT_ID"),
        ("invalid_scope: AADSTS70011: bad scope", "PORTAL_SMTP_OAUTH_SCOPE"),
    ],
)
def test_a_refusal_of_the_token_server_holds_the_mail_and_is_put_into_words(
    answer: str,
    told: str,
    app: Flask,
    owner: Member,
    as_mailbox: Registration,
    token_server: TokenServer,
    signed_in: SignIn,
) -> None:
    error, description = answer.split(": ", 1)
    token_server.refusal = (400, {"error": error, "error_description": description})

    mail = deliver(app, post())

    assert (mail.state, mail.reason) == (MailState.HELD, Reason.LOGIN_REFUSED)
    assert told in signed_in(owner).get(PAGE).text


@pytest.mark.parametrize(
    "refusal",
    [
        (503, "out of order"),
        (429, "slow down"),
        (200, "<html>a proxy"),
        (200, {"token_type": "Bearer"}),
        (400, {"error": "temporarily_unavailable"}),
    ],
)
def test_a_token_server_that_is_out_of_order_puts_mail_off_and_locks_nobody_out(
    refusal: tuple[int, dict[str, object] | str],
    app: Flask,
    agency: Agency,
    known: Registration,
    token_server: TokenServer,
) -> None:
    token_server.refusal = refusal

    mail = deliver(app, post())

    assert mail.state is MailState.DEFERRED
    assert db.session.scalars(select(ServerPause.until)).one() is not None


def test_a_token_server_that_is_not_there_puts_mail_off(
    app: Flask, agency: Agency, known: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "smtp_oauth_token_url", "http://127.0.0.1:1/token")

    assert deliver(app, post()).state is MailState.DEFERRED


def test_trying_the_server_shows_each_step(
    app: Flask, owner: Member, known: Registration, signed_in: SignIn, mailbox: Mailbox
) -> None:
    page = look_at_server(app, signed_in(owner))

    assert "It takes our sign-in" in page
    assert "All is well. Nothing was sent." in page
    assert mailbox.messages() == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "takes no passwords"),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
            "takes no passwords",
        ),
        ("534 5.7.9 Application-specific password required.", "takes no passwords"),
        ("535 5.7.3 Authentication unsuccessful", "they take no passwords"),
        ("535-5.7.8 Username and Password not accepted.", "they take no passwords"),
    ],
)
def test_what_microsoft_and_google_say_to_a_password_is_put_into_words(
    answer: str,
    told: str,
    app: Flask,
    owner: Member,
    mail_server: ScriptedServer,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"username": "portal", "password": "secret"}.items():
        monkeypatch.setattr(app.extensions["mail"], name, value)
    mail_server.answers |= {
        "ehlo": "250-hi\r\n250 AUTH LOGIN PLAIN XOAUTH2",
        "auth": answer.replace("535-", "535 "),
    }

    mail = deliver(app, post())

    assert (mail.state, mail.reason) == (MailState.HELD, Reason.LOGIN_REFUSED)
    page = signed_in(owner).get(PAGE).text
    assert told in page
    assert "PORTAL_SMTP_OAUTH" in page


def test_with_a_token_microsofts_switch_for_smtp_is_named(
    app: Flask, agency: Agency, known: Registration, mail_server: ScriptedServer
) -> None:
    answer = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox."

    assert "“Authenticated SMTP” switched off" in advice("smtp", answer)


def test_a_sign_in_that_is_put_off_is_tried_again(
    app: Flask, agency: Agency, known: Registration, mail_server: ScriptedServer
) -> None:
    mail_server.answers |= {"ehlo": "250-hi\r\n250 AUTH XOAUTH2", "auth": "454 4.7.0 Temporary failure"}

    assert deliver(app, post()).state is MailState.DEFERRED


def test_a_server_without_oauth_is_named(
    app: Flask, owner: Member, known: Registration, mail_server: ScriptedServer, signed_in: SignIn
) -> None:
    assert "This server takes no OAuth tokens." in look_at_server(app, signed_in(owner))


def test_before_anybody_signed_in_the_page_says_so(
    app: Flask,
    owner: Member,
    token_mail: TokenMailServer,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "smtp_oauth", OAuthKind.MICROSOFT)

    page = look_at_server(app, signed_in(owner))

    assert "Nobody has signed in to the mailbox yet. Run “flask mail-sign-in smtp”" in page


def test_with_a_password_a_server_that_takes_tokens_alone_says_which_setting_to_use(
    app: Flask,
    owner: Member,
    token_mail: TokenMailServer,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "smtp_oauth", OAuthKind.NONE)
    for name, value in {"username": "portal", "password": "secret"}.items():
        monkeypatch.setattr(app.extensions["mail"], name, value)

    page = look_at_server(app, signed_in(owner))

    assert "This server takes no passwords. Set PORTAL_SMTP_OAUTH" in page
    mail = deliver(app, post())
    assert (mail.state, mail.reason) == (MailState.HELD, Reason.LOGIN_REFUSED)


def test_no_token_and_no_secret_is_stored_in_the_clear_logged_or_shown(
    app: Flask,
    owner: Member,
    as_mailbox: Registration,
    token_server: TokenServer,
    signed_in: SignIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("DEBUG"):
        deliver(app, post())
        token_server.user = "somebody.else"
        deliver(app, post())
        echoed = f"bad: {token_server.refresh_token} {CLIENT_SECRET}"
        token_server.refusal = (400, {"error": "invalid_grant", "error_description": echoed})
        with clock.at(clock.now() + timedelta(hours=2)), pytest.raises(SignInRefused) as refused:
            tokens.access_token(as_mailbox)
    page = look_at_server(app, signed_in(owner))

    stored = db.session.scalars(select(MailToken)).one()
    tries = " ".join(db.session.scalars(select(MailTry.answer)))
    everything = (
        f"{caplog.text} {page} {tries} {refused.value} {stored.sealed_access!r} {stored.sealed_refresh!r}"
    )
    for secret in (*token_server.issued, token_server.refresh_token, "refresh-first", CLIENT_SECRET):
        assert secret not in everything
    assert repr(as_mailbox).count(CLIENT_SECRET) == 0


def test_the_same_tokens_are_sealed_for_their_own_row_alone(app: Flask, as_mailbox: Registration) -> None:
    stored = db.session.scalars(select(MailToken)).one()

    with pytest.raises(Exception, match="cannot be opened"):
        tokens._open(MailToken(key="other", sealed_refresh=stored.sealed_refresh), "refresh")  # noqa: SLF001


def test_a_token_that_no_key_opens_holds_the_mail_and_the_page_says_so(
    app: Flask, owner: Member, as_mailbox: Registration, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Vault([base64.b64encode(b"l" * 32).decode()])
    monkeypatch.setitem(app.extensions, "vault", lost)

    mail = deliver(app, post())

    assert (mail.state, mail.reason) == (MailState.HELD, Reason.LOGIN_REFUSED)
    assert "Put that key back, or run “flask mail-sign-in smtp”." in signed_in(owner).get(PAGE).text


def test_an_application_whose_token_no_key_opens_gets_a_new_one(
    app: Flask, agency: Agency, known: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.access_token(known)
    monkeypatch.setitem(app.extensions, "vault", Vault([base64.b64encode(b"l" * 32).decode()]))

    assert deliver(app, post()).state is MailState.ACCEPTED


def test_a_database_that_is_away_when_a_token_is_needed_leaves_no_mail_in_doubt(
    app: Flask, agency: Agency, known: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_away(_known: Registration) -> None:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(tokens, "_look", be_away)

    assert deliver(app, post()).state is MailState.DEFERRED


def test_another_client_or_mailbox_has_tokens_of_its_own(app: Flask, as_mailbox: Registration) -> None:
    other = Registration(
        kind=as_mailbox.kind,
        username="other",
        client_id=as_mailbox.client_id,
        client_secret=SecretStr(CLIENT_SECRET),
        token_url=as_mailbox.token_url,
        scope=as_mailbox.scope,
    )

    with pytest.raises(SignInRefused, match="nobody has signed in"):
        tokens.access_token(other)


def test_no_token_is_asked_for_when_the_patience_ends(
    as_mailbox: Registration, token_server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.0)
    with work.step():
        db.session.scalars(select(MailToken)).one().lease_until = clock.now() + tokens.LEASE

    with pytest.raises(NoTokenNow):
        tokens.access_token(as_mailbox)
    assert token_server.asked == []
