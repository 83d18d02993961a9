import socket

import pytest
from flask_mail import Mail

from portal.mail.smtp import Letter, Outcome, Patience, SmtpConversation, Verdict
from tests.fixtures.smtp import HANG_UP, SILENCE, ScriptedServer

LETTER = Letter("b+1@portal.example", "claire@maple.example", b"Subject: Hi\r\n\r\n.one dot\r\nbye\r\n")


def hand_over(port: int, *, patience: float = 5, **settings: object) -> Verdict:
    config = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, **settings}
    with SmtpConversation(
        Mail().init_mail(config), "portal.example", Patience(patience, patience)
    ) as conversation:
        return conversation.hand_over(LETTER)


def test_a_mail_arrives_byte_for_byte(smtp_server: ScriptedServer) -> None:
    verdict = hand_over(smtp_server.port)

    assert verdict == Verdict(Outcome.ACCEPTED, "250 fine")
    assert smtp_server.mails == [LETTER.raw]
    assert smtp_server.commands == [
        "ehlo portal.example",
        "mail FROM:<b+1@portal.example>",
        "rcpt TO:<claire@maple.example>",
        "DATA",
        "quit",
    ]


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 not now", Verdict(Outcome.DEFERRED, "451 not now")),
        ("421 too busy", Verdict(Outcome.DEFERRED, "421 too busy", wants_a_pause=True)),
        ("550 nobody here", Verdict(Outcome.REFUSED, "550 nobody here")),
    ],
)
def test_an_answer_at_any_step_counts_as_what_it_says(
    step: str, answer: str, expected: Verdict, smtp_server: ScriptedServer
) -> None:
    smtp_server.answers[step] = answer

    assert hand_over(smtp_server.port) == expected


@pytest.mark.parametrize("step", ["greeting", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", [HANG_UP, SILENCE])
def test_a_server_that_goes_before_the_dot_has_no_mail(
    step: str, answer: str, smtp_server: ScriptedServer
) -> None:
    smtp_server.answers[step] = answer

    assert hand_over(smtp_server.port, patience=0.2).outcome is Outcome.DEFERRED
    assert smtp_server.mails == []


@pytest.mark.parametrize("answer", [HANG_UP, SILENCE, "what?", "354 more", "250 " + "x" * 9000])
def test_no_answer_after_the_dot_leaves_the_mail_in_doubt(answer: str, smtp_server: ScriptedServer) -> None:
    smtp_server.answers["dot"] = answer

    assert hand_over(smtp_server.port, patience=0.2).outcome is Outcome.IN_DOUBT
    assert smtp_server.mails == [LETTER.raw]


def test_a_goodbye_that_fails_changes_nothing(smtp_server: ScriptedServer) -> None:
    smtp_server.answers["quit"] = HANG_UP

    assert hand_over(smtp_server.port).outcome is Outcome.ACCEPTED


def test_a_server_that_is_not_there_is_tried_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        assert hand_over(port).outcome is Outcome.DEFERRED


@pytest.mark.parametrize("answer", ["535 wrong password", "530 sign in first"])
def test_a_refused_sign_in_is_no_fault_of_the_mail(answer: str, smtp_server: ScriptedServer) -> None:
    smtp_server.answers["auth"] = answer

    verdict = hand_over(smtp_server.port, MAIL_USERNAME="portal", MAIL_PASSWORD="old")

    assert verdict == Verdict(Outcome.LOGIN_REFUSED, answer)


def test_a_server_that_asks_for_a_sign_in_holds_the_mail(smtp_server: ScriptedServer) -> None:
    smtp_server.answers["mail"] = "530 sign in first"

    assert hand_over(smtp_server.port).outcome is Outcome.LOGIN_REFUSED


@pytest.mark.parametrize("settings", [{"MAIL_USE_TLS": True}, {"MAIL_USERNAME": "ü", "MAIL_PASSWORD": "ü"}])
def test_settings_the_server_cannot_follow_put_the_mail_off(
    settings: dict[str, object], smtp_server: ScriptedServer
) -> None:
    assert hand_over(smtp_server.port, **settings).outcome is Outcome.DEFERRED


@pytest.mark.parametrize("answer", ["554 no service for you", "421 come back later"])
def test_a_greeting_that_refuses_us_is_not_about_the_mail(answer: str, smtp_server: ScriptedServer) -> None:
    smtp_server.answers["greeting"] = answer

    assert hand_over(smtp_server.port) == Verdict(Outcome.DEFERRED, answer, wants_a_pause=True)
