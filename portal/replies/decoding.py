"""From bytes to text: by the declared charset, else as UTF-8, else as what Windows wrote."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from typing import Final

# Codecs that are no charsets of mail, and of which some stall on a few kilobytes.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs"}
)
# What is meant by a name, where programs mean more than it says.
_WIDER: Final = {"iso8859-1": "cp1252", "ascii": "utf-8", "gb2312": "gb18030", "euc_kr": "cp949"}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ud800-\udfff]")
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?")


def decode(data: bytes, charset: str = "") -> str:
    """Return the bytes as text, with line ends as single newlines and without NUL and its like."""
    text = next(_readings(data, charset))
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def decode_value(value: str) -> str:
    """Return what the parser gives for a header as one line of text, its encoded words read."""
    raw = decode(value.encode("utf-8", "surrogateescape")) if not value.isascii() else value
    text = _encoded_words(raw) if _ENCODED_WORD.search(raw) else raw
    return unicodedata.normalize("NFC", " ".join(_CONTROL.sub("", text).split()))


def _encoded_words(raw: str) -> str:
    unfolded = " ".join(raw.split())
    try:
        pieces = decode_header(unfolded)
    except (MessageError, ValueError, LookupError):  # not base64, for one
        return unfolded
    return "".join(
        piece if isinstance(piece, str) else decode(piece, charset or "") for piece, charset in pieces
    )


def _readings(data: bytes, charset: str) -> Iterator[str]:
    for name in (_known(charset), "utf-8", "cp1252"):
        try:
            if name:
                yield data.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    yield data.decode("latin-1")


def _known(charset: str) -> str:
    try:
        name = codecs.lookup(charset.strip("\"' ")[:40]).name
    except (LookupError, ValueError, TypeError):
        return ""
    return "" if name in _NO_CHARSETS else _WIDER.get(name, name)
