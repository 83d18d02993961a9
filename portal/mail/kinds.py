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
    ONBOARDING = "onboarding"
    REQUEST_FINISHED = "request_finished"
    REQUEST_NEWS = "request_news"
    ANSWER_ARRIVED = "answer_arrived"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name, not a secret


_TEXT = Rules()


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One name a template may use: what it stands for, and a value to show it with."""

    name: str
    explanation: Text
    sample: Value
    rules: Rules = _TEXT


_OPTIONAL = Rules(optional=True)
_LIST = Rules(Shape.LIST)
_OPTIONAL_LIST = Rules(Shape.LIST, optional=True)
_THE_LINK = Rules(Shape.LINK, must_appear=True)

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
_TELLING = (_AGENCY_NAME, _ACCOUNT_NAME, _CONSULTANT_NAME, _PEOPLE, _REQUEST_LINK)

PLACEHOLDERS: Final[Mapping[MailKind, tuple[Placeholder, ...]]] = {
    MailKind.ACCESS_REQUEST: (
        *_ASKING,
        Placeholder(
            "note", _l("What the consultant adds for this request"), "They start on Monday.", _OPTIONAL
        ),
    ),
    MailKind.ANSWER_LINK: _ASKING,
    MailKind.ONBOARDING: (
        _AGENCY_NAME,
        _ACCOUNT_NAME,
        Placeholder("user_name", _l("The new user"), "Ana Silva"),
        Placeholder("user_address", _l("The address the new user signs in with"), "ana@maple.example"),
        Placeholder("crm_name", _l("The CRM of the account"), "HubSpot"),
        Placeholder(
            "sign_in_link", _l("The link to the CRM's sign-in page"), "https://crm.example/login", _THE_LINK
        ),
        Placeholder("job_role", _l("The new user's job role"), "Sales", _OPTIONAL),
        Placeholder(
            "can_do", _l("What the new user can do"), ("Look after customers", "Read reports"), _OPTIONAL_LIST
        ),
        Placeholder("start_date", _l("The day the new user starts"), date(2027, 3, 1), _OPTIONAL),
        Placeholder("who_to_ask", _l("Who answers the new user's questions"), "Claire Dubois"),
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
}


def rules_of(kind: MailKind) -> dict[str, Rules]:
    """The names a template of this kind may use, with their rules."""
    return {placeholder.name: placeholder.rules for placeholder in PLACEHOLDERS[kind]}


def sample_values(kind: MailKind) -> dict[str, Value]:
    """Believable values for every placeholder of the kind, to show a template with."""
    return {placeholder.name: placeholder.sample for placeholder in PLACEHOLDERS[kind]}
