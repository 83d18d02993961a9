"""Our tokens for mail servers: sealed rows that all workers share, renewed by one of them at a time."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.crypto import CannotDecrypt, Vault
from portal.core.db import AWAY, db
from portal.jobs import work
from portal.mail import oauth
from portal.mail.models import MailToken
from portal.mail.oauth import NoTokenNow, Registration, SignInRefused, Tokens
from portal.mail.sign_in_words import CANNOT_OPEN, NOBODY_SIGNED_IN

EARLY: Final = timedelta(minutes=5)  # before its end, an access token is renewed
LEASE: Final = timedelta(minutes=2)  # longer than the token server may take
PATIENCE: Final = 30.0  # seconds, for the worker that renews it
_LOOK_EVERY: Final = 0.1


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that is good now; ``is_new`` if it was issued just now, for us."""

    value: str = field(repr=False)
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class _Turn:
    """The right to ask the token server, and what to ask with."""

    refresh_token: str = field(repr=False)


def sign_in(known: Registration, attempt: Callable[[str], None]) -> None:
    """Have ``attempt`` show a token to a mail server; a stored one that is refused is replaced, once.

    Ends the transaction, as the token server may be asked. Raises ``SignInRefused`` or ``NoTokenNow``.
    """
    token = access_token(known)
    try:
        attempt(token.value)
    except SignInRefused:
        if token.is_new:
            raise
        with _step():
            _forget(known, token.value)
        attempt(access_token(known).value)


def access_token(known: Registration) -> AccessToken:
    """Return a token that is good for some minutes; one worker at a time has it renewed, others wait."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with _step():
            found = _look(known)
        if isinstance(found, AccessToken):
            return found
        if isinstance(found, _Turn):
            return _renew(known, found)
        if time.monotonic() > deadline:
            raise NoTokenNow("another worker is still asking for a new token")
        time.sleep(_LOOK_EVERY)


def keep_sign_in(known: Registration, tokens: Tokens) -> None:
    """Keep what a person's sign-in gave us, instead of all before it."""
    row = _locked(known.key)
    row.sealed_refresh = _seal(row, "refresh", tokens.refresh)
    _keep_access(row, tokens)


def sealed() -> Sequence[str]:
    """Return the keys of the rows that hold tokens."""
    holds = or_(MailToken.sealed_access.is_not(None), MailToken.sealed_refresh.is_not(None))
    return db.session.scalars(select(MailToken.key).where(holds)).all()


def reseal(key: str) -> bool:
    """Seal a row's tokens with the newest key; return whether that was needed."""
    row, changed = _locked(key), False
    for name in ("access", "refresh"):
        stored: bytes | None = getattr(row, f"sealed_{name}")
        if stored is not None and not _vault().is_current(stored):
            setattr(row, f"sealed_{name}", _seal(row, name, _open(row, name)))
            changed = True
    return changed


@contextmanager
def _step() -> Iterator[None]:
    """One transaction; while the database is away there is no token, which says nothing about a mail."""
    try:
        with work.step():
            yield
    except AWAY as error:
        raise NoTokenNow("the database is away") from error


def _look(known: Registration) -> AccessToken | _Turn | None:
    """Return a token, or the turn to get one, or None while another worker is at it."""
    row, now = _locked(known.key), clock.now()
    is_fresh = row.renew_at is not None and now < row.renew_at
    is_renewed = row.lease_until is not None and now < row.lease_until
    is_good = row.expires_at is not None and now < row.expires_at
    access = _find(row, "access")
    if access and (is_fresh or (is_renewed and is_good)):
        return AccessToken(access)
    if is_renewed:
        return None
    refresh = _find(row, "refresh") if known.is_for_a_person else ""
    if refresh is None:
        raise SignInRefused(CANNOT_OPEN if row.sealed_refresh else NOBODY_SIGNED_IN)
    row.lease_until = now + LEASE
    return _Turn(refresh)


def _renew(known: Registration, turn: _Turn) -> AccessToken:
    try:
        tokens = oauth.ask(known, turn.refresh_token)
    except BaseException:
        with _step():
            _locked(known.key).lease_until = None
        raise
    # Kept before it is used: the old refresh token may be worthless from now on.
    work.insist(lambda: _keep(known, turn, tokens))
    return AccessToken(tokens.access, is_new=True)


def _keep(known: Registration, turn: _Turn, tokens: Tokens) -> None:
    """Keep what was issued, unless somebody signed in meanwhile, or another worker came to a newer one."""
    row = _locked(known.key)
    if known.is_for_a_person:
        if _find(row, "refresh") != turn.refresh_token:
            return
        if tokens.refresh:
            row.sealed_refresh = _seal(row, "refresh", tokens.refresh)
    _keep_access(row, tokens)


def _keep_access(row: MailToken, tokens: Tokens) -> None:
    now = clock.now()
    row.sealed_access, row.lease_until = _seal(row, "access", tokens.access), None
    row.expires_at = now + tokens.lives
    row.renew_at = row.expires_at - min(EARLY, tokens.lives / 2)


def _forget(known: Registration, token: str) -> None:
    """Drop an access token that a mail server refuses, unless a newer one took its place."""
    row = _locked(known.key)
    if _find(row, "access") == token:
        row.sealed_access = row.renew_at = row.expires_at = None


def _locked(key: str) -> MailToken:
    """Return the row of a registration, beginning it; locked, and as it is now."""
    statement = select(MailToken).where(MailToken.key == key).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    found = db.session.scalars(fresh).one_or_none()
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(MailToken(key=key))
    except IntegrityError:
        pass  # somebody was quicker
    return db.session.scalars(fresh).one()


def _seal(row: MailToken, name: str, token: str) -> bytes:
    return _vault().seal(token, belongs_to=f"mail-token:{row.key}:{name}")


def _find(row: MailToken, name: str) -> str | None:
    """Return a token of the row, or None where there is none, or none that our keys open."""
    try:
        return _open(row, name) if getattr(row, f"sealed_{name}") is not None else None
    except CannotDecrypt:
        return None


def _open(row: MailToken, name: str) -> str:
    stored: bytes = getattr(row, f"sealed_{name}")
    return _vault().open(stored, belongs_to=f"mail-token:{row.key}:{name}")


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
