"""Set-up that waits for a person's first working day: begun in the morning, now, or not at all."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from portal.access_requests import onboarding
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.proposal_queries import PersonProposal, Proposal, proposal_of
from portal.access_requests.states import PROVISION, STARTABLE, RequestState
from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.crm.protocol import NewUser
from portal.jobs import restoring
from portal.provisioning import actions as provisioning

MORNING: Final = time(7)  # where the agency is


def find_morning(day: date | None) -> datetime | None:
    """Return when set-up begins for somebody who starts on a day; None where that is no more ahead."""
    if day is None:
        return None
    morning = datetime.combine(day, MORNING, ZoneInfo(current_agency().time_zone)).astimezone(UTC)
    return morning if morning > clock.now() else None


def begin(access_request: AccessRequest, proposal: Proposal, part: PersonProposal) -> None:
    """Have a person of a confirmed proposal set up."""
    person = part.person
    run = provisioning.plan(
        access_request.account,
        replace(wanted_of(person), send_welcome_email=person.is_invited and proposal.may_invite),
        job_role=part.job_role,
        to_tick=part.to_tick,
        then_job=PROVISION,
        then_id=access_request.id,
    )
    person.run_id, person.set_up_at = run.id, None
    db.session.flush()
    db.session.expire(person, ["run"])


def schedule(person: RequestPerson, at: datetime) -> None:
    """Let the set-up of a person of a confirmed proposal wait."""
    person.scheduled_at, person.set_up_at = clock.now(), at


def wanted_of(person: RequestPerson) -> NewUser:
    """Return the user that the CRM shall have."""
    return NewUser(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        permission_set_id=person.permission_set_id,
        seats=tuple(person.seats),
        primary_team_id=person.primary_team_id,
        secondary_team_ids=tuple(person.secondary_team_ids),
    )


def start_due(access_request: AccessRequest) -> None:
    """Begin what waited for this morning; harmless to repeat.

    What was scheduled before the portal was restored from a backup may have been done since: it is held.
    """
    now = clock.now()
    due = [person for person in _waiting(access_request) if person.set_up_at and person.set_up_at <= now]
    for person in due:
        if restoring.may_be_forgotten(person.scheduled_at or now):
            person.set_up_at = None
    started = [person for person in due if not person.is_held]
    _start(access_request, started, trail.PORTAL)
    if len(started) < len(due):
        onboarding.settle(access_request)


def start_now(access_request: AccessRequest, people: Iterable[RequestPerson], by: Member) -> None:
    """Wait no longer for these people; raises ``NotNow`` where none of them waits."""
    waiting = set(_waiting(access_request)) & set(people)
    if not waiting:
        raise NotNow
    _start(access_request, waiting, by)


def leave_out(access_request: AccessRequest, person: RequestPerson, by: Member) -> None:
    """Go on without somebody who waits; raises ``NotNow`` where nobody else is left."""
    others = [other for other in access_request.people if other.is_scheduled or other.run_id is not None]
    if person not in _waiting(access_request) or others == [person]:
        raise NotNow
    person.is_left_out = True
    person.forget_day()
    onboarding.settle(access_request)  # first: the account is locked before the trail, as everywhere
    trail.record(by, "access_request.scheduled_left_out", access_request, people=person.name)


def take_back(access_request: AccessRequest, by: Member) -> None:
    """Make a proposal again of what waits; raises ``NotNow`` once anybody's set-up began."""
    waiting = _waiting(access_request)
    if not waiting or any(person.run_id is not None for person in access_request.people):
        raise NotNow
    for person in waiting:
        person.forget_day()
    access_request.move_to(RequestState.ANSWERED)
    trail.record(by, "access_request.taken_back", access_request)


def _waiting(access_request: AccessRequest) -> list[RequestPerson]:
    if access_request.state not in STARTABLE:
        return []
    return [person for person in access_request.people if person.is_scheduled]


def _start(access_request: AccessRequest, people: Iterable[RequestPerson], by: Member | trail.Actor) -> None:
    ids = {person.id for person in people}
    if not ids:
        return
    proposal = proposal_of(access_request)
    starting = [part for part in proposal.people if part.person.id in ids]
    for part in starting:
        begin(access_request, proposal, part)
    onboarding.settle(access_request)  # first: the account is locked before the trail, as everywhere
    names = ", ".join(part.person.name for part in starting)
    trail.record(by, "access_request.started", access_request, people=names)
