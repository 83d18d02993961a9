"""Handing one mail to the SMTP server, and knowing for certain how far that got.

What counts is whether the final dot was sent. Before it, the server cannot have taken the mail. From it
on, only the server's answer tells.
"""

import contextlib
import re
import smtplib
import socket
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from flask_mail import Connection, Mail

from portal.mail import certificates, sasl, tokens
from portal.mail.oauth import NoTokenNow, Registration, SignInRefused
from portal.mail.sign_in_words import ALSO_TOKENS, NO_TOKENS, ONLY_TOKENS
from portal.mail.states import Step

_OK: Final = 200
_TEMPORARY: Final = 400
_FINAL: Final = 500
_END: Final = 600
_GO_AHEAD: Final = 354
_BUSY: Final = {421, 432}
_SIGN_IN_NEEDED: Final = {530, 534, 535, 538}
_DOT_AT_LINE_START = re.compile(rb"^\.", re.MULTILINE)


class Outcome(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    LOGIN_REFUSED = "login_refused"
    COPY_REFUSED = "copy_refused"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the server is given: envelope and bytes, exactly as they were frozen.

    With ``copy_to`` the mail goes there as well, or nowhere.
    """

    sender: str
    recipient: str
    raw: bytes
    copy_to: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the server's own words, and whether it wants to be left alone for a while."""

    outcome: Outcome
    answer: str
    wants_a_pause: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the server, in seconds: for each step, and for its word after the final dot."""

    step: float = 60
    dot: float = 300


@dataclass(frozen=True, slots=True)
class Examination:
    """How far a conversation got that sent nothing, and the words that stopped it, if any did."""

    steps: tuple[Step, ...]
    problem: str = ""


class _Phase(IntEnum):
    """How far the conversation got."""

    GREETING = 1
    ENVELOPE = 2
    COPY = 3
    DOT = 4


class SmtpConversation(Connection):
    """Flask-Mail's connection with an end to its patience, checked certificates, and exact outcomes.

    ``hand_over`` never raises for what the server or the network does; leaving the context says goodbye,
    and whether that works changes nothing. With a ``registration`` it signs in by a token; that may end the
    transaction.
    """

    def __init__(
        self,
        mail: Mail,
        hostname: str,
        patience: Patience = Patience(),
        registration: Registration | None = None,
        ca_file: Path | None = None,
    ) -> None:
        super().__init__(mail)
        self._ca_file = ca_file
        self._registration = registration
        self._hostname = hostname
        self._patience = patience
        self._phase = _Phase.GREETING
        self._steps: list[Step] = []
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is None:
            return
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self._server.quit()
        self._server.close()

    def hand_over(self, letter: Letter) -> Verdict:
        """Take the letter to the server and say what became of it."""
        try:
            code, answer = self._converse(letter)
        except smtplib.SMTPResponseException as error:
            if self._phase is _Phase.DOT:  # a line that is no answer
                return Verdict(Outcome.IN_DOUBT, _words(error.smtp_error))
            return self._judge(error.smtp_code, error.smtp_error)
        except SignInRefused as error:
            return Verdict(Outcome.LOGIN_REFUSED, str(error))
        except NoTokenNow as error:
            return Verdict(Outcome.DEFERRED, str(error), wants_a_pause=True)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            outcome = Outcome.IN_DOUBT if self._phase is _Phase.DOT else Outcome.DEFERRED
            return Verdict(outcome, _words(str(error)))
        return self._judge(code, answer)

    def examine(self, sender: str) -> Examination:
        """Hold a conversation that sends nothing, and say how far it got, and what stopped it."""
        try:
            server = self.configure_host()
            code, answer = server.mail(sender)
            if not _OK <= code < _OK + 100:
                return Examination(tuple(self._steps), f"{code} {_words(answer)}")
            self._steps.append(Step.SENDER_TAKEN)
            server.rset()
        except smtplib.SMTPResponseException as error:
            return Examination(tuple(self._steps), f"{error.smtp_code} {_words(error.smtp_error)}")
        except (SignInRefused, NoTokenNow) as error:
            return Examination(tuple(self._steps), str(error))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return Examination(tuple(self._steps), _words(str(error)) or type(error).__name__)
        return Examination(tuple(self._steps))

    def configure_host(self) -> smtplib.SMTP:
        """Connect and sign in as Flask-Mail's settings say."""
        context = certificates.checking(self._ca_file) if self.mail.use_ssl or self.mail.use_tls else None
        where = (self.mail.server, self.mail.port, self._hostname)
        if self.mail.use_ssl:
            server: smtplib.SMTP = smtplib.SMTP_SSL(*where, context=context, timeout=self._patience.step)
        else:
            server = smtplib.SMTP(*where, timeout=self._patience.step)
        self._server = server
        if server.sock is not None:  # else the final dot waits 40 ms for an acknowledgement of the text
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._steps.append(Step.CONNECTED)
        if self.mail.use_tls:
            server.starttls(context=context)
        if context:
            self._steps.append(Step.ENCRYPTED)
        server.ehlo_or_helo_if_needed()
        if self._registration or (self.mail.username and self.mail.password):
            self._sign_in(server)
            self._steps.append(Step.SIGNED_IN)
        return server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        """Sign in by token or by password, or raise ``SignInRefused`` with the server's words."""
        offered = server.esmtp_features.get("auth", "").split()
        mechanism = sasl.choose(offered)
        if self._registration is None:
            self._sign_in_by_password(server, offered)
        elif mechanism is None:
            raise SignInRefused(f"{NO_TOKENS}, only: {' '.join(offered) or 'nothing'}")
        else:
            known, chosen = self._registration, mechanism
            tokens.sign_in(known, lambda token: self._show(server, known, chosen, token))

    def _sign_in_by_password(self, server: smtplib.SMTP, offered: list[str]) -> None:
        if sasl.takes_no_password(offered):
            raise SignInRefused(f"{ONLY_TOKENS} {' '.join(offered)}")
        try:
            server.login(self.mail.username, self.mail.password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code in _SIGN_IN_NEEDED and (mechanism := sasl.choose(offered)):
                answer = f"{error.smtp_code} {_words(error.smtp_error)}"
                raise SignInRefused(f"{answer} ({ALSO_TOKENS} {mechanism})") from None
            raise

    def _show(self, server: smtplib.SMTP, known: Registration, mechanism: str, token: str) -> None:
        """Show a token to the server; a refusal that may pass by itself raises as any other answer does."""
        exchange = sasl.BearerExchange(
            mechanism, known.username, token, host=self.mail.server, port=self.mail.port
        )
        try:
            server.auth(mechanism, exchange)
        except smtplib.SMTPAuthenticationError as error:
            if not _FINAL <= error.smtp_code < _END:
                raise
            answer = f"{error.smtp_code} {_words(error.smtp_error)}"
            raise SignInRefused(exchange.explain(answer)) from None

    def _converse(self, letter: Letter) -> tuple[int, bytes]:
        """Say what SMTP says, and return the first answer that ends the conversation."""
        server = self.configure_host()
        steps = [
            (_Phase.ENVELOPE, server.mail, letter.sender),
            (_Phase.ENVELOPE, server.rcpt, letter.recipient),
        ]
        if letter.copy_to:
            steps.append((_Phase.COPY, server.rcpt, letter.copy_to))
        for self._phase, say, argument in steps:
            code, answer = say(argument)
            if not _OK <= code < _OK + 100:
                return code, answer
        self._phase = _Phase.ENVELOPE
        code, answer = server.docmd("DATA")
        if code != _GO_AHEAD:
            return code, answer
        server.send(_as_data(letter.raw))
        self._phase = _Phase.DOT
        if server.sock is not None:
            server.sock.settimeout(self._patience.dot)
        server.send(b".\r\n")
        return server.getreply()

    def _judge(self, code: int, answer: bytes | str) -> Verdict:
        """Turn an answer into an outcome; before the envelope it is about us, not about this mail."""
        words = f"{code} {_words(answer)}".strip()
        if self._phase is _Phase.DOT:
            return Verdict(_outcome_of_dot(code), words, code in _BUSY)
        if code in _SIGN_IN_NEEDED:
            return Verdict(Outcome.LOGIN_REFUSED, words)
        if self._phase is _Phase.GREETING:
            return Verdict(Outcome.DEFERRED, words, wants_a_pause=True)
        if self._phase is _Phase.COPY and code not in _BUSY:
            return Verdict(Outcome.COPY_REFUSED, words)
        outcome = Outcome.REFUSED if _FINAL <= code < _END else Outcome.DEFERRED
        return Verdict(outcome, words, code in _BUSY)


def _outcome_of_dot(code: int) -> Outcome:
    if _OK <= code < _OK + 100:
        return Outcome.ACCEPTED
    if _TEMPORARY <= code < _FINAL:
        return Outcome.DEFERRED
    return Outcome.REFUSED if _FINAL <= code < _END else Outcome.IN_DOUBT


def _as_data(raw: bytes) -> bytes:
    """The bytes as SMTP carries them: a dot at the start of a line is doubled, the last line ends."""
    ended = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return _DOT_AT_LINE_START.sub(b"..", ended)


def _words(answer: bytes | str) -> str:
    """The server's words on one line, whatever bytes they are."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:400]
