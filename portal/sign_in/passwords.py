"""Passwords: argon2id, long ones welcome; how they are stored and compared."""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.agencies.models import Member

hasher = PasswordHasher()  # a module's variable, so that tests can do with cheaper parameters


def set_password(member: Member, password: str) -> None:
    """Store a password's hash."""
    member.password_hash = hasher.hash(_same(password))


def fits(stored: str | None, password: str) -> bool:
    """Tell whether a password is the stored one; takes the same time where nothing is stored."""
    try:
        hasher.verify(stored or _nobody(hasher), _same(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def renew(member: Member, password: str) -> None:
    """Store a password that fits anew if its hash was made with parameters of the past."""
    if member.password_hash and hasher.check_needs_rehash(member.password_hash):
        set_password(member, password)


def _same(password: str) -> str:
    """Return one and the same text for what looks the same, whatever keyboard it came from."""
    return unicodedata.normalize("NFKC", password.strip())


@lru_cache(maxsize=2)
def _nobody(by: PasswordHasher) -> str:
    """Return what unknown addresses are compared with, so that they take as long as known ones."""
    return by.hash("nobody has this password")
