"""Header lines and addresses as SMTP takes them.

Python's own folding adds and drops spaces around encoded words and decodes what only looks like one, so the
few headers a mail has are written here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import Header
from email.utils import quote
from typing import Final

from portal.core import email_addresses
from portal.core.errors import BadInput
from portal.core.texts import _l

_MAX_VALUE: Final = 900
_MAX_NAME: Final = 200
# CR, LF and NUL, and every other character that some program takes for a line end or cannot send.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")


class MessageRefused(BadInput):
    """This would not be a safe or valid message; nothing was built."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and a mail address; the name may be in any script, or empty."""

    name: str
    address: str


def header_bytes(headers: Mapping[str, str | Mailbox]) -> bytes:
    """The headers as they stand in the message; raises ``MessageRefused`` naming the one that is wrong."""
    lines = []
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise MessageRefused(_l("%(name)s is not the name of a header.", name=repr(name)))
        written = _mailbox(name, value) if isinstance(value, Mailbox) else _text(name, value)
        lines.append(f"{name}: {written}\r\n")
    return "".join(lines).encode("ascii")


def ascii_address(address: str) -> str:
    """The address as SMTP takes it, its domain in ASCII; raises ``MessageRefused`` when it is not one."""
    local, _at, domain = address.rpartition("@")
    if not email_addresses.is_local_part(local):
        raise MessageRefused(_l("%(address)s is not an address mail can be sent to.", address=repr(address)))
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """The domain in lower case and ASCII; raises ``MessageRefused`` when it is not one."""
    encoded = email_addresses.ascii_domain(domain)
    if not encoded:
        raise MessageRefused(_l("%(domain)s is not a domain mail can be sent to.", domain=repr(domain)))
    return encoded


def _mailbox(header: str, mailbox: Mailbox) -> str:
    address = ascii_address(mailbox.address)
    name = " ".join(_checked(header, mailbox.name).split())[:_MAX_NAME]
    if not name:
        return address
    written = _words(header, name) if _must_be_encoded(name) else f'"{quote(name)}"'
    return f"{written} <{address}>"


def _text(header: str, value: str) -> str:
    text = _checked(header, value).strip()
    return _words(header, text) if _must_be_encoded(text) else text


def _must_be_encoded(text: str) -> bool:
    """Text that looks like an encoded word is encoded too, or its reader would see something else."""
    return not text.isascii() or "=?" in text


def _words(header: str, text: str) -> str:
    """The text as encoded words (RFC 2047), as many lines as it takes."""
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _checked(header: str, value: str) -> str:
    """Refuse what would end a header early and begin another."""
    if _FORBIDDEN.search(value):
        raise MessageRefused(_l("%(name)s holds a line end or another control character.", name=header))
    if len(value) > _MAX_VALUE:
        raise MessageRefused(_l("%(name)s is too long for a mail.", name=header))
    return value
