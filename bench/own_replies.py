"""Measure how replies to our own mails are read: ``bench/own_replies.py [--seed N] [--texts unseen]``.

The replies are made by ``tests/factories``: 23 mail programs, five languages, words of a client by chance.
Texts called unseen were not used while the rules were written. A signature kept or cut both count as right.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from portal.replies import reader
from tests.factories.replies import is_right, made_replies, squeezed


def main() -> None:
    """Make the replies, read them, and print the figures."""
    arguments = _arguments()
    wrong: Counter[str] = Counter()
    lost = 0
    made = list(made_replies(arguments.seed, arguments.texts, arguments.count))
    began = time.perf_counter()
    for reply in made:
        sent = None if arguments.without_sent else reply.sent
        reading = reader.read(reader.unpack(reply.raw), sent=sent)
        is_lost = squeezed(reply.body) not in squeezed(reading.answer)
        lost += is_lost
        if not is_right(reply, reading):
            wrong[reply.program] += 1
            if arguments.show:
                print("=" * 20, reply.program, reply.language, reading.cut_by, "LOST" if is_lost else "")
                print(repr(reply.body + "\n" + reply.ending), "\n", repr(reading.answer))
    seconds = time.perf_counter() - began
    right = len(made) - wrong.total()
    print(
        f"right {right} of {len(made)} = {right / len(made):.1%}; lost {lost} = {lost / len(made):.1%}; "
        f"{seconds / len(made) * 1000:.1f} ms a mail; wrong: {dict(wrong)}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", choices=["tuned", "unseen", "fresh"], default="tuned")
    parser.add_argument("--count", type=int, default=460)
    parser.add_argument("--without-sent", action="store_true", help="as if we did not know what we sent")
    parser.add_argument("--show", action="store_true", help="print what was read wrongly")
    return parser.parse_args()


if __name__ == "__main__":
    main()
