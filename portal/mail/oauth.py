"""Asking Microsoft or Google for the tokens that mail servers take instead of a password."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Client
from pydantic import SecretStr

from portal.config import Direction, OAuthKind, Settings

_MICROSOFT: Final = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_TOKEN_URLS: Final = {
    OAuthKind.MICROSOFT_APP: _MICROSOFT,
    OAuthKind.MICROSOFT: _MICROSOFT,
    OAuthKind.GOOGLE: "https://oauth2.googleapis.com/token",
}
_GOOGLE_AUTHORIZES: Final = "https://accounts.google.com/o/oauth2/v2/auth"
_SCOPES: Final = {
    OAuthKind.MICROSOFT_APP: "https://outlook.office365.com/.default",
    OAuthKind.MICROSOFT: "offline_access https://outlook.office.com/IMAP.AccessAsUser.All "
    "https://outlook.office.com/SMTP.Send",
    OAuthKind.GOOGLE: "https://mail.google.com/",
}
REDIRECT_URL: Final = "http://localhost"  # nothing listens there: the address is copied from the browser
SECONDS: Final = 20.0  # for the token server to answer
SHORTEST: Final = timedelta(minutes=5)  # how long a token is taken to live that does not say so
_TEMPORARY: Final = {"temporarily_unavailable", "server_error", "slow_down"}
_TRY_LATER: Final = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS}
_LONGEST: Final = 400


class SignInRefused(Exception):
    """The server refuses our sign-in, or there is nothing to sign in with: a person must do something."""


class NoTokenNow(Exception):
    """There is no token at the moment; later there may be."""


class _Answered(Exception):
    """The token server answered with an error."""

    def __init__(self, error: str = "", description: str | None = None, **_further: object) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Registration:
    """How the portal is registered with Microsoft or Google, and which mailbox it signs in to."""

    kind: OAuthKind
    username: str
    client_id: str
    client_secret: SecretStr
    token_url: str
    scope: str

    @property
    def is_for_a_person(self) -> bool:
        """Whether somebody must have signed in to the mailbox once, which gave us a refresh token."""
        return self.kind is not OAuthKind.MICROSOFT_APP

    @property
    def key(self) -> str:
        """What names the tokens that are ours by this registration; an app's are good for every mailbox."""
        whose = self.username.lower() if self.is_for_a_person else ""
        parts = (self.kind, self.token_url, self.client_id, self.scope, whose)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token server gave us; ``refresh`` is empty where the one we have stays good."""

    access: str = field(repr=False)
    lives: timedelta
    refresh: str = field(default="", repr=False)


def registration(settings: Settings, direction: Direction) -> Registration | None:
    """Return how the portal signs in with OAuth for one direction, or None where it does not."""
    kind = settings.oauth_kind(direction)
    if kind is OAuthKind.NONE:
        return None
    detail = settings.oauth_details(direction)
    return Registration(
        kind=kind,
        username=settings.text(f"{direction}_username"),
        client_id=detail["client_id"],
        client_secret=SecretStr(detail["client_secret"]),
        token_url=detail["token_url"] or _TOKEN_URLS[kind].format(tenant=detail["tenant"]),
        scope=detail["scope"] or _SCOPES[kind],
    )


def ask(known: Registration, refresh_token: str = "") -> Tokens:
    """Ask for an access token; raises ``SignInRefused`` or ``NoTokenNow``."""
    grant = (
        {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if known.is_for_a_person
        else {"grant_type": "client_credentials"}
    )
    return _asked(known, lambda client: _fetch(client, known, **grant), refresh_token)


def authorization_url(known: Registration, verifier: str) -> tuple[str, str]:
    """Return the address where a person lets us into the mailbox, and the state that comes back with it."""
    is_google = known.kind is OAuthKind.GOOGLE
    url = _GOOGLE_AUTHORIZES if is_google else known.token_url.removesuffix("/token") + "/authorize"
    extras = {"access_type": "offline", "prompt": "consent"} if is_google else {"prompt": "select_account"}
    with httpx.Client() as session:
        created: tuple[str, str] = _client(known, session).create_authorization_url(
            url, code_verifier=verifier, login_hint=known.username, **extras
        )
    return created


def redeem(known: Registration, address: str, state: str, verifier: str) -> Tokens:
    """Turn the address that the person's browser was sent to into tokens; raises like ``ask``."""
    told = parse_qs(urlsplit(address).query)
    if "code" not in told:
        raise SignInRefused(cut(" ".join(told.get("error", [])) or "there is no code in this address"))

    def fetch(client: OAuth2Client) -> dict[str, Any]:
        return _fetch(client, known, authorization_response=address, state=state, code_verifier=verifier)

    return _asked(known, fetch)


def new_verifier() -> str:
    """Return a random word that proves, when the code is redeemed, that we asked for it (PKCE)."""
    verifier: str = generate_token(64)
    return verifier


def _asked(
    known: Registration, fetch: Callable[[OAuth2Client], dict[str, Any]], refresh_token: str = ""
) -> Tokens:
    secrets = (known.client_secret.get_secret_value(), refresh_token)
    try:
        with httpx.Client(timeout=SECONDS) as session:
            return _as_tokens(fetch(_client(known, session)))
    except _Answered as error:
        raise (NoTokenNow if error.error in _TEMPORARY else SignInRefused)(cut(error, *secrets)) from None
    except AuthlibBaseError as error:  # the address does not belong to this sign-in
        raise SignInRefused(cut(error, *secrets)) from None
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        is_final = httpx.codes.is_client_error(status) and status not in _TRY_LATER
        words = f"the token server answers {status} at {known.token_url}"
        raise (SignInRefused if is_final else NoTokenNow)(words) from None
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NoTokenNow(f"no token from {known.token_url}: {cut(error, *secrets)}") from None


def _client(known: Registration, session: httpx.Client) -> OAuth2Client:
    """Authlib's client on a session of ours: its own for HTTPX needs another library than the portal's."""
    client = OAuth2Client(
        session,
        client_id=known.client_id,
        scope=known.scope,
        redirect_uri=REDIRECT_URL,
        code_challenge_method="S256",
    )
    client.oauth_error_class = _Answered  # Authlib's own refuses the line breaks of Microsoft's descriptions
    return client


def _fetch(client: OAuth2Client, known: Registration, **asked: str) -> dict[str, Any]:
    """Ask, with our name and secret in the body, where both vendors take them."""
    named = {"client_id": known.client_id, "client_secret": known.client_secret.get_secret_value()}
    answer: dict[str, Any] = client.fetch_token(
        known.token_url, auth=_as_it_is, **{name: value for name, value in (named | asked).items() if value}
    )
    return answer


def _as_it_is(request: httpx.Request) -> httpx.Request:
    return request


def _as_tokens(answer: dict[str, Any]) -> Tokens:
    seconds = answer.get("expires_in")
    lives = timedelta(seconds=float(seconds)) if seconds else SHORTEST
    return Tokens(str(answer["access_token"]), lives, str(answer.get("refresh_token") or ""))


def cut(words: object, *secrets: str) -> str:
    """Return words on one line, not too long, and without secrets."""
    text = re.sub(r"\s+", " ", str(words) or type(words).__name__).strip()
    for secret in filter(None, secrets):
        text = text.replace(secret, "[cut]")
    return text[:_LONGEST]
