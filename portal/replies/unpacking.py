"""A mail taken apart, inside the child: headers, text, HTML, attachments, within limits."""

import mimetypes
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import Compat32
from typing import Any, Final

from portal.replies import bounces, enclosures, headers, limits
from portal.replies.decoding import decode, decode_value
from portal.replies.facts import Attachment, Problem, Unpacked
from portal.replies.flowed import unfold
from portal.replies.headers import Part
from portal.replies.markup import escaped, plain_text

_BLANK: Final = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_LEADING: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n\0 ]*(?:>?From [^\r\n]*\r?\n)?")
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
_NAME_LENGTH: Final = 120


class Unreadable(Exception):
    """The mail is beyond a limit; ``problem`` says which."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _Careful(Compat32):
    """The parser's oldest and plainest policy, with every header cut to a length it cannot stall on."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Take a header's lines, and no more of them than may be looked at."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[: limits.HEADER_BYTES]

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the parser's own signature
        """Return a header as it stands, odd bytes and all; ``decoding`` knows what to do with them."""
        return value


def unpack(raw: bytes) -> Unpacked:
    """Take a mail apart, or raise ``Unreadable``."""
    if len(raw) > limits.RAW_BYTES:
        raise Unreadable(Problem.TOO_LARGE)
    message = _parse(raw)
    _refuse_mazes(message)
    bodies, attachments = _sorted_out(message)
    text, html = _text(bodies), _html(bodies)
    return Unpacked(
        message_id=next(iter(headers.ids(message, "Message-ID")), ""),
        in_reply_to=headers.ids(message, "In-Reply-To"),
        references=headers.ids(message, "References"),
        author=headers.addresses(message, "From"),
        sender=headers.addresses(message, "Sender"),
        reply_to=headers.addresses(message, "Reply-To"),
        to=headers.addresses(message, "To"),
        cc=headers.addresses(message, "Cc"),
        envelope_to=headers.envelope(message),
        return_path=headers.return_path(message),
        sent_at=headers.moment(message),
        subject=headers.value(message, "Subject"),
        language=headers.value(message, "Content-Language"),
        authentication_results=headers.values(message, "Authentication-Results"),
        own_id=headers.value(message, headers.OWN_HEADER),
        hops=len(headers.raw_values(message, "Received")),
        automatic=headers.automatic(message),
        text=text[: limits.TEXT_BYTES],
        html=html[: limits.TEXT_BYTES],
        attachments=tuple(attachments),
        bounce=bounces.find(message, text or plain_text(html[: limits.TEXT_BYTES]), raw),
        reaction=enclosures.find_reaction(message),
        calendar=enclosures.find_calendar_answer(message),
        is_encrypted=enclosures.is_encrypted(message),
        is_cut=max(len(text), len(html)) > limits.TEXT_BYTES,
    )


def _parse(raw: bytes) -> Part:
    """Parse what follows a blank line or the line of an mbox at the start, if it is a mail at all."""
    start = _LEADING.match(raw)
    mail = raw[start.end() :] if start else raw
    end = _BLANK.search(mail)
    if (end.start() if end else len(mail)) > limits.HEADERS_BYTES:
        raise Unreadable(Problem.TOO_MANY_HEADERS)
    message: Part = BytesParser(policy=_Careful()).parsebytes(mail)
    if not any(message[name] for name in ("From", "To", "Date", "Message-ID", "Subject", "Received")):
        raise Unreadable(Problem.BROKEN)
    return message


def _refuse_mazes(message: Part) -> None:
    """Look at every part once, those of mails within the mail too."""
    waiting, seen = [(message, 1)], 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > limits.PARTS:
            raise Unreadable(Problem.TOO_MANY_PARTS)
        if depth > limits.DEPTH:
            raise Unreadable(Problem.TOO_DEEP)
        if sum(len(name) + len(value) for name, value in part.raw_items()) > limits.HEADERS_BYTES:
            raise Unreadable(Problem.TOO_MANY_HEADERS)
        waiting.extend((inner, depth + 1) for inner in _inner(part))


def _inner(part: Part) -> list[Part]:
    payload: Any = part.get_payload() if part.is_multipart() else []  # else it decodes, which may stall
    return payload if isinstance(payload, list) else []


@dataclass(slots=True)
class _Body:
    """One piece of what is read, in one form or in two."""

    plain: str = ""
    html: str = ""


def _sorted_out(message: Part) -> tuple[list[_Body], list[Attachment]]:
    """What is read, and what comes along."""
    bodies: dict[int, _Body] = {}
    attachments: list[Attachment] = []
    for part, alternative in _leaves(message):
        kind = _kind(part)
        if kind in {"text/plain", "text/html"} and not _is_file(part):
            body = bodies.setdefault(alternative or id(part), _Body())
            if kind == "text/plain":
                body.plain += _decoded(part)
            else:
                body.html += _decoded(part)
        elif kind not in {"message/delivery-status", enclosures.REACTION}:
            attachments.append(_attachment(part, kind, len(attachments) + 1))
    return list(bodies.values()), attachments


def _leaves(message: Part) -> Iterator[tuple[Part, int]]:
    """The parts that hold something, in order, each with the alternative it belongs to, or 0."""
    waiting = [(message, 0)]
    while waiting:
        part, alternative = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            inside = (
                id(part) if part.get_content_subtype() == "alternative" and not alternative else alternative
            )
            waiting.extend((inner, inside) for inner in reversed(_inner(part)))
        else:
            yield part, alternative


def _kind(part: Part) -> str:
    """Its type; what claims to have parts but has none is plain text."""
    kind = part.get_content_type()
    return "text/plain" if kind.startswith("multipart/") else kind


def _is_file(part: Part) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _decoded(part: Part) -> str:
    data = part.get_payload(decode=True)
    text = decode(data if isinstance(data, bytes) else b"", _parameter(part, "charset"))
    text = text[: limits.TEXT_BYTES + 1]  # one more, so that the cut is seen
    if _parameter(part, "format").lower() == "flowed":
        return unfold(text, removes_space=_parameter(part, "delsp").lower() == "yes")
    return text


def _parameter(part: Part, name: str) -> str:
    try:
        found = part.get_param(name, "")
    except (ValueError, LookupError, TypeError):
        return ""
    return str(found[2] if isinstance(found, tuple) else found or "")


def _attachment(part: Part, kind: str, number: int) -> Attachment:
    inner = _inner(part)
    data = inner[0].as_bytes() if inner else part.get_payload(decode=True)
    ending = ".eml" if inner else mimetypes.guess_extension(kind) or ".bin"
    return Attachment(
        name=_safe(_file_name(part)) or f"attachment-{number}{ending}",
        declared_type=kind,
        content=data if isinstance(data, bytes) else b"",
        is_inline=part.get_content_disposition() == "inline" or "Content-ID" in part,
    )


def _file_name(part: Part) -> str:
    """Its name as RFC 2231 or anything less tidy writes it, raw bytes among the rest."""
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        try:
            found = part.get_param(name, "", header)
            if isinstance(found, tuple):  # the parser took it apart, but does not know what bytes it holds
                found = decode(found[2].encode("latin-1", "surrogateescape"), found[0] or "")
        except (ValueError, LookupError, TypeError):
            continue
        if found:
            return decode_value(found)
    return ""


def _safe(name: str) -> str:
    """A name that is a file in this folder, and looks like what it is."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(". _")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[: _NAME_LENGTH - 12]}{dot}{ending[:11]}" if stem else plain[:_NAME_LENGTH]


def _text(bodies: list[_Body]) -> str:
    """The plain text; of pieces in HTML alone their text, unless there is nothing else."""
    if not any(body.plain.strip() for body in bodies):
        return ""
    return "\n".join(body.plain if body.plain.strip() else plain_text(body.html) for body in bodies)


def _html(bodies: list[_Body]) -> str:
    if not any(body.html for body in bodies):
        return ""
    return "\n".join(body.html or escaped(body.plain) for body in bodies)
