"""Encryption at rest: AES-256-GCM, bound to what it belongs to, with keys that can be rotated."""

import base64
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.errors import PortalError
from portal.core.texts import _l

NONCE_BYTES = 12
KEY_ID_BYTES = 4


class CannotDecrypt(PortalError):
    """No key at hand opens this, or it belongs to something else."""

    message = _l("A stored secret cannot be opened with the keys in the settings. Nothing was changed.")


class Vault:
    """Seals and opens secrets; the first key seals, every key opens."""

    def __init__(self, keys: Sequence[str]) -> None:
        raw = [base64.b64decode(key) for key in keys]
        self._current = _key_id(raw[0])
        self._ciphers = {_key_id(key): AESGCM(key) for key in raw}

    def seal(self, secret: str, *, belongs_to: str) -> bytes:
        """Encrypt a text; ``belongs_to`` must be repeated to open it."""
        nonce = os.urandom(NONCE_BYTES)
        body = self._ciphers[self._current].encrypt(nonce, secret.encode(), belongs_to.encode())
        return self._current + nonce + body

    def open(self, sealed: bytes, *, belongs_to: str) -> str:
        """Decrypt what ``seal`` made, or raise ``CannotDecrypt``."""
        cipher = self._ciphers.get(sealed[:KEY_ID_BYTES])
        if cipher is None:
            raise CannotDecrypt
        nonce, body = sealed[KEY_ID_BYTES:][:NONCE_BYTES], sealed[KEY_ID_BYTES + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, belongs_to.encode()).decode()
        except (InvalidTag, ValueError):  # the latter where it was cut short
            raise CannotDecrypt from None

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether the newest key sealed this."""
        return sealed[:KEY_ID_BYTES] == self._current


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id" + key).digest()[:KEY_ID_BYTES]
