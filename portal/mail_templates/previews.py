"""A text tried out: with the facts of a real request, and samples for what no request tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portal.access_requests import mails, onboarding
from portal.access_requests.links import LIVES
from portal.access_requests.models import AccessRequest
from portal.access_requests.queries import answers
from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.core import clock
from portal.mail.composing import ComposedMail
from portal.mail.kinds import PLACEHOLDERS, Placeholder, rules_of, sample_values
from portal.mail.templating import Part, Problem, Template, TemplateRefused, read_template
from portal.mail.values import Value, ValueRefused
from portal.mail.writing import write
from portal.mail_templates.places import Place


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a text: the mail, or what is wrong with it and where."""

    mail: ComposedMail | None = None
    problems: Sequence[Problem] = ()


def problems_of(place: Place, subject: str, body: str) -> Sequence[Problem]:
    """Return what keeps a text from being used, in the order of its places."""
    try:
        read_template(subject, body, rules_of(place.kind))
    except TemplateRefused as refused:
        return refused.problems
    return ()


def try_text(place: Place, subject: str, body: str, about: AccessRequest | None, reader: Member) -> Tried:
    """Write the mail as it would be with this text; nothing is sent."""
    try:
        template = read_template(subject, body, rules_of(place.kind))
    except TemplateRefused as refused:
        return Tried(problems=refused.problems)
    try:
        return Tried(compose_with(place, template, about, reader))
    except ValueRefused as refused:
        return Tried(problems=[Problem(Part.BODY, 1, 1, refused.message)])


def compose_with(
    place: Place, template: Template, about: AccessRequest | None, reader: Member
) -> ComposedMail:
    """Write a mail of this kind from a template that was found sound."""
    account = about.account if about else place.account
    values = sample_values(place.kind) | _real_values(place, about, reader)
    del values["agency_name"]
    if account is not None:
        values.pop("account_name", None)
    return write(place.kind, place.language, values, current_agency(), account, template)


def made_up(place: Place, about: AccessRequest | None, reader: Member) -> list[Placeholder]:
    """Return the placeholders that are shown with a sample, since no request tells them."""
    known = {"agency_name", "account_name"} if about or place.account else {"agency_name"}
    known |= set(_real_values(place, about, reader))
    return [
        placeholder
        for placeholder in PLACEHOLDERS[place.kind]
        if placeholder.name not in known and placeholder.in_sample
    ]


def _real_values(place: Place, about: AccessRequest | None, reader: Member) -> dict[str, Value]:
    """Return what is known; a value that must be there and is empty in this request is left to the sample."""
    known: dict[str, Value] = {"member_name": reader.name}
    if about is not None:
        known |= _facts_of(about, place.language)
    rules = rules_of(place.kind)
    return {name: value for name, value in known.items() if name in rules and (value or rules[name].optional)}


def _facts_of(about: AccessRequest, language: str) -> dict[str, Value]:
    zone = ZoneInfo(current_agency().time_zone)
    facts = mails.known_values(about, clock.now() + LIVES)
    facts["asked_on"] = (about.sent_at or clock.now()).astimezone(zone).date()
    facts["outcome"] = about.reason
    said = next(iter(answers(about)), None)
    if said is not None:
        facts |= {"answered_by": said.given_name, "comment": said.remark}
    link = onboarding.sign_in_page(about)
    if about.people and link:  # where nobody knows the sign-in page, no welcome is written
        facts |= {"job_role": "", "can_do": (), "start_date": ""}
        facts |= onboarding.welcome_values(about, about.people[0], link, language)
    return facts
