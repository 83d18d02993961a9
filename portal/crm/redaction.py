"""Cuts secrets out of what a CRM said, so that it can be kept, logged and shown."""

import re
from collections.abc import Mapping, Sequence

CUT = "[cut]"

MAX_TEXT = 500
MAX_ITEMS = 20
MAX_DEPTH = 6

_SECRET_NAME = re.compile(r"token|authorization|secret|password|credential|cookie|api.?key", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BEARER = re.compile(r"(?i)\bbearer\s+\S+")
_TOKEN_SHAPED = re.compile(r"\bpat-[\w-]{8,}|[A-Za-z0-9_+=-]{24,}")


def without_secrets(value: object, secret: str, *, depth: int = 0) -> object:
    """Return a copy of a JSON value without ``secret``, or anything that is named or looks like one."""
    if isinstance(value, str):
        return _clean_text(value, secret)
    if isinstance(value, bool | int | float) or value is None:
        return value
    if depth >= MAX_DEPTH:
        return CUT
    if isinstance(value, Mapping):
        return {
            _clean_text(str(key), secret): CUT
            if _SECRET_NAME.search(str(key))
            else without_secrets(item, secret, depth=depth + 1)
            for key, item in list(value.items())[:MAX_ITEMS]
        }
    if isinstance(value, Sequence):
        return [without_secrets(item, secret, depth=depth + 1) for item in value[:MAX_ITEMS]]
    return CUT


def _clean_text(text: str, secret: str) -> str:
    """Cut the known secret first, then whatever has a token's shape, then the length."""
    known = text.replace(secret, CUT) if secret else text
    unnamed = _BEARER.sub(CUT, known)
    return _TOKEN_SHAPED.sub(_cut_unless_harmless, unnamed)[:MAX_TEXT]


def _cut_unless_harmless(match: re.Match[str]) -> str:
    """Keep ids of log entries and words in capitals; only a mix of digits and letters is a secret."""
    found = match.group()
    is_mixed = any(char.isdigit() for char in found) and any(char.isalpha() for char in found)
    return CUT if is_mixed and not _UUID.fullmatch(found) else found
