"""From "being set up" to "closed": what the runs make of a request, the welcome, the first sign-in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from flask_babel import force_locale
from sqlalchemy import select

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import CHECK_SIGN_INS, STARTABLE, RequestState
from portal.accounts.states import CRM_NAMES, Crm
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import _
from portal.crm.connections import can
from portal.crm.protocol import Capability
from portal.crm.queries import find_connection
from portal.job_roles.models import JobRole
from portal.job_roles.queries import text_of
from portal.jobs import work
from portal.mail import outbox
from portal.mail.kinds import MailKind
from portal.mail.values import Value
from portal.provisioning.states import RunState
from portal.users.queries import has_signed_in
from portal.web.addresses import whole_address

# Where people sign in, for accounts whose own address the portal never read.
SIGN_IN_PAGES: Final = {
    Crm.HUBSPOT: "https://app.hubspot.com",
    Crm.PIPEDRIVE: "https://app.pipedrive.com",
    Crm.SALESFORCE: "https://login.salesforce.com",
}
SOONEST_CHECK: Final = timedelta(minutes=3)
LATEST_CHECK: Final = timedelta(hours=6)
NEEDS_A_PERSON: Final = frozenset({RunState.STOPPED, RunState.REOPENED, RunState.BY_HAND})
GOES_ON: Final = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.WAITING})


def settle(access_request: AccessRequest) -> None:
    """Welcome who is in, and bring the request to where its runs are; harmless to repeat."""
    people = [person for person in access_request.people if person.run is not None or person.is_scheduled]
    if not people or access_request.state not in STARTABLE:
        return
    state, reason = _where_they_are(access_request, people)
    if state is not access_request.state:
        access_request.move_to(state, reason)  # first: the account is locked before the trail, as everywhere
    elif reason != access_request.reason:
        access_request.reason = reason[:500]
    for person in people:
        if _is_in(person) and person.welcomed_at is None:
            _welcome(access_request, person)
    if state is RequestState.ONBOARDING:
        _close_if_all_signed_in(access_request)


def say_signed_in(access_request: AccessRequest, person: RequestPerson, by: Member) -> None:
    """Take a member's word that somebody signed in, where the CRM does not say."""
    if person.welcomed_at is None or person.signed_in_at is not None:
        raise NotNow
    _signed_in(access_request, person, clock.now(), by)


def check_now(access_request: AccessRequest) -> None:
    """Have the CRM's login history read at once."""
    for person in waited_for(access_request):
        person.next_check_at = clock.now()
    work.enqueue(CHECK_SIGN_INS, access_request.id)


def waited_for(access_request: AccessRequest) -> list[RequestPerson]:
    """Return who was welcomed and has not been seen signing in."""
    return [
        person
        for person in access_request.people
        if person.welcomed_at is not None and person.signed_in_at is None
    ]


def to_check(access_request: AccessRequest) -> dict[int, str]:
    """Return whose sign-in to look for, by the CRM's own id, and plan the next look."""
    found = {}
    for person in waited_for(access_request):
        pause = (clock.now() - (person.welcomed_at or clock.now())) / 10
        person.next_check_at = clock.now() + min(max(pause, SOONEST_CHECK), LATEST_CHECK)
        if person.run is not None and person.run.external_user_id:
            found[person.id] = person.run.external_user_id
    return found


def note_sign_ins(access_request: AccessRequest, seen: Mapping[int, datetime]) -> None:
    """Take over the sign-ins that the CRM reported, by person."""
    for person in waited_for(access_request):
        if person.id in seen:
            _signed_in(access_request, person, seen[person.id], trail.PORTAL)


def _where_they_are(
    access_request: AccessRequest, people: Sequence[RequestPerson]
) -> tuple[RequestState, str]:
    states = {person.run.state for person in people if person.run is not None}
    if states & NEEDS_A_PERSON or any(person.is_held for person in people):
        with force_locale(access_request.started_by.language):
            return RequestState.STOPPED, " ".join(_open_questions(people))
    if states & GOES_ON:
        return RequestState.PROVISIONING, ""
    if any(person.is_scheduled for person in people):
        return RequestState.SCHEDULED, ""
    return RequestState.ONBOARDING, ""


def _open_questions(people: Iterable[RequestPerson]) -> Iterable[str]:
    for person in people:
        if person.run is not None and person.run.state in NEEDS_A_PERSON:
            yield f"{person.name}: {person.run.reason}"
        elif person.is_held:
            yield _(
                "%(name)s: the portal was restored from a backup, so set-up did not begin by itself. "
                "Look in the CRM, then start it or leave them out.",
                name=person.name,
            )


def _is_in(person: RequestPerson) -> bool:
    return person.run is not None and person.run.state is RunState.DONE


def _signed_in(
    access_request: AccessRequest, person: RequestPerson, at: datetime, by: Member | trail.Actor
) -> None:
    person.signed_in_at, person.next_check_at = at, None
    trail.record(by, "user.signed_in", access_request, person=person.name, at=at.isoformat())
    _close_if_all_signed_in(access_request)


def _close_if_all_signed_in(access_request: AccessRequest) -> None:
    people = [person for person in access_request.people if _is_in(person)]
    if access_request.state is not RequestState.ONBOARDING or any(not each.signed_in_at for each in people):
        return
    with force_locale(access_request.started_by.language):
        outcome = _("Everybody is in and has signed in.") if people else _("Nobody was set up.")
    access_request.move_to(RequestState.CLOSED, outcome)
    access_request.closed_at = access_request.changed_at
    trail.record(trail.PORTAL, "access_request.closed", access_request, outcome=outcome)
    _tell_finished(access_request, outcome)


def _welcome(access_request: AccessRequest, person: RequestPerson) -> None:
    """Write to the new user once; where nobody knows the sign-in page, that is left to the consultant."""
    person.welcomed_at = person.next_check_at = clock.now()
    link = sign_in_page(access_request)
    if not link:
        trail.record(trail.PORTAL, "onboarding.left_to_you", access_request, person=person.name)
        return
    outbox.post(
        MailKind.ONBOARDING,
        key=f"access-request:{access_request.id}:onboarding:{person.id}",
        recipient_name=person.name,
        recipient=person.email,
        language=access_request.language,
        values=welcome_values(access_request, person, link, access_request.language),
        topic=access_request,
        account=access_request.account,
        reply_to=access_request.started_by.email,
        automatic=False,  # a consultant confirmed each of these people
        caused_at=person.run.created_at if person.run else None,
    )
    trail.record(trail.PORTAL, "onboarding.sent", access_request, person=person.name, address=person.email)


def welcome_values(
    access_request: AccessRequest, person: RequestPerson, link: str, language: str
) -> dict[str, Value]:
    """Return what the welcome of a person says, the job role in this language."""
    values: dict[str, Value] = {
        "user_name": person.first_name or person.name,
        "user_address": person.email,
        "crm_name": str(CRM_NAMES[access_request.account.crm]),
        "sign_in_link": link,
        **first_password(access_request, person),
        "who_to_ask": access_request.contact.name,
        "consultant_name": access_request.started_by.name,
    }
    if person.start_date is not None:
        values["start_date"] = person.start_date
    job_role = db.session.scalars(select(JobRole).where(JobRole.id == person.job_role_id)).one_or_none()
    if job_role is not None:
        text = text_of(job_role, language)
        values |= {"job_role": text.name, "can_do": list(text.can_do)}
    return values


def first_password(access_request: AccessRequest, person: RequestPerson) -> dict[str, Value]:
    """Return how the user comes to a password, as far as is known: one of three values is not empty."""
    crm = access_request.account.crm
    if _is_invited(access_request, person):
        known = "invited_by"
    elif has_signed_in(person.email, crm) or (person.run is not None and person.run.was_changed):
        known = "known_to"  # HubSpot takes no change to a user who never signed in
    else:
        known = "password_reset_at"
    names = ("invited_by", "known_to", "password_reset_at")
    return {name: str(CRM_NAMES[crm]) if name == known else "" for name in names}


def _is_invited(access_request: AccessRequest, person: RequestPerson) -> bool:
    """Tell whether the CRM was asked to invite; before anything is confirmed, what was chosen last counts."""
    if person.run is not None:
        return person.run.is_invited and person.run.was_created
    connection = find_connection(access_request.account_id)
    return (
        can(connection, Capability.CREATE_USERS) and connection is not None and connection.sends_invitations
    )


def sign_in_page(access_request: AccessRequest) -> str:
    """Return where the account's users sign in, or nothing where nobody knows."""
    account = access_request.account
    connection = find_connection(account.id)
    known = connection.app_url if connection is not None else ""
    return known or SIGN_IN_PAGES.get(account.crm, "")


def _tell_finished(access_request: AccessRequest, outcome: str) -> None:
    consultant, account = access_request.started_by, access_request.account
    outbox.post(
        MailKind.REQUEST_FINISHED,
        key=f"access-request:{access_request.id}:finished:member:{consultant.id}",
        recipient_name=consultant.name,
        recipient=consultant.email,
        language=consultant.language,
        values={
            "consultant_name": consultant.name,
            "people": [person.name for person in access_request.people],
            "request_link": whole_address(
                "access_requests.show", account=account, number=access_request.number
            ),
            "outcome": outcome,
        },
        topic=access_request,
        account=account,
        caused_at=max(
            (person.signed_in_at for person in access_request.people if person.signed_in_at), default=None
        ),
    )
