"""What a reading is called on screen."""

from typing import Final

from portal.core.texts import Text, _l
from portal.replies.facts import CutBy, ListProblem, Problem, Verdict

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

LIST_PROBLEM_WORDS: Final[dict[ListProblem, Text]] = {
    ListProblem.TOO_LARGE: _l("It is too large: more than 5 MB, or more than 50 MB unpacked."),
    ListProblem.TOO_MANY_ROWS: _l("It has more than 5,000 rows. Ask for a list of those who need access."),
    ListProblem.TOO_MANY_LISTS: _l("Only the first five lists of a mail are opened."),
    ListProblem.TOO_SLOW: _l("Reading it took too long, so we stopped. It may have been made to do harm."),
    ListProblem.TOO_HUNGRY: _l(
        "Reading it took too much memory, so we stopped. It may have been made to do harm."
    ),
    ListProblem.LOCKED: _l(
        "It is protected with a password, or of an old kind. Ask for it as XLSX or CSV without one."
    ),
    ListProblem.BROKEN: _l("It is damaged, or not what its name says."),
    ListProblem.NOBODY: _l("We found no people in it: no column of names or mail addresses."),
}
