import os
import signal
import threading

import pytest

from portal.replies import children, limits, reader
from portal.replies.facts import CutBy, Problem, Reading, Unpacked, Verdict
from tests.replies.mails import mail


def test_an_answer_comes_back_apart_from_what_it_quotes() -> None:
    reading = reader.read(
        reader.unpack(mail("Sales, please.\n\nOn 1 March 2027, Tom wrote:\n> Who is Ana?\n"))
    )

    assert (reading.verdict, reading.answer, reading.rest, reading.cut_by) == (
        Verdict.ANSWER,
        "Sales, please.",
        "On 1 March 2027, Tom wrote:\n> Who is Ana?",
        CutBy.QUOTE,
    )


def test_a_mail_larger_than_the_limit_is_not_looked_at() -> None:
    assert reader.unpack(b"x" * (limits.RAW_BYTES + 1)) == Unpacked(problem=Problem.TOO_LARGE)


def test_what_is_no_mail_is_unreadable() -> None:
    unpacked = reader.unpack(b"\x00\xff no mail at all")

    assert (unpacked.problem, reader.read(unpacked).verdict) == (Problem.BROKEN, Verdict.UNREADABLE)


def test_a_child_reads_one_mail_after_the_other() -> None:
    reader.unpack(mail())
    before = [child.pid for child in children.idle]
    reader.unpack(mail())

    assert [child.pid for child in children.idle] == before


def test_a_child_that_is_too_slow_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACK_SECONDS", 0.02)
    slow = reader.unpack(mail("hello\n" * 1_000_000))
    monkeypatch.undo()

    assert (slow, reader.unpack(mail()).subject) == (
        Unpacked(problem=Problem.TOO_SLOW),
        "Re: Access to Maple & Sons",
    )


def test_a_child_that_died_is_replaced() -> None:
    reader.unpack(mail())
    child = children.idle[-1]
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert reader.unpack(mail()).message_id == "<answer-1@maple.example>"


def test_many_threads_read_at_the_same_time() -> None:
    subjects: dict[int, str] = {}

    def read(number: int) -> None:
        subjects[number] = reader.unpack(mail(Subject=f"Mail {number}")).subject

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert subjects == {number: f"Mail {number}" for number in range(6)}


def test_a_mail_with_a_problem_is_not_read_further() -> None:
    assert reader.read(Unpacked(problem=Problem.TOO_DEEP)) == Reading(Verdict.UNREADABLE, why="too_deep")
