"""Identifiers and secrets: random where they must not be guessed, readable where people see them."""

import hashlib
import re
import secrets
import unicodedata

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Return a short kebab-case ASCII form of a name; never empty, never longer than 60."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_SLUG.sub("-", plain).strip("-")[:60].strip("-") or "account"


def random_token() -> str:
    """Return 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """Return what is stored in place of a random token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
