"""Tags as people type them: words with commas between."""

from typing import Final

from portal.core.texts import Text, _, folded

MOST_TAGS: Final = 10
MAX_TAG: Final = 40


def read_tags(text: str) -> list[str]:
    """Return the words between commas, each once, however it is written."""
    tags: dict[str, str] = {}
    for part in text.split(","):
        tag = " ".join(part.split())
        if tag:
            tags.setdefault(folded(tag), tag)
    return list(tags.values())


def tags_problem(tags: list[str]) -> Text | None:
    """Return what is wrong with tags: too many, or one that is too long; else None."""
    if len(tags) > MOST_TAGS:
        return _("At most %(most)s tags.", most=MOST_TAGS)
    if any(len(tag) > MAX_TAG for tag in tags):
        return _("A tag has at most %(most)s letters.", most=MAX_TAG)
    return None
