"""The kinds of mail the portal writes, and the placeholders each of them offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l
from portal.mail.templating import Rules, Shape
from portal.mail.values import Value


class MailKind(StrEnum):
    """What a mail is for; the value is the name of its template."""

    ACCESS_REQUEST = "access_request"
    ANSWER_LINK = "answer_link"
    REMINDER = "reminder"
    REMINDER_AGAIN = "reminder_again"
    LAST_REMINDER = "last_reminder"
    REMINDER_DIGEST = "reminder_digest"
    ONBOARDING = "onboarding"
    REQUEST_FINISHED = "request_finished"
    REQUEST_NEWS = "request_news"
    ANSWER_ARRIVED = "answer_arrived"
    INVITATION = "invitation"
    DAILY_DIGEST = "daily_digest"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name, not a secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name, not a secret
    ANSWER_RECEIVED = "answer_received"
    ACCESS_CHANGED = "access_changed"
    ACCESS_ENDING = "access_ending"
    REVIEW = "review"
    SEAT_CONSENT = "seat_consent"


# Their texts can be written, but no part of the portal sends them yet: the editor says so.
NOT_SENT_YET: Final = frozenset(
    {
        MailKind.ANSWER_RECEIVED,
        MailKind.ACCESS_CHANGED,
        MailKind.ACCESS_ENDING,
        MailKind.REVIEW,
        MailKind.SEAT_CONSENT,
    }
)


SIGNS_SOMEBODY_IN: Final = frozenset({MailKind.INVITATION, MailKind.PASSWORD_RESET})

_TEXT = Rules()


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One name a template may use: what it stands for, and a value to show it with.

    Of names that exclude each other, only one is ``in_sample``.
    """

    name: str
    explanation: Text
    sample: Value
    rules: Rules = _TEXT
    in_sample: bool = True


_OPTIONAL = Rules(optional=True)
_LIST = Rules(Shape.LIST)
_OPTIONAL_LIST = Rules(Shape.LIST, optional=True)
_THE_LINK = Rules(Shape.LINK, must_appear=True)
_THE_LINKS = Rules(Shape.LINKS, must_appear=True)

_AGENCY_NAME = Placeholder("agency_name", _l("The name of your agency"), "Bright Harbour")
_ACCOUNT_NAME = Placeholder("account_name", _l("The account this is about"), "Maple & Sons")
_CONTACT_NAME = Placeholder("contact_name", _l("The contact who gets this mail"), "Claire Dubois")
_CONSULTANT_NAME = Placeholder("consultant_name", _l("The consultant in charge"), "Tom Becker")
_CONSULTANT_ADDRESS = Placeholder(
    "consultant_address", _l("The consultant's mail address"), "tom@agency.example"
)
_PEOPLE = Placeholder("people", _l("The people the request is about"), ("Ana Silva", "Ben Ode"), _LIST)
_ANSWER_LINK = Placeholder(
    "answer_link",
    _l("The link to the answer page; alone on a line it becomes a button"),
    "https://portal.example/r/k3v9x2m7q4tz.sample",
    _THE_LINK,
)
_EXPIRES_ON = Placeholder("expires_on", _l("The last day the link works"), date(2027, 3, 15))
_REQUEST_LINK = Placeholder(
    "request_link",
    _l("The link to the access request in the portal"),
    "https://portal.example/accounts/maple-and-sons/access-requests/17",
    _THE_LINK,
)
_MEMBER_NAME = Placeholder("member_name", _l("The member who gets this mail"), "Nora Lind")
_EXPIRES_AT = Placeholder(
    "expires_at", _l("Until when the link works"), datetime(2027, 3, 15, 16, 30, tzinfo=UTC)
)

_CRM_NAME = Placeholder("crm_name", _l("The CRM of the account"), "HubSpot")
_USER_NAME = Placeholder("user_name", _l("The user"), "Ana Silva")
_USER_ADDRESS = Placeholder("user_address", _l("The address the user signs in with"), "ana@maple.example")
_SIGN_IN_LINK = Placeholder(
    "sign_in_link", _l("The link to the CRM's sign-in page"), "https://crm.example/login", _THE_LINK
)
_FIRST_PASSWORD = (
    Placeholder("invited_by", _l("The CRM, only if it sends an invitation of its own"), "HubSpot", _OPTIONAL),
    Placeholder(
        "known_to",
        _l("The CRM, only if the user has signed in there before"),
        "HubSpot",
        _OPTIONAL,
        in_sample=False,
    ),
    Placeholder(
        "password_reset_at",
        _l("The CRM, only if neither is known: a first password comes by “Forgot my password”"),
        "HubSpot",
        _OPTIONAL,
        in_sample=False,
    ),
)
_WHO_TO_ASK = Placeholder("who_to_ask", _l("Who answers the user's questions"), "Claire Dubois")
_NOTE = Placeholder(
    "note", _l("What the consultant adds for this request"), "They start on Monday.", _OPTIONAL
)

_ASKING = (
    _AGENCY_NAME,
    _ACCOUNT_NAME,
    _CONTACT_NAME,
    _PEOPLE,
    _ANSWER_LINK,
    _EXPIRES_ON,
    _CONSULTANT_NAME,
    _CONSULTANT_ADDRESS,
)
_STOP_LINK = Placeholder(
    "stop_link",
    _l("The link to stop the reminders about this"),
    "https://portal.example/stop-reminders/sample",
    _THE_LINK,
)
_REMINDING = (
    *_ASKING,
    Placeholder("asked_on", _l("The day the question was first sent"), date(2027, 3, 1)),
    _STOP_LINK,
)
_TELLING = (_AGENCY_NAME, _ACCOUNT_NAME, _CONSULTANT_NAME, _PEOPLE, _REQUEST_LINK)

PLACEHOLDERS: Final[Mapping[MailKind, tuple[Placeholder, ...]]] = {
    MailKind.ACCESS_REQUEST: (*_ASKING, _NOTE),
    MailKind.ANSWER_LINK: _ASKING,
    MailKind.REMINDER: _REMINDING,
    MailKind.REMINDER_AGAIN: _REMINDING,
    MailKind.LAST_REMINDER: _REMINDING,
    MailKind.REMINDER_DIGEST: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _CONTACT_NAME,
        Placeholder(
            "questions",
            _l("The questions that wait, each with its link"),
            (
                ("Ana Silva", "https://portal.example/r/sample"),
                ("Ben Ode", "https://portal.example/r/sample"),
            ),
            _THE_LINKS,
        ),
        _EXPIRES_ON,
        _CONSULTANT_NAME,
        _CONSULTANT_ADDRESS,
        _STOP_LINK,
    ),
    MailKind.ONBOARDING: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _USER_NAME,
        _USER_ADDRESS,
        _CRM_NAME,
        _SIGN_IN_LINK,
        *_FIRST_PASSWORD,
        Placeholder("job_role", _l("The new user's job role"), "Sales", _OPTIONAL),
        Placeholder(
            "can_do", _l("What the new user can do"), ("Look after customers", "Read reports"), _OPTIONAL_LIST
        ),
        Placeholder("start_date", _l("The day the new user starts"), date(2027, 3, 1), _OPTIONAL),
        _WHO_TO_ASK,
        _CONSULTANT_NAME,
    ),
    MailKind.REQUEST_FINISHED: (
        *_TELLING,
        Placeholder("outcome", _l("How the request ended, as a sentence"), "Everyone has signed in."),
    ),
    MailKind.ANSWER_ARRIVED: (
        *_TELLING,
        Placeholder("answered_by", _l("The name given with the answer"), "Claire Dubois"),
        Placeholder("comment", _l("What was written with the answer"), "Thank you!", _OPTIONAL),
    ),
    MailKind.REQUEST_NEWS: (
        *_TELLING,
        Placeholder("news", _l("What happened, as a sentence"), "Claire Dubois says that it is not for her."),
        Placeholder("comment", _l("What was written along with it"), "Ask Paul.", _OPTIONAL),
    ),
    MailKind.INVITATION: (
        _AGENCY_NAME,
        _MEMBER_NAME,
        Placeholder("invited_by", _l("The member who sent the invitation"), "Tom Becker"),
        Placeholder(
            "invitation_link",
            _l("The link that accepts the invitation"),
            "https://portal.example/invitation/sample",
            _THE_LINK,
        ),
        _EXPIRES_ON,
    ),
    MailKind.DAILY_DIGEST: (
        _AGENCY_NAME,
        _MEMBER_NAME,
        Placeholder(
            "waiting",
            _l("What waits for the member, each with its link"),
            (("Maple & Sons: Ana Silva", "https://portal.example/accounts/maple/access-requests/1"),),
            _THE_LINKS,
        ),
        Placeholder("portal_link", _l("The link to the home page"), "https://portal.example/", _THE_LINK),
    ),
    MailKind.PASSWORD_RESET: (
        _AGENCY_NAME,
        _MEMBER_NAME,
        Placeholder(
            "reset_link",
            _l("The link to choose a new password"),
            "https://portal.example/reset/sample",
            _THE_LINK,
        ),
        _EXPIRES_AT,
    ),
    MailKind.PASSWORD_CHANGED: (
        _AGENCY_NAME,
        _MEMBER_NAME,
        Placeholder(
            "changed_at", _l("When the password was changed"), datetime(2027, 3, 15, 16, 30, tzinfo=UTC)
        ),
        Placeholder(
            "new_password_link",
            _l("The link to the page that sends a link for a new password"),
            "https://portal.example/forgotten-password",
            _THE_LINK,
        ),
    ),
    MailKind.ANSWER_RECEIVED: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _CONTACT_NAME,
        _PEOPLE,
        Placeholder(
            "given_answer_link",
            _l("The link to the answer, where it can be corrected"),
            "https://portal.example/r/k3v9x2m7q4tz.sample",
            _THE_LINK,
        ),
        _CONSULTANT_NAME,
        _CONSULTANT_ADDRESS,
    ),
    MailKind.ACCESS_CHANGED: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _USER_NAME,
        _USER_ADDRESS,
        _CRM_NAME,
        Placeholder(
            "changes", _l("What changed, one line each"), ("Can now edit deals", "Joined Sales North"), _LIST
        ),
        Placeholder("changed_on", _l("The day it changed"), date(2027, 3, 1)),
        _SIGN_IN_LINK,
        _WHO_TO_ASK,
        _CONSULTANT_NAME,
    ),
    MailKind.ACCESS_ENDING: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _CONTACT_NAME,
        _PEOPLE,
        _CRM_NAME,
        Placeholder("ends_on", _l("The last day of the access"), date(2027, 3, 31)),
        Placeholder(
            "keep_access_link",
            _l("The link that keeps the access for longer"),
            "https://portal.example/keep/sample",
            _THE_LINK,
        ),
        _CONSULTANT_NAME,
        _CONSULTANT_ADDRESS,
    ),
    MailKind.REVIEW: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _CONTACT_NAME,
        Placeholder(
            "review_link",
            _l("The link to the page where the access is reviewed"),
            "https://portal.example/review/sample",
            _THE_LINK,
        ),
        _EXPIRES_ON,
        Placeholder(
            "silence", _l("What was agreed for no answer"), "Everybody keeps their access.", _OPTIONAL
        ),
        _CONSULTANT_NAME,
        _CONSULTANT_ADDRESS,
    ),
    MailKind.SEAT_CONSENT: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        _CONTACT_NAME,
        _PEOPLE,
        _CRM_NAME,
        Placeholder("seat_name", _l("The kind of seat"), "Sales"),
        Placeholder("price", _l("What one more seat costs"), "EUR 90 a month"),
        Placeholder("until", _l("The day until which the seat is paid"), date(2027, 3, 31), _OPTIONAL),
        Placeholder(
            "consent_link",
            _l("The link to the page that asks yes or no"),
            "https://portal.example/consent/sample",
            _THE_LINK,
        ),
        _EXPIRES_ON,
        _CONSULTANT_NAME,
        _CONSULTANT_ADDRESS,
    ),
}


def rules_of(kind: MailKind) -> dict[str, Rules]:
    """The names a template of this kind may use, with their rules."""
    return {placeholder.name: placeholder.rules for placeholder in PLACEHOLDERS[kind]}


def sample_values(kind: MailKind) -> dict[str, Value]:
    """Believable values to show a template with; of names that exclude each other, one has any."""
    return {
        placeholder.name: placeholder.sample if placeholder.in_sample else ""
        for placeholder in PLACEHOLDERS[kind]
    }
