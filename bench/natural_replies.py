"""Measure how natural replies are understood: ``bench/natural_replies.py [FOLDER] [--show KIND]``.

FOLDER, or else every folder of ``bench/natural_replies``, holds ``LANGUAGE.jsonl`` files: who was asked
about, the reply, and what a careful human understands. Each person's ``role`` lists all the codes that are
right; ``unclear`` stands for "please choose". Dangerous is Administrator or "no access" filled in for
somebody who should not have it; wrong is any other value, or a person who does not exist; useless is
"please choose" where the reply was clear.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from portal.job_roles.catalogue import ShippedJobRole
from portal.replies import reader
from portal.replies.choices import Choice, choice_for, choice_of, new_people
from portal.replies.facts import AskedPerson, JobRoleWords, Reading, Sent
from portal.replies.tokens import folded

KINDS: Final = ("right", "useless", "wrong, marked", "wrong, unmarked", "dangerous")
JOB_ROLES: Final = tuple(JobRoleWords(key, ()) for key in ShippedJobRole)
SENT_ON: Final = datetime(2026, 12, 1, 10, tzinfo=UTC)


def main() -> None:
    """Read every reply and print the figures."""
    arguments = _arguments()
    total: dict[str, Counter[str]] = {}
    extras: Counter[str] = Counter()
    for row in _rows(arguments):
        reading = _reading(row)
        kinds, notes = judge(row, reading)
        kind = max(kinds, key=KINDS.index)
        total.setdefault(row["language"], Counter())[kind] += 1
        days, removed = _extras(row, reading)
        extras["first day right"] += days
        extras["also remove right"] += removed
        if arguments.show and (
            kind.startswith(arguments.show) or (arguments.show == "extras" and not (days and removed))
        ):
            _show(row, reading, kind, notes)
    for language, counted in sorted(total.items()):
        print(language, _line(counted))
    print("all", _line(sum(total.values(), Counter())), dict(extras))


def kind_of(row: dict[str, Any]) -> str:
    """Read one reply and return how it was understood, by the worst result of its people."""
    kinds, _notes = judge(row, _reading(row))
    return max(kinds, key=KINDS.index)


def judge(row: dict[str, Any], reading: Reading) -> tuple[list[str], list[str]]:
    """Return the kind of each person's result, and a note on each."""
    kinds, notes = ["right"], []
    expected = {person["asked"]: person for person in row["expected"]["people"] if "asked" in person}
    for place in range(len(row["asked"])):
        choice = choice_for(reading, place)
        kinds.append(_judged(choice, expected[place]["role"]))
        notes.append(f"{place}: {_value(choice)} ({kinds[-1]})")
    wanted = [person for person in row["expected"]["people"] if "name" in person]
    for found in new_people(reading):
        match = next((one for one in wanted if _is_same(one, found.name, found.email)), None)
        kinds.append(_judged(choice_of(found), match["role"]) if match else "wrong, marked")
        notes.append(f"{found.name} <{found.email}>: {_value(choice_of(found))} ({kinds[-1]})")
        if match:
            wanted.remove(match)
    kinds += ["useless" for _missing in wanted]
    return kinds, notes + [f"missing: {one['name']}" for one in wanted]


def _judged(choice: Choice, right: list[str]) -> str:
    value = _value(choice)
    if value in right:
        return "right"
    if value == "unclear":
        return "useless"
    if value in {"administrator", "no_access"}:
        return "dangerous"
    return "wrong, unmarked" if choice.is_clear else "wrong, marked"


def _value(choice: Choice) -> str:
    return "no_access" if choice.is_refused else choice.job_role or "unclear"


def _is_same(wanted: dict[str, Any], name: str, email: str) -> bool:
    if wanted.get("email") and email:
        return bool(wanted["email"].lower() == email.lower())
    return folded(wanted["name"]) == folded(name) or folded(name) in folded(wanted["name"]).split()


def _extras(row: dict[str, Any], reading: Reading) -> tuple[bool, bool]:
    wanted = row["expected"].get("first_day")
    days = {choice_for(reading, place).first_day for place in range(len(row["asked"]))}
    found = {day.isoformat() for day in days if day}
    removed = [folded(name) for name in reading.also_remove]
    return found == ({wanted} if wanted else set()), sorted(removed) == sorted(
        map(folded, row["expected"]["also_remove"])
    )


def _reading(row: dict[str, Any]) -> Reading:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@client.example", "b@portal.example", "Re: HubSpot"
    message["Date"] = format_datetime(SENT_ON)
    message.set_content(row["reply"])
    asked = [
        AskedPerson(f"{one['first_name']} {one['last_name']}".strip(), one["email"]) for one in row["asked"]
    ]
    sent = Sent("What should they be able to do in HubSpot?", language=row["language"])
    return reader.read(reader.unpack(message.as_bytes()), sent=sent, job_roles=JOB_ROLES, asked=asked)


def _rows(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    files = sorted(arguments.folder.rglob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.open(encoding="utf-8") if line.strip()]
    chosen = [row for row in rows if not arguments.only or row["id"] in arguments.only.split(",")]
    return chosen[arguments.start :: arguments.step]


def _line(counted: Counter[str]) -> str:
    size = counted.total()
    return f"{size}: " + ", ".join(f"{kind} {counted[kind]} = {counted[kind] / size:.1%}" for kind in KINDS)


def _show(row: dict[str, Any], reading: Reading, kind: str, notes: list[str]) -> None:
    print("=" * 20, row["id"], kind, "|", "; ".join(notes), "|", [one["first_name"] for one in row["asked"]])
    print(row["reply"])
    print("-- expected", json.dumps(row["expected"], ensure_ascii=False))
    print("-- found", reading.first_day, reading.also_remove, reading.verdict)
    for person in reading.people:
        roles = [(role.key, role.words, role.confidence) for role in person.job_roles]
        print("  ", person.name, person.wish, roles, person.first_day, "look" if person.needs_a_look else "")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).with_name("natural_replies"))
    parser.add_argument("--show", default="", help="list those whose kind begins so, or 'extras'")
    parser.add_argument("--only", default="", help="ids, with commas")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
