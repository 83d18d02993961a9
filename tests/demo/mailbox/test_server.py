import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from portal.demo.mailbox import storage
from tests.fixtures.mailbox import Mailbox

Send = Callable[..., None]


def test_every_mail_is_kept_for_whomever_it_is(mailbox: Mailbox, send: Send) -> None:
    send("claire@maple.example", "Première question")
    send("tom@agency.example", "An answer")

    assert [(mail.receiver, mail.subject) for mail in mailbox.wait_for(2)] == [
        ("claire@maple.example", "Première question"),
        ("tom@agency.example", "An answer"),
    ]


def test_a_mail_to_two_lies_in_two_mailboxes(mailbox: Mailbox) -> None:
    with smtplib.SMTP(mailbox.host, mailbox.port) as server:
        server.sendmail("a@x.example", ["b@x.example", "c@x.example"], b"Subject: Hi\r\n\r\nHello\r\n")

    assert [mail.receiver for mail in mailbox.messages()] == ["b@x.example", "c@x.example"]


def test_what_is_hardly_a_mail_is_kept_too(mailbox: Mailbox) -> None:
    with smtplib.SMTP(mailbox.host, mailbox.port) as server:
        server.sendmail("", ["b@x.example"], b"\xff\xfe no header at all")

    stored = mailbox.messages()[0]
    assert (stored.envelope_sender, stored.subject) == ("<>", "")


def test_a_mailbox_that_never_ran_is_empty(tmp_path: Path) -> None:
    assert storage.mails(tmp_path / "mailbox.db") == []
    assert storage.find_mail(tmp_path / "mailbox.db", 1) is None


def test_the_command_says_when_it_is_ready_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "portal.demo.mailbox", "--database", str(tmp_path / "m.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        ready = process.stdout.readline()
        with smtplib.SMTP("127.0.0.1", int(ready.rpartition(":")[2])) as server:
            server.sendmail("a@x.example", ["b@x.example"], b"Subject: Hi\r\n\r\nHello\r\n")
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
    assert ready.startswith("Demo mailbox ready on 127.0.0.1:")
    assert [mail.subject for mail in storage.mails(tmp_path / "m.db")] == ["Hi"]


def test_a_taken_port_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "portal.demo.mailbox", "--port", str(port), "--database"]
        done = subprocess.run(  # noqa: S603 - our own
            [*command, str(tmp_path / "m.db")], capture_output=True, text=True, check=False
        )

    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Port {port} cannot be used")
