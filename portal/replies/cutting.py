"""What of a mail is its answer, and what it only quotes: by our own text, else by how quotations look."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from portal.replies.facts import CutBy, Sent
from portal.replies.lines import is_quoted, is_rule
from portal.replies.markup import QUOTE_MARK, plain_text
from portal.replies.own_text import own_lines
from portal.replies.quoting import quotation

_UNSURE: Final = 0.5
_ALL_QUOTED: Final = 0.3  # whatever it is, it is all there is


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in two: ``answer`` and ``rest`` together hold all its lines."""

    answer: str
    rest: str
    by: CutBy
    confidence: float


def cut(text: str, html: str, sent: Sent | None) -> Cut:
    """Cut a mail's text; that of its HTML where there is no other."""
    lines = (text if text.strip() else plain_text(html, marks=True)).split("\n")
    found = (own_lines(lines, sent) if sent else None) or quotation(lines)
    if found is None:
        return Cut(_joined(lines, range(len(lines))), "", CutBy.NOTHING_QUOTED, _UNSURE)
    quoted = found.lines | {at for at, line in enumerate(lines) if is_quoted(line) and is_rule(line)}
    kept = [at for at in range(len(lines)) if at not in quoted]
    answer = _joined(lines, kept)
    if not answer and found.by is not CutBy.OWN_TEXT:
        return Cut(_joined(lines, range(len(lines))), "", CutBy.NOTHING_QUOTED, _ALL_QUOTED)
    return Cut(answer, _joined(lines, sorted(quoted)), found.by, found.confidence)


def _joined(lines: Sequence[str], chosen: Collection[int]) -> str:
    return "\n".join(lines[at] for at in chosen if lines[at] != QUOTE_MARK).strip()
