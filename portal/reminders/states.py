"""What people are reminded of, when by default, and how a chase ends; drawn once."""

from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l


class Question(StrEnum):
    """What is waiting for an answer."""

    ACCESS_REQUEST = "access_request"


QUESTION_NAMES: Final[dict[Question, Text]] = {Question.ACCESS_REQUEST: _l("Access requests")}

REMIND_AFTER: Final = (2, 5, 9)  # working days after the question was asked
GIVE_UP_AFTER: Final = 12
OFFICE_OPENS: Final = 9  # o'clock, where the contact is
OFFICE_CLOSES: Final = 17
MOST_REMINDERS: Final = 5
LATEST_DAY: Final = 60


class ChaseEnd(StrEnum):
    """Why nobody is reminded any more."""

    SETTLED = "settled"  # answered, withdrawn or passed on: there is nothing to wait for
    STOPPED_BY_CONTACT = "stopped_by_contact"
    STOPPED_BY_MEMBER = "stopped_by_member"
    BOUNCED = "bounced"
    GAVE_UP = "gave_up"


END_NAMES: Final[dict[ChaseEnd, Text]] = {
    ChaseEnd.SETTLED: _l("No more reminders are needed."),
    ChaseEnd.STOPPED_BY_CONTACT: _l("No more reminders: the contact asked us to stop."),
    ChaseEnd.STOPPED_BY_MEMBER: _l("No more reminders: they were switched off here."),
    ChaseEnd.BOUNCED: _l("No more reminders: our mail did not reach the contact."),
    ChaseEnd.GAVE_UP: _l("No more reminders: all of them went unanswered."),
}
