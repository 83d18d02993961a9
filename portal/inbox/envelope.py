"""What can be told of a raw mail without taking it apart: its header lines, and which mail it is.

One pass, no regular expressions, nothing decoded: what a hostile mail can do to a parser, it cannot do here.
"""

import hashlib
from typing import Final

HEADERS_BYTES: Final = 256 * 1024
# What stays the same whichever way a mail came; trace lines on top of it differ from door to door.
_SAME = (b"message-id", b"from", b"date", b"subject")


def identity_of(raw: bytes) -> str:
    """Return which mail this is: the same for every copy of it, through whichever door it came."""
    head, body = _parted(raw)
    written = dict(reversed(_lines(head)))  # of a header that stands twice, the first
    digest = hashlib.sha256()
    for name in _SAME:
        digest.update(name + b":" + b" ".join(written.get(name, b"").split()) + b"\n")
    digest.update(body.rstrip(b"\n"))
    return digest.hexdigest()


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """Return the header lines as they stand, unfolded, the topmost first; names in lower case."""
    head, _body = _parted(raw)
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _lines(head)]


def _parted(raw: bytes) -> tuple[bytes, bytes]:
    """Part headers from body, with line ends of one kind; a blank or mbox line in front does not count."""
    text = raw.replace(b"\r\n", b"\n").lstrip(b"\n")
    if text.startswith(b"From "):
        text = text.partition(b"\n")[2]
    head, _blank, body = text.partition(b"\n\n")
    return head[:HEADERS_BYTES], body


def _lines(head: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, list[bytes]]] = []
    for line in head.split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            if found:
                found[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(b":")
        if colon:
            found.append((name.strip().lower(), [value.strip()]))
    return [(name, b" ".join(values)) for name, values in found]
