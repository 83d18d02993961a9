"""Measure how answers are read: ``bench/replies.py FOLDER [--part tuned|held|all] [--show]``.

FOLDER holds an ``index.jsonl`` whose rows name a file with the body of a mail and what a reader would want of
it (``expect``: ``text`` or ``html`` compared without white space, or contains, not_contains, startswith,
endswith, re_contains). A signature kept or cut both count as right. Half of the rows, by a hash, were never
looked at while the rules were written: ``--part held``.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from email.message import EmailMessage
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from portal.replies import reader
from portal.replies.facts import Reading
from portal.replies.markup import plain_text
from portal.replies.signatures import without_signature


def main() -> None:
    """Read every mail and print the figures."""
    arguments = _arguments()
    rows = [json.loads(line) for line in (arguments.folder / "index.jsonl").open(encoding="utf-8")]
    chosen = [row for row in rows if arguments.part in {"all", _part(row)}]
    exact: Counter[str] = Counter()
    lost = 0
    began = time.perf_counter()
    for row in chosen:
        body = (arguments.folder / row["file"]).read_bytes().decode("utf-8", "replace")
        reading = reader.read(reader.unpack(_mail(body, row["kind"])))
        is_right, is_lost = judge(reading, row["expect"])
        exact[row["project"]] += is_right
        lost += is_lost
        if arguments.show and not is_right and _part(row) == "tuned":
            _show(row, reading, is_lost=is_lost)
    seconds = time.perf_counter() - began
    sizes = Counter(row["project"] for row in chosen)
    for project, size in sorted(sizes.items()):
        print(f"{project:32} {exact[project]:>4} of {size:>4}")
    right = exact.total()
    size = len(chosen)
    print(f"exact {right} of {size} = {right / size:.1%}; answer text lost in {lost} = {lost / size:.1%}")
    print(f"{seconds / len(chosen) * 1000:.1f} ms a mail")


def judge(reading: Reading, expect: dict[str, Any]) -> tuple[bool, bool]:
    """Tell whether the answer is what was expected, and whether some of it is missing."""
    variants = {squeezed(reading.answer), squeezed(without_signature(reading.answer)[0])}
    wanted = expect.get("text") or (plain_text(expect["html"]) if "html" in expect else None)
    if wanted is not None:
        return squeezed(wanted) in variants, not _holds(reading.answer, wanted)
    parts = [*expect.get("contains", []), *filter(None, [expect.get("startswith"), expect.get("endswith")])]
    return any(_fits(variant, expect) for variant in variants), not all(
        squeezed(part) in squeezed(reading.answer) for part in parts
    )


def _fits(answer: str, expect: dict[str, Any]) -> bool:
    return (
        all(squeezed(part) in answer for part in expect.get("contains", []))
        and not any(squeezed(part) in answer for part in expect.get("not_contains", []))
        and answer.startswith(squeezed(expect.get("startswith", "")))
        and answer.endswith(squeezed(expect.get("endswith", "")))
        and all(re.search(part, answer) for part in _patterns(expect))
    )


def _patterns(expect: dict[str, Any]) -> list[str]:
    given = expect.get("re_contains", [])
    return [re.sub(r"\s+", "", part) for part in ([given] if isinstance(given, str) else given)]


def _holds(answer: str, wanted: str) -> bool:
    """Every line that was wanted is there."""
    there = squeezed(answer)
    return all(squeezed(line) in there for line in wanted.splitlines())


def squeezed(text: str) -> str:
    """The text without white space."""
    return re.sub(r"[\s\u200b\u200c\u200e\u200f\ufeff]+", "", text)


def _mail(body: str, kind: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@client.example", "b@portal.example", "Re: Access"
    message.set_content(body, subtype="html" if kind == "html" else "plain", cte="base64")
    return message.as_bytes()


def _part(row: dict[str, Any]) -> str:
    return "held" if int(row["sha"], 16) % 2 else "tuned"


def _show(row: dict[str, Any], reading: Reading, *, is_lost: bool) -> None:
    print(
        "=" * 20, row["id"], row["sig"], reading.cut_by, "LOST" if is_lost else "", json.dumps(row["expect"])
    )
    print(reading.answer, "\n" + "-" * 20 + "\n" + reading.rest[:600])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=["tuned", "held", "all"], default="all")
    parser.add_argument(
        "--show", action="store_true", help="print what was read wrongly, of the tuned part only"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
