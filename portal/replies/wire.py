"""How this process and the one that reads mails talk: a letter, a length, and that many bytes."""

import struct
from enum import StrEnum
from typing import IO, Final

from pydantic import TypeAdapter

from portal.replies.facts import Attachment, FoundList, JobRoleWords, Question, Reading, Unpacked

_HEAD: Final = struct.Struct(">cI")

UNPACKED: Final = TypeAdapter(Unpacked)
READING: Final = TypeAdapter(Reading)
QUESTION: Final = TypeAdapter(tuple[Unpacked, Question])
LIST: Final = TypeAdapter(tuple[Attachment, tuple[JobRoleWords, ...]])
FOUND_LIST: Final = TypeAdapter(FoundList)


class Letter(StrEnum):
    """What the bytes are."""

    READY = "."
    UNPACK = "u"
    READ = "r"
    LIST = "l"
    RESULT = "="
    PROBLEM = "!"


class Closed(Exception):
    """The other end is gone."""


def send(pipe: IO[bytes], letter: Letter, payload: bytes = b"") -> None:
    """Write one frame; raises ``Closed``."""
    try:
        pipe.write(_HEAD.pack(letter.encode(), len(payload)))
        pipe.write(payload)
        pipe.flush()
    except (OSError, ValueError) as error:
        raise Closed from error


def receive(pipe: IO[bytes]) -> tuple[Letter, bytes]:
    """Wait for one frame; raises ``Closed``."""
    letter, length = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    return Letter(letter.decode()), _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise Closed
    return data
