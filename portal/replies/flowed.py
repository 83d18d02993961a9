"""Text that was sent as ``format=flowed`` (RFC 3676): its soft line breaks taken out again."""

import re
from typing import Final

_QUOTES: Final = re.compile(r">*")
_SIGNATURE: Final = "-- "


def unfold(text: str, *, removes_space: bool) -> str:
    """Join the lines that end in a space; ``removes_space`` is the parameter ``DelSp``."""
    paragraphs: list[tuple[str, list[str]]] = []
    is_open = False
    for line in text.split("\n"):
        quotes = _QUOTES.match(line)
        depth = quotes.group() if quotes else ""
        content = line[len(depth) :].removeprefix(" ")
        if not is_open or content == _SIGNATURE or paragraphs[-1][0] != depth:
            paragraphs.append((depth, []))
        is_open = content.endswith(" ") and content != _SIGNATURE
        paragraphs[-1][1].append(content[:-1] if is_open and removes_space else content)
    return "\n".join(_line(depth, "".join(pieces)) for depth, pieces in paragraphs)


def _line(depth: str, content: str) -> str:
    return f"{depth} {content}" if depth else content
