"""An answer in parts small enough to say one thing each: lines, sentences, and what stands between commas."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from portal.replies.cues import cue, plain
from portal.replies.lines import is_quoted
from portal.replies.tokens import Token, tokens_of

LONGEST: Final = 1000  # characters of a line; nobody says more in one
_SENTENCE: Final = re.compile(r"(?<=[^\d\s][.!?;…])[)\"»”]?\s+|(?<=\d{4}[.!?;])\s+")
_BREAK: Final = re.compile(
    r"(?P<aside>\s*[()\[\]])|\s*[,;…]+\s*(?=\D|$)|\s*,\s+|\s+[-\u2013\u2014/]+\s*|[-\u2013\u2014]+\s+|\s*\.{2,}\s*"
    r"|\s*[!?]+\s*(?=[!?.]*\s)|\s*(?:->|=>|\u2192|=|\t|\|)\s*|:\s+|\s+(?=(?:but|aber|sondern|mais|maar|pero|sino|whereas|while)\s)",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"\s*(?:[-*•·+>\u2013\u2014]+|\(?\d{1,2}[.)])\s+")
_LABEL: Final = re.compile(r"\s*(?P<label>[^:=\t|\n]{1,40}?)\s*(?::|=|\t|\|)\s*(?P<value>\S.*)$")


@dataclass(slots=True)
class Sentence:
    """What the parts of a sentence share."""

    text: str
    is_question: bool
    words: str  # plain


@dataclass
class Segment:
    """A part of a sentence. ``opens`` is paragraph, line, sentence or nothing: how new it is."""

    text: str
    sentence: Sentence
    opens: str
    sign: str = ""  # what stands before it
    is_item: bool = False
    label: str = ""  # the kind of label it is the value of
    tokens: list[Token] = field(default_factory=list)

    @cached_property
    def words(self) -> str:
        """Its words as cues are compared with them."""
        return plain(self.tokens)

    def places(self, found: re.Match[str]) -> tuple[int, int]:
        """The first token of a match, and the one behind its last."""
        first = self.words.count(" ", 0, found.start())
        return first, first + found.group().count(" ") + 1

    def says(self, topic: str, language: str = "") -> re.Match[str] | None:
        """A cue of this topic in it."""
        return cue(topic, language).search(self.words)


def segments_of(body: str) -> Iterator[Segment]:
    """Read a text part by part."""
    opens = "paragraph"
    for line in body.split("\n"):
        if not line.strip():
            opens = "paragraph"
        elif not is_quoted(line):
            yield from _of_line(line[:LONGEST], opens)
            opens = "line"


def _of_line(line: str, opens: str) -> Iterator[Segment]:
    bullet = _BULLET.match(line)
    is_item = bool(bullet)
    text = line[bullet.end() :] if bullet else line.strip()
    kind, text = _labelled(text)
    for sentence in _SENTENCE.split(text):
        if sentence.strip():
            shared = Sentence(sentence, _asks(sentence), plain(tokens_of(sentence)))
            for segment in _of_sentence(shared, opens):
                segment.is_item, segment.label = is_item, kind
                yield segment
        opens = "sentence"


def _of_sentence(sentence: Sentence, opens: str) -> Iterator[Segment]:
    at, sign = 0, ""
    for found in [*_BREAK.finditer(sentence.text), None]:
        text = sentence.text[at : found.start() if found else len(sentence.text)]
        tokens = tokens_of(text)
        if tokens:
            yield Segment(text.strip(), sentence, opens, sign, tokens=tokens_of(text.strip()))
            opens = ""
        if found:
            at, sign = found.end(), found.group().strip() or "but"


def _asks(sentence: str) -> bool:
    return sentence.rstrip(" !)\"'»").endswith("?") or "¿" in sentence


def _labelled(text: str) -> tuple[str, str]:
    """The kind of a form's label, and its value; no kind, and the whole, where it is not one."""
    found = _LABEL.match(text)
    if not found:
        return "", text
    label = plain(tokens_of(found["label"]))
    for kind in ("field_role", "field_name", "start", "field_boss", "field_other"):
        if label and cue(kind).fullmatch(label):
            return kind, found["value"]
    return "", text
