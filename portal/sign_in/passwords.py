"""Passwords: argon2id, long ones welcome, common ones refused."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.agencies.models import Member

_hasher = PasswordHasher()

# What an unknown address is checked against, so that it takes as long as a known one.
_NOBODY = _hasher.hash("nobody has this password")


def set_password(member: Member, password: str) -> None:
    """Store a password's hash."""
    member.password_hash = _hasher.hash(password)


def fits(member: Member | None, password: str) -> bool:
    """Tell whether the password is the member's; takes the same time for nobody."""
    known = member.password_hash if member and member.password_hash else None
    try:
        _hasher.verify(known or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return known is not None
