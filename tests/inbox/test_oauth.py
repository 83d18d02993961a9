"""Looking into a mailbox with tokens, on a server that takes nothing else."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from imap_tools import MailBoxUnencrypted
from sqlalchemy import func, select

from portal.agencies.models import Member
from portal.config import OAuthKind
from portal.core.db import db
from portal.inbox import polling
from portal.inbox.models import Arrival
from portal.inbox.states import POLL
from portal.jobs import work
from portal.mail.sign_in_words import advice
from tests.fixtures.dovecot import HOST, LONGEST_WAIT, ImapAccount, TokenMailServer
from tests.inbox.letters import letter

SignIn = Callable[[Member], FlaskClient]
Poll = Callable[[], str]


@pytest.fixture
def poll(app: Flask) -> Poll:
    """Have the mailbox looked into once; return why that did not work."""

    def look() -> str:
        db.session.commit()
        work.run(app, work.Nudge(POLL, None))
        box = polling.find_mailbox()
        assert box
        db.session.refresh(box)
        return box.trouble

    return look


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Arrival)) or 0


def put(server: TokenMailServer, raw: bytes) -> None:
    """Let a mail arrive; its owner signs in with a token, too."""
    token = str(server.tokens.issue()["access_token"])
    box = MailBoxUnencrypted(HOST, server.imap_port, timeout=LONGEST_WAIT)
    with box.xoauth2(server.tokens.user, token):
        box.append(raw, "INBOX")


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_mails_are_fetched_with_a_token(
    mechanism: str, token_mail: TokenMailServer, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(token_mail, letter())
    monkeypatch.setattr("portal.mail.sasl.BEARERS", (mechanism,))

    assert (poll(), stored()) == ("", 1)
    assert [asked["grant_type"] for asked in token_mail.tokens.asked] == ["client_credentials"]


@pytest.mark.usefixtures("everywhere")
def test_a_token_that_was_withdrawn_early_is_replaced_at_once(
    token_mail: TokenMailServer, poll: Poll
) -> None:
    poll()
    token_mail.tokens.withdraw_access()

    assert poll() == ""
    assert len(token_mail.tokens.issued) == 2


def test_a_mailbox_that_is_closed_to_us_raises_the_alarm_with_what_to_do(
    app: Flask, owner: Member, token_mail: TokenMailServer, poll: Poll, signed_in: SignIn
) -> None:
    token_mail.tokens.user = "somebody.else"

    trouble = poll()

    assert "AUTHENTICATIONFAILED" in trouble
    assert "status 401" in trouble
    assert not any(token in trouble for token in token_mail.tokens.issued)
    page = page_when_late(owner, signed_in)
    assert "check the permission IMAP.AccessAsApp with its admin consent" in page


def test_with_a_password_the_alarm_says_which_setting_to_use(
    app: Flask,
    owner: Member,
    token_mail: TokenMailServer,
    poll: Poll,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "imap_oauth", OAuthKind.NONE)

    assert "it offers only XOAUTH2 OAUTHBEARER" in poll()
    assert "This server takes no passwords. Set PORTAL_IMAP_OAUTH" in page_when_late(owner, signed_in)


@pytest.mark.usefixtures("everywhere")
def test_a_server_without_oauth_is_named(
    app: Flask,
    token_mail: TokenMailServer,
    imap_account: ImapAccount,
    poll: Poll,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "imap_port", imap_account.port)

    assert "This server takes no OAuth tokens." in advice("imap", poll())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Data: [b'[ALERT] Application-specific password required']", "This server takes no passwords."),
        ("Data: [b'LOGIN failed.'] (it also offers XOAUTH2)", "they take no passwords"),
        ("Data: [b'AUTHENTICATE failed.']", "they take no passwords"),
        ("LOGINDISABLED", "Set PORTAL_IMAP_SECURITY"),
        ("timed out", ""),
    ],
)
def test_what_servers_say_to_a_password_is_put_into_words(words: str, told: str, app: Flask) -> None:
    said = advice("imap", words)

    assert told in said
    assert bool(told) == bool(said)


def page_when_late(owner: Member, signed_in: SignIn) -> str:
    """The home page once nobody has looked into the mailbox for ten minutes."""
    box = polling.find_mailbox()
    assert box
    box.created_at -= polling.LATE * 2
    db.session.commit()
    return signed_in(owner).get("/").text
