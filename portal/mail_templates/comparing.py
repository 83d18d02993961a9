"""Two texts side by side: which lines stayed, went or came, and within a changed line which words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

_PIECES = re.compile(r"\(\(|\)\)|\w+\s*|\s+|.", re.DOTALL)
_PATIENCE: Final = 100_000  # pairs of words looked at; what is left then is shown as lines, not words
_ALIKE: Final = 0.4  # lines less alike than that are easier to read one below the other


class Mark(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and what became of them."""

    mark: Mark
    text: str


Line = tuple[Piece, ...]


def compare(before: str, after: str) -> list[Line]:
    """Return the lines of both texts in reading order; equal texts give only lines that stayed."""
    old, new = before.splitlines(), after.splitlines()
    return list(_Comparison().lines(old, new))


class _Comparison:
    """Compares as closely as there is patience for, so that no text makes a page wait."""

    def __init__(self) -> None:
        self.patience = _PATIENCE

    def lines(self, old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
            if tag == "equal":
                yield from ((Piece(Mark.SAME, text),) for text in old[i1:i2])
            else:
                yield from self.changed(old[i1:i2], new[j1:j2])

    def changed(self, old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
        pairs = min(len(old), len(new))
        for before, after in zip(old[:pairs], new[:pairs], strict=True):
            yield from self.words(before, after)
        yield from ((Piece(Mark.GONE, text),) for text in old[pairs:])
        yield from ((Piece(Mark.NEW, text),) for text in new[pairs:])

    def words(self, before: str, after: str) -> Iterator[Line]:
        old, new = _PIECES.findall(before), _PIECES.findall(after)
        self.patience -= len(old) * len(new)
        if self.patience > 0:
            matcher = SequenceMatcher(None, old, new, autojunk=False)
            if matcher.ratio() >= _ALIKE:
                yield tuple(_pieces(matcher, old, new))
                return
        yield (Piece(Mark.GONE, before),)
        yield (Piece(Mark.NEW, after),)


def _pieces(matcher: "SequenceMatcher[str]", old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Piece(Mark.SAME, "".join(old[i1:i2]))
        else:
            parts = (Piece(Mark.GONE, "".join(old[i1:i2])), Piece(Mark.NEW, "".join(new[j1:j2])))
            yield from (piece for piece in parts if piece.text)
