"""Notices that a mail did not arrive: whom it was for, whether that is final, and what the server said."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.utils import parseaddr
from functools import cache
from typing import Any, Final

from flufl.bounce import all_failures

from portal.core.email_addresses import canonical, find_addresses
from portal.replies import headers
from portal.replies.facts import Bounce
from portal.replies.headers import Part
from portal.replies.phrases import pattern

_REPORTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DAEMONS: Final = re.compile(
    r"^(?:mailer-?daemon|mail-?daemon|postmaster|mdaemon|bounces?|mail-?delivery(?:-?subsystem)?|"
    r"microsoftexchange[0-9a-f]+|maildelivery|amavis(?:d-new)?|symantec_antivirus.*)$",
    re.IGNORECASE,
)
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE: Final = re.compile(r"(?<![\d.])([45]\d\d)[ -](?=[A-Za-z#<\d])")
_ANSWERS: Final = re.compile(r"\s*(?:re|aw|sv|antw|rv)\s*:", re.IGNORECASE)
_DIAGNOSTIC_LENGTH: Final = 500
_BEGINNING: Final = 600  # characters in which a notice says what it is
_SEARCHED: Final = 20_000  # characters of the notice, before what it returns


def find(message: Part, text: str, raw: bytes) -> Bounce | None:
    """Return what a notice says, or None where the mail is none."""
    blocks = list(_blocks(message))
    if blocks:
        return _from_report(blocks)
    is_receipt = "disposition-notification" in headers.value(message, "Content-Type").lower()
    if is_receipt or not (_looks_like_one(message) or _reads_like_one(message, text[:_SEARCHED])):
        return None
    return _from_words(message, text[:_SEARCHED], raw[:_SEARCHED])


def _blocks(message: Part) -> Iterator[Part]:
    """What RFC 3464 says about each recipient."""
    for part in message.walk():
        if part.get_content_type() in _REPORTS and part.is_multipart():
            blocks: list[Part] = part.get_payload()  # type: ignore[assignment]
            yield from (block for block in blocks if "Action" in block or "Final-Recipient" in block)


def _from_report(blocks: list[Part]) -> Bounce | None:
    """A report that all went well is no bounce."""
    failed = [
        block for block in blocks if headers.value(block, "Action").lower().startswith(("fail", "error"))
    ]
    late = [block for block in blocks if headers.value(block, "Action").lower().startswith("delay")]
    told = failed or late
    if not told:
        return None
    status = next((found for block in told if (found := _status(block))), "")
    return Bounce(
        addresses=tuple(dict.fromkeys(filter(None, map(_recipient, told)))),
        is_final=bool(failed) and not status.startswith("4."),
        status=status,
        diagnostic=next(filter(None, map(_diagnostic, told)), ""),
    )


def _status(block: Part) -> str:
    found = _STATUS.search(headers.value(block, "Status"))
    return found.group(1) if found else ""


def _recipient(block: Part) -> str:
    for name in ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient"):
        found = find_addresses(headers.value(block, name))
        if found:
            return found[0].address
    return ""


def _diagnostic(block: Part) -> str:
    return headers.value(block, "Diagnostic-Code")[:_DIAGNOSTIC_LENGTH]


def _looks_like_one(message: Part) -> bool:
    """By who writes, or by what it is called; a person who answers a notice is neither."""
    author = parseaddr(headers.value(message, "From"))[1].partition("@")[0]
    subject = headers.value(message, "Subject")
    if headers.raw_values(message, "X-Failed-Recipients"):
        return True
    if _DAEMONS.match(author):
        return headers.return_path(message) == "" or not _ANSWERS.match(subject)
    return bool(pattern("bounce_subject").match(subject))


def _reads_like_one(message: Part, text: str) -> bool:
    """By its first words; in an answer to us they only count with what a server said."""
    if not _first_words().match(text[:_BEGINNING]):
        return False
    is_answer = bool(_ANSWERS.match(headers.value(message, "Subject")))
    return not is_answer or bool(_STATUS.search(text) or _CODE.search(text))


@cache
def _first_words() -> re.Pattern[str]:
    greeting = rf"(?:(?:{pattern('greeting').pattern})[^\n]{{0,60}}\n\W*)?"
    return re.compile(rf"\W*{greeting}(?:{pattern('not_delivered').pattern})", re.IGNORECASE)


def _from_words(message: Part, text: str, raw: bytes) -> Bounce:
    """What the notice says in its own words; nobody has agreed on which."""
    temporary, permanent = _library(raw)
    named = [found.address for found in find_addresses(headers.value(message, "X-Failed-Recipients"))]
    status, code = _STATUS.search(text), _CODE.search(text)
    kind = status.group(1)[0] if status else code.group(1)[0] if code else ""
    line = next(
        (line.strip() for line in text.splitlines() if _STATUS.search(line) or _CODE.search(line)), ""
    )
    return Bounce(
        addresses=permanent or temporary or tuple(dict.fromkeys(named)),
        is_final=bool(permanent or named or kind == "5") and kind != "4",
        status=status.group(1) if status else "",
        diagnostic=line[:_DIAGNOSTIC_LENGTH],
    )


def _library(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask those who collected the words of many servers; what they stumble over they do not know.

    They get its beginning alone: some of their patterns take minutes for a long line.
    """
    try:
        temporary, permanent = all_failures(message_from_bytes(raw))
    except Exception:  # noqa: BLE001 - its detectors raise whatever hostile mails provoke
        return (), ()
    return _plain(temporary), _plain(permanent)


def _plain(found: Any) -> tuple[str, ...]:
    return tuple(sorted(canonical(address.decode("ascii", "replace")) for address in found if address))
