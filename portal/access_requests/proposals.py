"""The proposal: what each person will get, as the answer says and as a consultant decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.access_requests import onboarding, scheduling
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.proposal_queries import (
    CHANGED,
    Proposal,
    lines_of,
    meanings_by_id,
    open_proposal_of,
    undecided,
)
from portal.access_requests.states import STARTABLE, RequestState
from portal.access_requests.taking import notes_of
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow, PortalError
from portal.core.texts import Text, _, _l
from portal.crm.queries import get_connection
from portal.job_roles.meanings import Meaning, Presence, Target, Targets
from portal.job_roles.queries import targets_of
from portal.provisioning import actions as provisioning


class SomebodyElseChangedIt(NotNow):
    """Another member changed the proposal since this one was shown."""

    title = _l("Somebody else changed this proposal")
    message = _l("Nothing of yours was saved. Look at the proposal as it is now, then decide again.")


class NotReady(PortalError):
    """The proposal leaves something open that only a person can decide."""

    status = 422
    title = _l("Something is still open")


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """What a consultant wants for one person."""

    first_name: str
    last_name: str
    job_role_id: int | None
    seats: Sequence[str] = ()
    permission_set_id: str | None = None
    primary_team_id: str | None = None
    secondary_team_ids: Sequence[str] = ()
    is_left_out: bool = False
    start_date: date | None = None


def prepare(access_request: AccessRequest) -> None:
    """Make a proposal of an answer: each job role becomes what it means in this account, never a guess."""
    account = access_request.account
    known = meanings_by_id(account, targets_of(account))
    for person in access_request.people:
        person.is_left_out = False
        fill(person, known.get(person.answered_job_role_id or 0))


def fill(person: RequestPerson, meaning: Meaning | None) -> None:
    """Give a person what a job role means; what has vanished from the CRM is left open."""
    person.job_role_id = meaning.job_role.id if meaning else None
    person.seats = _usable(meaning.seats) if meaning else []
    person.permission_set_id = _first(_usable([meaning.permission_set])) if meaning else None
    person.primary_team_id = _first(_usable([meaning.primary_team])) if meaning else None
    person.secondary_team_ids = _usable(meaning.further_teams) if meaning else []


def change(
    access_request: AccessRequest, version: int, choices: Mapping[int, PersonChoice], by: Member
) -> None:
    """Keep what a consultant chose; raises ``SomebodyElseChangedIt`` if ``version`` is not the latest."""
    _check(access_request, version)
    names = targets_of(access_request.account)
    changes = [
        {"person": person.name, **difference}
        for person in undecided(access_request)
        if person.id in choices
        for difference in _apply(person, choices[person.id], names)
    ]
    if changes:
        access_request.changed_at = clock.now()
        trail.record(by, CHANGED, access_request, changes=changes, version=version + 1)


def confirm(
    access_request: AccessRequest,
    version: int,
    admins: Iterable[int],
    by: Member,
    *,
    invites: bool = True,
    waits: bool = False,
) -> None:
    """Have everybody in the proposal set up; ``admins`` are the people whose admin rights are confirmed.

    ``invites`` says whether the CRM sends new users its own invitation; the account keeps that choice. Where
    it ``waits``, each person is set up on the morning of their first working day.
    """
    _check(access_request, version)
    proposal = open_proposal_of(access_request)
    problem = find_problem(proposal, admins)
    if problem is not None:
        raise NotReady(problem)
    _set_up(access_request, proposal, by, invites=invites, waits=waits)
    if proposal.may_invite:
        get_connection(access_request.account_id).sends_invitations = invites
    trail.record(
        by,
        "access_request.confirmed",
        access_request,
        people=[each.person.name for each in proposal.included],
        left_out=[each.person.name for each in proposal.people if not each.is_in],
        admins=[each.person.name for each in proposal.included if each.is_admin],
        notes=[str(note) for note in notes_of(proposal, invites=invites)],
        waiting=[each.person.name for each in proposal.included if each.person.is_scheduled],
    )


def _set_up(
    access_request: AccessRequest, proposal: Proposal, by: Member, *, invites: bool, waits: bool
) -> None:
    """Begin with everybody who is in, or plan the morning on which it begins for them."""
    mornings = {
        each.person.id: scheduling.find_morning(each.person.start_date if waits else None)
        for each in proposal.included
    }
    if proposal.is_reopened:
        _end_reopened(proposal, by)
    else:
        access_request.move_to(
            RequestState.SCHEDULED if all(mornings.values()) else RequestState.PROVISIONING
        )
    for each in proposal.included:
        each.person.is_invited = invites
        if (morning := mornings[each.person.id]) is None:
            scheduling.begin(access_request, proposal, each)
        else:
            scheduling.schedule(each.person, morning)
    if proposal.is_reopened:
        onboarding.settle(access_request)  # the others may be done, or go on


def reopen(access_request: AccessRequest, person: RequestPerson, by: Member) -> None:
    """Open the proposal again for somebody whose set-up stopped; ``NotNow`` once anything may be written."""
    if access_request.state not in STARTABLE or person.run is None:
        raise NotNow
    reason = person.run.reason
    provisioning.reopen(person.run)
    onboarding.settle(access_request)  # first: the account is locked before the trail, as everywhere
    access_request.changed_at = clock.now()
    trail.record(by, "access_request.reopened", access_request, person=person.name, reason=reason)


def find_problem(proposal: Proposal, admins: Iterable[int]) -> Text | None:
    """Return what is still open: nobody is in, somebody gets nothing, admin rights are not confirmed."""
    if not proposal.included and not proposal.is_reopened:
        return _l("Nobody is left in this proposal. Put somebody in, or withdraw the request.")
    for each in proposal.included:
        name = each.person.name
        if each.is_empty:
            return _nothing_chosen(proposal, name)
        if each.is_admin and each.person.id not in set(admins):
            return _l("Confirm that %(name)s gets admin rights, or change it.", name=name)
    return None


def _nothing_chosen(proposal: Proposal, name: str) -> Text:
    if proposal.targets.offers_sets:
        return _l("Choose a seat or a permission set for %(name)s, or leave them out.", name=name)
    return _l(
        "Choose a seat for %(name)s, or a job role that is mapped in this account, or leave them out.",
        name=name,
    )


def _end_reopened(proposal: Proposal, by: Member) -> None:
    for shown in proposal.people:
        if shown.person.run is None:
            continue
        reason = (
            _l("A changed proposal took its place.")
            if shown.is_in
            else _l("Left out by %(name)s.", name=by.name)
        )
        provisioning.end_reopened(shown.person.run, reason)
        if shown.is_in:
            shown.person.run_id = None
            db.session.flush()
            db.session.expire(shown.person, ["run"])


def _check(access_request: AccessRequest, version: int) -> None:
    if access_request.version != version:
        raise SomebodyElseChangedIt
    if not undecided(access_request):
        raise NotNow


def _apply(person: RequestPerson, choice: PersonChoice, targets: Targets) -> list[dict[str, str]]:
    """Write a choice to the person and return what became different, in names."""
    before = _described(person, targets)
    for name in PersonChoice.__slots__:
        value: Any = getattr(choice, name)
        setattr(
            person, name, list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        )
    after = _described(person, targets)
    return [
        {"field": name, "before": before[name], "after": after[name]}
        for name in before
        if before[name] != after[name]
    ]


def _described(person: RequestPerson, targets: Targets) -> dict[str, str]:
    return {
        **{str(line.label): line.after for line in lines_of(person, targets, None)},
        str(_l("First working day")): person.start_date.isoformat() if person.start_date else "",
        str(_l("Left out")): _("yes") if person.is_left_out else _("no"),
    }


def _usable(targets: Iterable[Target | None]) -> list[str]:
    return [target.id for target in targets if target and target.presence is not Presence.VANISHED]


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None
