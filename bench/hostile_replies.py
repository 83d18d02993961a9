"""Measure what hostile mails cost: ``bench/hostile_replies.py [--fuzz N]`` prints the slowest, and the worst.

Each must be answered within 5 seconds, with the child below 512 MB. ``--fuzz`` adds damaged replies.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from portal.replies import children, reader
from portal.replies.facts import AskedPerson, JobRoleWords, Sent
from tests.factories.hostile_mails import MAKERS, damaged
from tests.factories.replies import made_replies

ASKED = (AskedPerson("Ana Silva", "ana@client.example"), AskedPerson("Ben Ode"))
JOB_ROLES = tuple(JobRoleWords(key, ()) for key in ("sales_rep", "marketer", "administrator", "reports_only"))


def main() -> None:
    """Read everything and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    verdicts: Counter[str] = Counter()
    worst: list[tuple[float, int, str, str]] = []
    for name, raw, sent in _mails(arguments.fuzz, arguments.seed):
        seconds, megabytes, outcome = _cost(raw, sent)
        worst.append((seconds, megabytes, name, outcome))
        verdicts[outcome] += 1
    for seconds, megabytes, name, outcome in sorted(worst, reverse=True)[:12]:
        print(f"{seconds:6.2f} s {megabytes:>4} MB  {name:40} {outcome}")
    slowest, hungriest = max(worst)[0], max(row[1] for row in worst)
    print(f"{len(worst)} mails; slowest {slowest:.2f} s; hungriest {hungriest} MB; {dict(verdicts)}")


def _mails(fuzz: int, seed: int) -> Iterator[tuple[str, bytes, Sent | None]]:
    chance = Random(seed)
    made = list(made_replies(seed, "tuned", 46))
    for name, make in MAKERS.items():
        yield name, make(), made[0].sent
    for number in range(fuzz):
        reply = made[number % len(made)]
        yield f"damaged {number} ({reply.program})", damaged(reply.raw, chance), reply.sent


def _cost(raw: bytes, sent: Sent | None) -> tuple[float, int, str]:
    """Seconds for the whole, the most memory the child ever had, and how it ended."""
    reader.unpack(b"")  # a child is warm: starting one is no part of reading
    began = time.perf_counter()
    unpacked = reader.unpack(raw)
    reading = reader.read(unpacked, sent=sent, asked=ASKED, job_roles=JOB_ROLES)
    seconds = time.perf_counter() - began
    megabytes = max((_most_memory(child.pid) for child in children.idle), default=0)
    return seconds, megabytes, f"{reading.verdict} {unpacked.problem or ''}".strip()


def _most_memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


if __name__ == "__main__":
    main()
