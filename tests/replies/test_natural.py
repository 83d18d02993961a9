"""Natural replies, four sets of 200 and more: what is never filled in, and how much is understood."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench import natural_replies

FOLDER = Path(natural_replies.__file__).with_name("natural_replies")
MOST_WRONG_UNMARKED = 0.02
LEAST_RIGHT = 0.7


def kinds_of(folder: Path) -> Counter[str]:
    """Return how many replies of a set were understood how, each by the worst of its people."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return Counter(natural_replies.kind_of(json.loads(line)) for line in lines if line)


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_nothing_dangerous_is_filled_in_and_most_is_understood(name: str) -> None:
    kinds = kinds_of(FOLDER / name)

    assert kinds["dangerous"] == 0
    assert kinds["wrong, unmarked"] / kinds.total() <= MOST_WRONG_UNMARKED
    assert kinds["right"] / kinds.total() >= LEAST_RIGHT
