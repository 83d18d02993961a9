"""What happens to a request in the background: its runs come to rest, people sign in."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from portal.access_requests import chasing, onboarding, scheduling
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import (
    CHECK_SIGN_INS,
    MAY_BE_UNSETTLED,
    NOTE_MAIL,
    PROVISION,
    REMIND,
    START_SCHEDULED,
    STARTABLE,
    RequestState,
)
from portal.accounts.models import Account
from portal.core import clock
from portal.core.db import db, spelled_out
from portal.core.errors import PortalError
from portal.crm.connections import note_failure, open_for
from portal.crm.protocol import Connector
from portal.crm.queries import find_connection
from portal.jobs import work
from portal.mail.queries import get_mail
from portal.mail.states import LISTENERS
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.states import RunState
from portal.reminders.queries import contacts_due
from portal.users.actions import note_sign_in

SET_UP = (*STARTABLE, RequestState.ONBOARDING)


@work.job(PROVISION)
def settle(request_id: int) -> None:
    """Bring a request to where its runs are, and welcome who is in."""
    with work.step():
        access_request = _locked(request_id)
        if access_request is not None:
            onboarding.settle(access_request)


@work.job(START_SCHEDULED)
def start_scheduled(request_id: int) -> None:
    """Set up the people whose first working day has come."""
    with work.step():
        access_request = _locked(request_id)
        if access_request is not None:
            scheduling.start_due(access_request)


@work.job(CHECK_SIGN_INS)
def check_sign_ins(request_id: int) -> None:
    """Look in the CRM's login history for the people who were welcomed."""
    with work.step():
        access_request = _locked(request_id)
        looked_for = onboarding.to_check(access_request) if access_request is not None else {}
    if access_request is None or not looked_for:
        return
    try:
        with open_for(_account_of(request_id)) as connector:
            seen = {person: _latest(connector, user_id) for person, user_id in looked_for.items()}
    except PortalError as error:
        _note_failure(request_id, error)
        return
    with work.step():
        _take_over(request_id, looked_for, {person: at for person, at in seen.items() if at is not None})


@work.job(REMIND)
def remind(contact_id: int) -> None:
    """Remind a contact of what they have not answered."""
    with work.step():
        chasing.follow_up(contact_id)


@work.job(NOTE_MAIL)
def note_mail(mail_id: int) -> None:
    """Wait for us while our mails do not reach a contact, and for the client once one is sent anew."""
    with work.step():
        chasing.note_mail(get_mail(mail_id))


LISTENERS[AccessRequest.__tablename__] = NOTE_MAIL


@work.sweep
def reminders_due() -> Iterable[work.Nudge]:
    """Find the contacts who are to be reminded now."""
    for agency_id, contact_id in contacts_due(chasing.QUESTION):
        yield work.Nudge(REMIND, agency_id, (contact_id,))


@work.sweep
def first_days_reached() -> Iterable[work.Nudge]:
    """Find requests in which somebody's first working day has come."""
    person, request = RequestPerson, AccessRequest
    is_in_it = (person.agency_id == request.agency_id) & (person.request_id == request.id)
    due = (
        select(request.agency_id, request.id)
        .join(person, is_in_it)
        .join(Account, Account.id == request.account_id)
        .where(
            person.set_up_at <= clock.now(),
            person.run_id.is_(None),
            request.state.in_(STARTABLE),
            Account.archived_at.is_(None),
        )
    )
    for row in db.session.execute(due.distinct()):
        yield work.Nudge(START_SCHEDULED, row.agency_id, (row.id,))


@work.sweep
def requests_left_behind() -> Iterable[work.Nudge]:
    """Find requests whose runs came to rest without their hearing of it, and sign-ins to look for."""
    request, person, run = AccessRequest, RequestPerson, ProvisioningRun
    is_in_it = (person.agency_id == request.agency_id) & (person.request_id == request.id)
    other, asks = aliased(RequestPerson), aliased(ProvisioningRun)
    still_asks = exists().where(
        other.agency_id == request.agency_id,
        other.request_id == request.id,
        asks.id == other.run_id,
        asks.state.in_(onboarding.NEEDS_A_PERSON),
    )
    is_unwelcomed = (run.state == RunState.DONE) & person.welcomed_at.is_(None)
    is_unsettled = or_(
        request.state == RequestState.PROVISIONING,
        (request.state == RequestState.STOPPED) & (is_unwelcomed | ~still_asks),
    )
    unsettled = (
        select(request.agency_id, request.id)
        .join(person, is_in_it)
        .join(run, run.id == person.run_id)
        .where(spelled_out(request.state, MAY_BE_UNSETTLED), is_unsettled)
    )
    due = (
        select(request.agency_id, request.id)
        .join(person, is_in_it)
        .where(request.state.in_(SET_UP), person.signed_in_at.is_(None), person.next_check_at <= clock.now())
    )
    for name, statement in ((PROVISION, unsettled), (CHECK_SIGN_INS, due)):
        for row in db.session.execute(statement.distinct()):
            yield work.Nudge(name, row.agency_id, (row.id,))


def _locked(request_id: int) -> AccessRequest | None:
    statement = select(AccessRequest).where(AccessRequest.id == request_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _account_of(request_id: int) -> Account:
    return db.session.get_one(AccessRequest, request_id).account


def _latest(connector: Connector, user_id: str) -> datetime | None:
    return max((sign_in.at for sign_in in connector.sign_ins(user_id)), default=None)


def _take_over(request_id: int, looked_for: dict[int, str], seen: dict[int, datetime]) -> None:
    access_request = _locked(request_id)
    if access_request is None:
        return
    for person, at in seen.items():
        note_sign_in(access_request.account, looked_for[person], at)
    onboarding.note_sign_ins(access_request, seen)


def _note_failure(request_id: int, error: PortalError) -> None:
    with suppress(LookupError), work.step():
        connection = find_connection(_account_of(request_id).id)
        if connection is not None:
            note_failure(connection, error)
