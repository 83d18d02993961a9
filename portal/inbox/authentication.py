"""Whether our own mail server proved who sent a mail.

Anybody can write an Authentication-Results line. Ours is the topmost one that carries our name (RFC 8601, its
authserv-id) and stands above the Received line by which the mail entered our servers: what stands below that
line came along with the mail, and proves nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import authres

from portal.core.email_addresses import ascii_domain

_PARTS: Final = re.compile(r"([\s;=@]+)")
_LONGEST: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Receiver:
    """Our own mail server: under which name it writes, and how many Received lines it puts on a mail."""

    name: str
    hops: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the sender's domain is proved, and by what."""

    is_proved: bool
    words: str = ""


def proof_of(headers: Sequence[tuple[str, str]], sender: str, receiver: Receiver) -> Proof:
    """Tell whether the address ``sender`` is where the mail came from; ``headers`` are topmost first.

    It is if DMARC passes, or a DKIM signature of the sender's domain or of one above it.
    """
    domain = _in_ascii(sender.rpartition("@")[2])
    said = _said_by(receiver, headers)
    if said is None or not domain:
        return Proof(is_proved=False)
    try:
        results = authres.AuthenticationResultsHeader.parse_value(_plain(said)).results
    except authres.AuthResError:
        return Proof(is_proved=False)
    for result in results:
        if result.result == "pass" and _is_about(domain, result):
            return Proof(is_proved=True, words=f"{result.method}=pass")
    return Proof(is_proved=False, words="; ".join(f"{each.method}={each.result}" for each in results)[:200])


def _said_by(receiver: Receiver, headers: Sequence[tuple[str, str]]) -> str | None:
    """Return what our server says: its topmost line, where nobody else could have put one."""
    found, hops = None, 0
    for name, value in headers:
        hops += name == "received"
        if found is None and name == "authentication-results" and _name_in(value) == receiver.name.lower():
            found = value
        if hops == max(receiver.hops, 1):
            return found if receiver.name else None
    return None


def _name_in(value: str) -> str:
    """The authserv-id: the first word, before its version."""
    return (value[:_LONGEST].partition(";")[0].split() or [""])[0].lower()


def _is_about(domain: str, result: authres.core.AuthenticationResult) -> bool:
    said = {f"{each.type}.{each.name}": _in_ascii(str(each.value).strip('"')) for each in result.properties}
    if result.method == "dmarc":
        return said.get("header.from", domain) == domain
    if result.method == "dkim":
        signed_by = said.get("header.d", "")
        return "." in signed_by and f".{domain}".endswith(f".{signed_by}")
    return False


def _plain(said: str) -> str:
    """The same with every domain in ASCII; servers that take Unicode in headers may write it there."""
    if said.isascii():
        return said
    text = said.encode("latin-1", "replace").decode("utf-8", "replace")  # headers are read byte by byte
    return "".join(ascii_domain(part) or part for part in _PARTS.split(text))


def _in_ascii(domain: str) -> str:
    """A domain as it is compared; what is none stays as it is, in lower case."""
    return ascii_domain(domain) or domain.lower()
