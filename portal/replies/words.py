"""What a reading is called on screen."""

from typing import Final

from portal.core.texts import Text, _l
from portal.replies.facts import CutBy, Problem, Verdict

VERDICT_NAMES: Final[dict[Verdict, Text]] = {
    Verdict.LOOP: _l("A mail of ours that came back"),
    Verdict.BOUNCE: _l("Not delivered"),
    Verdict.AUTO_REPLY: _l("Automatic reply"),
    Verdict.ANSWER: _l("Answer"),
    Verdict.UNREADABLE: _l("Unreadable"),
}

CUT_NAMES: Final[dict[CutBy, Text]] = {
    CutBy.MARKER: _l("Cut at the marker in our mail"),
    CutBy.OWN_TEXT: _l("Cut where our own mail is quoted"),
    CutBy.QUOTE: _l("Cut where an earlier mail is quoted"),
    CutBy.NOTHING_QUOTED: _l("Nothing is quoted"),
}

PROBLEM_WORDS: Final[dict[Problem, Text]] = {
    Problem.TOO_LARGE: _l("It is larger than 25 MB. Open it in a mail program."),
    Problem.TOO_MANY_HEADERS: _l("Its headers are larger than 256 KB, which no mail program writes."),
    Problem.TOO_MANY_PARTS: _l("It has more than 100 parts. Open it in a mail program."),
    Problem.TOO_DEEP: _l("Its parts are nested more than 20 deep, which no mail program writes."),
    Problem.TOO_SLOW: _l("Reading it took too long, so we stopped. It may have been made to do harm."),
    Problem.TOO_HUNGRY: _l(
        "Reading it took too much memory, so we stopped. It may have been made to do harm."
    ),
    Problem.BROKEN: _l("It is not a mail we can take apart. Open it in a mail program."),
}
