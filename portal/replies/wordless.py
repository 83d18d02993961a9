"""Mails in which nothing is said: reactions, answers to invitations, encrypted ones, and empty ones."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from portal.core.email_addresses import visible
from portal.replies.facts import CalendarAnswer, CutBy, Unpacked
from portal.replies.lines import LONGEST, bare, is_quoted, without_links
from portal.replies.phrases import pattern, starting
from portal.replies.signatures import begins_with_signature, without_signature

_MOST_LINES: Final = 12  # of a mail that only tells of a reaction
_LONGEST_EMOJI: Final = 32
_SMILEYS: Final = re.compile(r":[+\w-]{1,30}:|[:;]-?[)D]")
_JOINERS: Final = "\u200d\ufe0f\ufe0e\u20e3"
_FLAGS_AND_SKIN: Final = range(0x1F1E6, 0x1F400)
_RULES: Final = "-_=*~# \t\n\u2014\u2013\u00a0"
_ARMOUR: Final = re.compile(r"^-{5}BEGIN PGP MESSAGE-{5}", re.MULTILINE)
# Files that come along by themselves; any other is something that somebody wanted us to read.
_INCIDENTAL: Final = re.compile(
    r"image/|text/(?:x-)?v-?card|text/calendar|application/(?:(?:x-)?pkcs7-signature|pgp-(?:signature|keys)|ms-tnef|ics)",
    re.IGNORECASE,
)


def reaction(mail: Unpacked, answer: str) -> str | None:
    """Return the emoji that a reaction consists of, empty if it cannot be seen; None for any other mail."""
    if mail.reaction:
        return mail.reaction
    lines = [line.strip() for line in without_signature(answer)[0].split("\n") if bare(line)]
    told = [line for line in lines if pattern("reacted").search(line[:LONGEST])]
    is_told = bool(told) and len(lines) <= _MOST_LINES and not _other_words(lines, told)
    if is_told or starting("reaction_subject").match(mail.subject):
        return _first_emoji(answer)
    text = " ".join(lines)
    return text[:_LONGEST_EMOJI] if _is_emoji(text) else None


def calendar_answer(mail: Unpacked, answer: str) -> CalendarAnswer | None:
    """Return how an invitation was answered: by a part of the mail, or by its subject if it has no words."""
    if mail.calendar:
        return mail.calendar
    if answer.strip():
        return None
    return next((found for found in CalendarAnswer if _is_called(mail.subject, found)), None)


def _is_called(subject: str, found: CalendarAnswer) -> bool:
    return found is not CalendarAnswer.OTHER and bool(starting(f"calendar_{found}").match(subject))


def is_unreadable(mail: Unpacked, answer: str) -> bool:
    """Tell whether what it says is encrypted."""
    return mail.is_encrypted or bool(_ARMOUR.search(answer) or pattern("protected").search(answer))


def says_nothing(mail: Unpacked, answer: str, cut_by: CutBy) -> bool:
    """Tell whether a mail holds no text of its own, and no file either that was sent to be read."""
    if any(not _INCIDENTAL.match(file.declared_type) for file in mail.attachments):
        return False
    lines = [line for line in answer.split("\n") if line.strip() and not _is_around(line)]
    if cut_by is CutBy.NOTHING_QUOTED and lines and all(map(is_quoted, lines)):
        return True
    text = "\n".join(lines)
    return not visible(text).strip(_RULES) or begins_with_signature(text)


def _is_around(line: str) -> bool:
    """What servers put above and companies below every mail."""
    return bool(
        pattern("external_warning").search(line[:LONGEST]) or pattern("footer").search(line[:LONGEST])
    )


def _other_words(lines: Sequence[str], told: Sequence[str]) -> bool:
    """Tell whether anything is said beside who reacted: an emoji, a link and our subject are nothing."""
    rest = [line for line in lines if line not in told and not _is_emoji(line)]
    return any(without_links(line).strip("<>() .") for line in rest)


def _is_emoji(text: str) -> bool:
    plain = _SMILEYS.sub("\U0001f642", text)
    signs = [letter for letter in plain if not letter.isspace() and letter not in _JOINERS]
    return bool(signs) and all(map(_is_sign, signs))


def _is_sign(letter: str) -> bool:
    return ord(letter) in _FLAGS_AND_SKIN or unicodedata.category(letter) == "So"


def _first_emoji(text: str) -> str:
    """The first emoji with all that belongs to it, such as the colour of a hand."""
    start = next((at for at, letter in enumerate(text) if _is_sign(letter)), None)
    if start is None:
        return ""
    end = start
    while end < len(text) and (_is_sign(text[end]) or text[end] in _JOINERS):
        end += 1
    return text[start:end][:_LONGEST_EMOJI]
