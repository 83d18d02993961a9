"""``python -m portal.replies.child``: reads one mail or list after the other, until its input ends."""

import resource
import sys
from typing import Final

from portal.replies import limits
from portal.replies.facts import AskedPerson, JobRoleWords, Problem, Question, Sent
from portal.replies.lists import read_list
from portal.replies.reading import read
from portal.replies.roles import RoleFinder
from portal.replies.unpacking import Unreadable, unpack
from portal.replies.wire import FOUND_LIST, LIST, QUESTION, READING, UNPACKED, Closed, Letter, receive, send


def answer(task: Letter, payload: bytes) -> tuple[Letter, bytes]:
    """Do one task; what goes wrong is the mail's fault, and said so."""
    try:
        return Letter.RESULT, _TASKS[task](payload)
    except Unreadable as error:
        return Letter.PROBLEM, error.problem.encode()
    except MemoryError:
        return Letter.PROBLEM, Problem.TOO_HUNGRY.encode()
    except RecursionError:
        return Letter.PROBLEM, Problem.TOO_DEEP.encode()
    except Exception:  # noqa: BLE001 - hostile bytes find what nobody thought of
        return Letter.PROBLEM, Problem.BROKEN.encode()


def _unpack(payload: bytes) -> bytes:
    return UNPACKED.dump_json(unpack(payload))


def _read(payload: bytes) -> bytes:
    return READING.dump_json(read(*QUESTION.validate_json(payload)))


def _read_list(payload: bytes) -> bytes:
    file, job_roles = LIST.validate_json(payload)
    return FOUND_LIST.dump_json(read_list(file, RoleFinder(job_roles)))


_TASKS: Final = {Letter.UNPACK: _unpack, Letter.READ: _read, Letter.LIST: _read_list}


def main() -> None:
    """Serve until the other end closes."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _warm_up()
    send(sys.stdout.buffer, Letter.READY)
    while True:
        try:
            task, payload = receive(sys.stdin.buffer)
            _limit_processor()
            send(sys.stdout.buffer, *answer(task, payload))
        except Closed:
            return


def _warm_up() -> None:
    """Read a first mail, so that patterns and words are ready when somebody waits."""
    mail = unpack(b"From: a@a.example\n\nAna: sales, until Monday.\nOn 1 May, B wrote:\n> hello\n")
    read(mail, Question(Sent("hello"), (JobRoleWords("sales_rep", ()),), (AskedPerson("Ana"),)))


def _limit_processor() -> None:
    """One task may take so much from here on, even where nobody is left to stop it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + limits.CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
