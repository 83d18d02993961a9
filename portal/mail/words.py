"""What each kind of mail is called on screen, and when it is written to whom."""

from dataclasses import dataclass
from typing import Final

from portal.core.texts import Text, _l
from portal.mail.kinds import MailKind


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind's name, and the occasion for such a mail as a sentence."""

    name: Text
    occasion: Text


# In the order in which a client meets them; what only members get comes last.
KIND_WORDS: Final[dict[MailKind, KindWords]] = {
    MailKind.ACCESS_REQUEST: KindWords(
        _l("Access request"), _l("Asks the contact what new people should be able to do.")
    ),
    MailKind.ANSWER_LINK: KindWords(
        _l("New answer link"), _l("Goes to a contact who asked for a new link on the answer page.")
    ),
    MailKind.REMINDER: KindWords(_l("First reminder"), _l("Asks the contact again when no answer came.")),
    MailKind.REMINDER_AGAIN: KindWords(
        _l("Further reminder"), _l("Asks the contact once more, between the first and the last reminder.")
    ),
    MailKind.LAST_REMINDER: KindWords(
        _l("Last reminder"), _l("Tells the contact that nobody gets access without an answer.")
    ),
    MailKind.REMINDER_DIGEST: KindWords(
        _l("Several reminders in one"), _l("Reminds a contact of several questions at once.")
    ),
    MailKind.ANSWER_RECEIVED: KindWords(
        _l("Answer received"), _l("Thanks the contact for the answer, and says what happens next.")
    ),
    MailKind.SEAT_CONSENT: KindWords(
        _l("Seat consent"), _l("Asks the contact whether a seat that costs money may be ordered.")
    ),
    MailKind.ONBOARDING: KindWords(_l("Onboarding"), _l("Welcomes a new user, once the access is ready.")),
    MailKind.ACCESS_CHANGED: KindWords(
        _l("Access changed"), _l("Tells a user what changed in their access.")
    ),
    MailKind.ACCESS_ENDING: KindWords(
        _l("Access ending"), _l("Tells the contact that somebody's access ends soon.")
    ),
    MailKind.REVIEW: KindWords(_l("Access review"), _l("Asks the contact who should keep their access.")),
    MailKind.ANSWER_ARRIVED: KindWords(
        _l("Answer arrived"), _l("Tells the consultant that an answer became a proposal.")
    ),
    MailKind.REQUEST_NEWS: KindWords(
        _l("News about a request"), _l("Tells the consultant what else a client said or did.")
    ),
    MailKind.REQUEST_FINISHED: KindWords(
        _l("Request closed"), _l("Tells the consultant how a request ended.")
    ),
    MailKind.DAILY_DIGEST: KindWords(
        _l("What is waiting"), _l("Tells a member in the morning what waits for them, if anything does.")
    ),
    MailKind.INVITATION: KindWords(_l("Invitation"), _l("Invites a new member to the portal.")),
    MailKind.PASSWORD_RESET: KindWords(_l("New password"), _l("Lets a member choose a new password.")),
    MailKind.PASSWORD_CHANGED: KindWords(
        _l("Password changed"), _l("Tells a member that their password was changed.")
    ),
}
