"""The door to this room: take a mail apart, and read it, in a child process that hostile mails may spend."""

from collections.abc import Sequence

from portal.replies import children, limits
from portal.replies.facts import (
    AskedPerson,
    Attachment,
    FoundList,
    JobRoleWords,
    ListProblem,
    Problem,
    Question,
    Reading,
    Sent,
    Unpacked,
    Verdict,
)
from portal.replies.wire import FOUND_LIST, LIST, QUESTION, READING, UNPACKED, Letter


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


def read_lists(unpacked: Unpacked, job_roles: Sequence[JobRoleWords]) -> tuple[FoundList, ...]:
    """Open the files that may be lists of people, each within 5 seconds; raises ``children.CannotRead``.

    To be called for a sender who is known: whoever is not has nothing opened. A text file in which nobody
    is found was not meant as a list, and is left out.
    """
    lists = [file for file in unpacked.attachments if file.is_list]
    opened = [_read_list(file, tuple(job_roles)) for file in lists[: limits.LISTS]]
    opened = [found for found in opened if found.problem is None or not found.name.lower().endswith(".txt")]
    left = [FoundList(file.name, problem=ListProblem.TOO_MANY_LISTS) for file in lists[limits.LISTS :]]
    return (*opened, *left)


def _read_list(file: Attachment, job_roles: tuple[JobRoleWords, ...]) -> FoundList:
    if file.size > limits.LIST_BYTES:
        return FoundList(file.name, problem=ListProblem.TOO_LARGE)
    answer = children.ask(Letter.LIST, LIST.dump_json((file, job_roles)))
    if not isinstance(answer, Problem):
        return FOUND_LIST.validate_json(answer)
    known = answer in {Problem.TOO_SLOW, Problem.TOO_HUNGRY}
    return FoundList(file.name, problem=ListProblem(answer.value) if known else ListProblem.BROKEN)
