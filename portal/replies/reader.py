"""The door to this room: take a mail apart, and read it, in a child process that hostile mails may spend."""

from collections.abc import Sequence

from portal.replies import children, limits
from portal.replies.facts import (
    AskedPerson,
    JobRoleWords,
    Problem,
    Question,
    Reading,
    Sent,
    Unpacked,
    Verdict,
)
from portal.replies.wire import QUESTION, READING, UNPACKED, Letter


def unpack(raw: bytes) -> Unpacked:
    """Take a mail apart, whatever its bytes, within 5 seconds. Raises only ``children.CannotRead``."""
    if len(raw) > limits.RAW_BYTES:
        return Unpacked(problem=Problem.TOO_LARGE)
    answer = children.ask(Letter.UNPACK, raw)
    return Unpacked(problem=answer) if isinstance(answer, Problem) else UNPACKED.validate_json(answer)


def read(
    unpacked: Unpacked,
    *,
    sent: Sent | None = None,
    job_roles: Sequence[JobRoleWords] = (),
    asked: Sequence[AskedPerson] = (),
) -> Reading:
    """Say what a mail is and what it answers, within 5 seconds. Raises only ``children.CannotRead``.

    ``sent`` is the mail of ours that it answers, ``asked`` are the people that one asked about.
    """
    if unpacked.problem:
        return Reading(Verdict.UNREADABLE, why=unpacked.problem)
    question = Question(sent, tuple(job_roles), tuple(asked))
    answer = children.ask(Letter.READ, QUESTION.dump_json((unpacked.without_content(), question)))
    if isinstance(answer, Problem):
        return Reading(Verdict.UNREADABLE, why=answer)
    return READING.validate_json(answer)
