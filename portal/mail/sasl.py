"""The conversation in which a mail server is shown a token: XOAUTH2, or OAUTHBEARER (RFC 7628)."""

import base64
import json
from collections.abc import Iterable
from typing import Final

from portal.mail.oauth import cut

XOAUTH2: Final = "XOAUTH2"
OAUTHBEARER: Final = "OAUTHBEARER"
BEARERS: Final = (XOAUTH2, OAUTHBEARER)  # in the order in which we would rather speak them
_FOR_PASSWORDS: Final = {"PLAIN", "LOGIN", "CRAM-MD5"}


class BearerExchange:
    """What we say, in turn: first the token; to a refusal what the mechanism asks for, so that it can end.

    ``reason`` is then what the server said in its refusal. Called by ``smtplib`` and by ``imaplib``.
    """

    def __init__(self, mechanism: str, username: str, token: str, *, host: str, port: int) -> None:
        bearer = f"auth=Bearer {token}\1\1"
        if mechanism == XOAUTH2:
            self._first, self._last = f"user={username}\1{bearer}", ""
        else:
            self._first = f"n,a={_escaped(username)},\1host={host}\1port={port}\1{bearer}"
            self._last = "\1"
        self._token = token
        self._has_spoken = False
        self.reason = ""

    def __call__(self, challenge: bytes | None = None) -> str:
        """Return the next thing to say."""
        if not self._has_spoken:
            self._has_spoken = True
            return self._first
        self.reason = _read(challenge or b"")
        return self._last

    def explain(self, words: str) -> str:
        """Return the server's last words with the reason it gave before, and without what we told it."""
        told = base64.b64encode(self._first.encode()).decode()
        both = f"{words} ({self.reason})" if self.reason else words
        return cut(both, self._token, told)


def choose(offered: Iterable[str]) -> str | None:
    """Return the mechanism to speak among those that a server offers, or None if it takes no tokens."""
    there = {mechanism.upper() for mechanism in offered}
    return next((mechanism for mechanism in BEARERS if mechanism in there), None)


def takes_no_password(offered: Iterable[str]) -> bool:
    """Tell whether a server offers to take tokens and nothing else."""
    there = {mechanism.upper() for mechanism in offered}
    return bool(there & set(BEARERS)) and not there & _FOR_PASSWORDS


def _escaped(username: str) -> str:
    return username.replace("=", "=3D").replace(",", "=2C")


def _read(challenge: bytes) -> str:
    """Return the JSON of a refusal as words."""
    try:
        told = json.loads(challenge)
    except ValueError:
        return cut(challenge.decode(errors="replace"))
    if not isinstance(told, dict):
        return cut(told)
    return cut(", ".join(f"{name} {value}" for name, value in told.items()))
