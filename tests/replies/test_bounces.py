from collections.abc import Callable

import pytest

from portal.replies.facts import Bounce, Question, Verdict
from portal.replies.reading import read
from portal.replies.unpacking import unpack
from tests.factories.bounces import NOTICES, REASONS, SERVERS, Refusal, complaint, notice
from tests.replies.mails import mail


def report(*blocks: str, kind: str = "delivery-status") -> bytes:
    status = "\r\n\r\n".join(("Reporting-MTA: dns; mx.maple.example", *blocks))
    return (
        "From: MAILER-DAEMON@mx.maple.example\r\nReturn-Path: <>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        "--b\r\n\r\nYour message could not be delivered.\r\n"
        f"--b\r\nContent-Type: message/{kind}\r\n\r\n{status}\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "X-Portal-Mail: 17.abc\r\nSubject: Access\r\n\r\nWho?\r\n--b--\r\n"
    ).encode()


def block(action: str, status: str) -> str:
    return (
        f"Final-Recipient: rfc822; claire@maple.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 No such user"
    )


@pytest.mark.parametrize(
    ("action", "status", "outlook"),
    [("failed", "5.1.1", "final"), ("delayed", "4.4.1", "open"), ("failed", "4.2.2", "open")],
)
def test_a_report_says_whom_and_whether_trying_again_may_help(action: str, status: str, outlook: str) -> None:
    reading = read(unpack(report(block(action, status))), Question())

    assert reading.verdict is Verdict.BOUNCE
    assert reading.bounce == Bounce(
        ("claire@maple.example",), outlook == "final", status, "smtp; 550 No such user"
    )


@pytest.mark.parametrize(
    "raw", [report(block("delivered", "2.0.0")), report(kind="disposition-notification")]
)
def test_a_report_that_all_went_well_is_no_bounce_and_no_answer(raw: bytes) -> None:
    reading = read(unpack(raw), Question())

    assert (reading.verdict, reading.bounce) == (Verdict.AUTO_REPLY, None)


QMAIL = """Hi. This is the qmail-send program at mx.maple.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<claire@maple.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 No such user here
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  claire@maple.example
    550 5.1.1 Unknown user
"""


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        (QMAIL, {"From": "MAILER-DAEMON@mx.maple.example", "Subject": "failure notice"}),
        (EXIM, {"From": "Mailer-Daemon@mx.maple.example", "X_Failed_Recipients": "claire@maple.example"}),
    ],
)
def test_a_notice_in_its_own_words_is_read(text: str, headers: dict[str, str]) -> None:
    bounce = read(unpack(mail(text, **headers)), Question()).bounce

    assert bounce is not None
    assert (bounce.addresses, bounce.is_final, bounce.status) == (("claire@maple.example",), True, "5.1.1")


@pytest.mark.parametrize(
    "subject",
    [
        "Undeliverable: Access",
        "Mail delivery failed: returning message to sender",
        "Unzustellbar: Zugang",
        "Non remis : Accès",
        "Onbestelbaar: Toegang",
        "No se puede entregar: Acceso",
    ],
)
def test_a_notice_of_a_form_nobody_knows_is_a_bounce_still(subject: str) -> None:
    reading = read(
        unpack(mail("Something went wrong.", From="postmaster@maple.example", Subject=subject)), Question()
    )

    assert reading.verdict is Verdict.BOUNCE


def test_a_full_mailbox_is_not_final() -> None:
    notice = mail(
        "Mailbox full: 452 4.2.2 over quota", From="postmaster@maple.example", Subject="Undeliverable: x"
    )
    bounce = read(unpack(notice), Question()).bounce

    assert bounce is not None
    assert (bounce.is_final, bounce.status, bounce.diagnostic) == (
        False,
        "4.2.2",
        "Mailbox full: 452 4.2.2 over quota",
    )


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_no_server_is_taken_for_a_person_whatever_its_reason(server: Callable[[Refusal], bytes]) -> None:
    for reason, refusals in REASONS.items():
        for refusal in refusals:
            reading = read(unpack(server(refusal)), Question())

            assert (reading.verdict, reading.answer) == (Verdict.BOUNCE, ""), (reason, refusal)
            assert reading.bounce is not None
            assert not (reading.bounce.is_final and refusal.is_late), (reason, refusal)


def test_there_are_three_refusals_for_each_reason() -> None:
    assert {len(refusals) for refusals in REASONS.values()} == {3}


@pytest.mark.parametrize("said", NOTICES, ids=[subject for subject, _text in NOTICES])
def test_a_notice_of_a_filter_or_a_moderator_is_a_bounce(said: tuple[str, str]) -> None:
    assert read(unpack(notice(*said)), Question()).verdict is Verdict.BOUNCE


@pytest.mark.parametrize(
    "text",
    [
        "Your mail to Ben was not delivered, he has left us. Ana does sales.",
        "Sorry, your message was blocked by our filter until today. Ana does sales.",
        "Ana does sales.\n\nYour message to Ben could not be delivered (550 5.1.1), he says.",
    ],
)
def test_a_person_who_tells_of_a_bounce_is_no_bounce(text: str) -> None:
    assert read(unpack(mail(text)), Question()).verdict is Verdict.ANSWER


def test_a_report_of_unwanted_mail_is_a_complaint() -> None:
    assert read(unpack(complaint()), Question()).verdict is Verdict.COMPLAINT
