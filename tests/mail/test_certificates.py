from pathlib import Path

import pytest
from flask import Flask
from flask_mail import Mail

from portal.config import ImapSecurity
from portal.inbox.imap import CANNOT_CONNECT, Imap
from portal.mail.smtp import Letter, Patience, SmtpConversation
from tests.fixtures.certificates import NAME, TlsServer

LETTER = Letter("b+1@portal.example", "claire@maple.example", b"Subject: Hi\r\n\r\nbye\r\n")


def send(server: TlsServer, ca_file: Path | None, host: str = NAME) -> str:
    """Return what the server is said to have answered."""
    config = {"MAIL_SERVER": host, "MAIL_PORT": server.port, "MAIL_USE_SSL": True}
    mail = Mail().init_mail(config)
    with SmtpConversation(mail, "portal.example", Patience(5, 5), ca_file=ca_file) as conversation:
        return conversation.hand_over(LETTER).answer


def receive(app: Flask, server: TlsServer, ca_file: Path | None, host: str = NAME) -> str:
    """Return why the mailbox could not be opened."""
    settings = app.extensions["settings"].model_copy(
        update={
            "imap_host": host,
            "imap_port": server.port,
            "imap_security": ImapSecurity.TLS,
            "mail_ca_file": ca_file,
        }
    )
    with pytest.raises(CANNOT_CONNECT) as refused:
        Imap(settings)
    return str(refused.value)


def test_no_mail_goes_to_a_server_whose_certificate_nobody_vouches_for(tls_server: TlsServer) -> None:
    assert "certificate verify failed" in send(tls_server, None)
    assert tls_server.encrypted == []


def test_no_mailbox_is_opened_whose_certificate_nobody_vouches_for(app: Flask, tls_server: TlsServer) -> None:
    assert "certificate verify failed" in receive(app, tls_server, None)
    assert tls_server.encrypted == []


def test_a_private_authority_counts_once_it_is_named(app: Flask, tls_server: TlsServer) -> None:
    assert "certificate" not in send(tls_server, tls_server.ca_file)
    assert "certificate" not in receive(app, tls_server, tls_server.ca_file)
    assert len(tls_server.encrypted) == 2


def test_a_certificate_for_another_name_is_refused(app: Flask, tls_server: TlsServer) -> None:
    assert "certificate is not valid for" in send(tls_server, tls_server.ca_file, "127.0.0.1")
    assert "certificate is not valid for" in receive(app, tls_server, tls_server.ca_file, "127.0.0.1")
