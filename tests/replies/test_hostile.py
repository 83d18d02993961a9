import time
from pathlib import Path
from random import Random

import pytest

from portal.replies import child, children, limits, reader
from portal.replies.facts import AskedPerson, JobRoleWords, Reading, Sent, Verdict
from portal.replies.wire import Letter
from tests.factories.hostile_mails import MAKERS, damaged
from tests.factories.replies import made_replies

SECONDS = 5
JOB_ROLES = (JobRoleWords("sales_rep", ("Sales",)), JobRoleWords("administrator", ()))


def read(raw: bytes, sent: Sent | None = None) -> Reading:
    asked = (AskedPerson("Ana Silva", "ana@client.example"), AskedPerson("Ben Ode"))
    return reader.read(reader.unpack(raw), sent=sent, job_roles=JOB_ROLES, asked=asked)


def most_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


# One of each kind; ``bench/hostile_replies.py`` reads all of them.
OF_EACH_KIND = (
    *("parts nested 5,000 deep", "mails nested 5,000 deep", "200,000 parts", "a header of 20 MB"),
    *(
        "headers of 250 KB in one part",
        "addresses in nested comments",
        "quoted semicolons",
        "continued parameters",
    ),
    *(
        "half an encoded word",
        "base64 that is none",
        "24 MB of empty lines",
        "a line of spaces",
        "lines of signs",
    ),
    *("names without end", "a list without end", "charset punycode", "elements nested 200,000 deep"),
    *("links without end", "an element of a thousand attributes", "a report of 100,000 recipients"),
    *("a notice of one line", "noise under headers"),
)


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_a_hostile_mail_costs_no_more_than_the_limits(name: str) -> None:
    raw = MAKERS[name]()
    reader.unpack(b"")  # so that a child is warm
    began = time.monotonic()
    read(raw)

    assert time.monotonic() - began < SECONDS
    assert all(most_memory(one.pid) < limits.MEMORY_BYTES for one in children.idle)


@pytest.mark.parametrize(
    "name",
    [
        "parts nested 300 deep",
        "200,000 headers",
        "nothing",
        "NUL",
    ],
)
def test_what_no_mail_program_writes_is_unreadable(name: str) -> None:
    assert read(MAKERS[name]()).verdict is Verdict.UNREADABLE


def test_a_child_may_have_so_much_memory_and_no_more() -> None:
    reader.unpack(b"")
    reader.unpack(MAKERS["base64 that is none"]())
    allowed = Path(f"/proc/{children.idle[-1].pid}/limits").read_text(encoding="ascii")

    [line] = [line for line in allowed.splitlines() if line.startswith("Max address space")]
    assert line.split()[3:5] == [str(limits.MEMORY_BYTES)] * 2


def test_a_mail_that_takes_too_much_memory_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(_raw: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(child, "unpack", hungry)

    assert child.answer(Letter.UNPACK, b"") == (Letter.PROBLEM, b"too_hungry")


def test_damaged_replies_are_read_or_said_to_be_unreadable() -> None:
    chance = Random(5)  # noqa: S311 - damage, no secret
    for made in made_replies(5, "tuned", 92):
        reading = read(damaged(made.raw, chance), made.sent)

        assert reading.verdict in Verdict
