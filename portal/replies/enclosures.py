"""Parts of a mail that say without words what it is: a reaction, a calendar answer, or what is encrypted."""

import json
import re
from collections.abc import Iterator
from typing import Final

from portal.replies.decoding import decode
from portal.replies.facts import CalendarAnswer
from portal.replies.headers import Part, value

REACTION: Final = "text/vnd.google.email-reaction+json"  # Gmail's, and of whoever follows it
_MOST_BYTES: Final = 20_000  # of such a part that are looked at
_LONGEST_EMOJI: Final = 32
_FOLDED: Final = re.compile(r"\r?\n[ \t]")
_METHOD: Final = re.compile(r"^METHOD:(\w+)", re.IGNORECASE | re.MULTILINE)
_STATUS: Final = re.compile(r"PARTSTAT=\"?([\w-]+)", re.IGNORECASE)
_ENCRYPTED: Final = frozenset(
    {
        "multipart/encrypted",
        "application/pgp-encrypted",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/x-microsoft-rpmsg-message",
    }
)
_ANSWERS: Final = {
    "accepted": CalendarAnswer.ACCEPTED,
    "declined": CalendarAnswer.DECLINED,
    "tentative": CalendarAnswer.TENTATIVE,
}


def find_reaction(message: Part) -> str:
    """Return the emoji that somebody reacted with, or nothing."""
    for part in _parts(message, REACTION):
        try:
            said = json.loads(_content(part))
        except (ValueError, RecursionError):
            continue
        emoji = said.get("emoji") if isinstance(said, dict) else None
        if isinstance(emoji, str) and emoji.strip():
            return emoji.strip()[:_LONGEST_EMOJI]
    return ""


def find_calendar_answer(message: Part) -> CalendarAnswer | None:
    """Return how somebody answered an invitation, or None."""
    for part in _parts(message, "text/calendar"):
        text = _FOLDED.sub("", _content(part))
        method = _METHOD.search(text)
        if method and method[1].upper() == "REPLY":
            status = _STATUS.search(text)
            return _ANSWERS.get(status[1].lower() if status else "", CalendarAnswer.OTHER)
    return None


def is_encrypted(message: Part) -> bool:
    """Tell whether the mail, or what it consists of, can be read by its receiver's keys alone."""
    return any(part.get_content_type() in _ENCRYPTED for part in message.walk())


def _parts(message: Part, kind: str) -> Iterator[Part]:
    for part in message.walk():
        is_file = value(part, "Content-Disposition").lower().startswith("attachment")
        if part.get_content_type() == kind and not part.is_multipart() and not (kind == REACTION and is_file):
            yield part


def _content(part: Part) -> str:
    data = part.get_payload(decode=True)
    return decode(data[:_MOST_BYTES] if isinstance(data, bytes) else b"", "utf-8")
