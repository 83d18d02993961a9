"""What of a mail is its answer, and what it only quotes."""

from dataclasses import dataclass

from quotequail import quote

from portal.replies.facts import CutBy, Sent


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in two: ``answer`` and ``rest`` hold all of it."""

    answer: str
    rest: str
    by: CutBy
    confidence: float


def cut(text: str, sent: Sent | None) -> Cut:  # noqa: ARG001
    """Cut a text."""
    parts = quote(text, limit=100_000, quote_intro_line=True)
    answer = "\n".join(part for is_shown, part in parts if is_shown)
    rest = "\n".join(part for is_shown, part in parts if not is_shown)
    if not rest:
        return Cut(answer.strip(), "", CutBy.NOTHING_QUOTED, 0.5)
    return Cut(answer.strip(), rest.strip(), CutBy.QUOTE, 0.7)
