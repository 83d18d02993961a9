"""What the documents promise of themselves: decisions are numbered and short, links lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

MOST_WORDS = 400
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
HEADINGS = ["Context", "Decision", "Consequences", "Rejected"]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number + 1:04}" for number in range(len(DECISIONS))]


@pytest.mark.parametrize("path", named(DECISIONS))
def test_a_decision_is_short_and_says_what_it_must(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(text.split()) <= MOST_WORDS


@pytest.mark.parametrize("path", named(PAGES))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = LINK.findall(path.read_text(encoding="utf-8"))

    assert [target for target in targets if not (path.parent / target).exists()] == []
