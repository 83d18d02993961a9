"""Reading a proposal: the answer beside what will be written, what it takes, and what is still open."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import RequestState
from portal.access_requests.tick_queries import missing_scopes, name_of, to_tick
from portal.accounts.models import Account
from portal.accounts.states import CRM_NAMES
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.core.texts import Text, _l
from portal.crm.connections import can
from portal.crm.protocol import Capability
from portal.crm.queries import find_connection
from portal.job_roles.meanings import Meaning, Target, Targets
from portal.job_roles.queries import job_roles, meanings, targets_of
from portal.mail.queries import undelivered
from portal.provisioning.queries import reservations
from portal.provisioning.states import RunState
from portal.users.models import User
from portal.users.seats import Freshness, freshness_of

CHANGED: Final = "access_request.proposal_changed"


@dataclass(frozen=True, slots=True)
class Line:
    """One field that will be written: before, and after."""

    label: Text
    before: str
    after: str

    @property
    def is_change(self) -> bool:
        """Whether writing it makes a difference."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class PersonProposal:
    """One person's part: what was asked, what it means here, what will be written."""

    person: RequestPerson
    asked: str
    job_role: str
    meaning: Meaning | None
    lines: tuple[Line, ...]
    problems: tuple[Text, ...]
    existing: User | None
    is_admin: bool
    is_empty: bool
    to_tick: tuple[str, ...]  # what no API can set here, in words
    undelivered: Text | None = None  # why our own mail does not reach this address

    @property
    def is_in(self) -> bool:
        """Whether the person will be set up."""
        return not (self.person.is_left_out or self.person.is_declined)


@dataclass(frozen=True, slots=True)
class Reserved:
    """Seats that another confirmed request takes, or this one for people confirmed before."""

    request: int  # its number in the account
    number: int


@dataclass(frozen=True, slots=True)
class SeatUse:
    """How many seats of a kind the request takes, and how many are left; None where nobody knows."""

    name: str
    wanted: int
    remaining: int | None  # as read
    reserved: tuple[Reserved, ...] = ()

    @property
    def free(self) -> int | None:
        """How many are left for this request; None where nobody knows."""
        taken = sum(reserved.number for reserved in self.reserved)
        return None if self.remaining is None else max(self.remaining - taken, 0)

    @property
    def is_short(self) -> bool:
        """Whether too few are left."""
        return self.free is not None and self.wanted > self.free


@dataclass(frozen=True, slots=True)
class Proposal:
    """The whole proposal, as its pages show it."""

    people: tuple[PersonProposal, ...]
    targets: Targets
    kinds: tuple[SeatUse, ...]  # every kind of seat that is wanted or known
    freshness: Freshness
    costs: tuple[str, ...]
    is_by_hand: bool
    is_checkable: bool
    crm_name: Text
    invites: bool  # the choice to start with: the last one in this account
    scopes: tuple[Text, ...] = ()  # what the portal cannot give because the connection lacks a scope
    is_reopened: bool = False  # for people whose set-up stopped; the others are out of it

    @property
    def may_invite(self) -> bool:
        """Whether the portal creates users here, and so can have the CRM invite them."""
        return not self.is_by_hand

    @property
    def seats(self) -> tuple[SeatUse, ...]:
        """The kinds of seat that confirming takes."""
        return tuple(kind for kind in self.kinds if kind.wanted)

    @property
    def included(self) -> tuple[PersonProposal, ...]:
        """Who will be set up."""
        return tuple(each for each in self.people if each.is_in)


def undecided(access_request: AccessRequest) -> list[RequestPerson]:
    """Return whom the proposal is still open for: everybody at first, later those it was reopened for."""
    if access_request.state is RequestState.ANSWERED:
        return list(access_request.people)
    return [
        person for person in access_request.people if person.run and person.run.state is RunState.REOPENED
    ]


def open_proposal_of(access_request: AccessRequest) -> Proposal:
    """Return the proposal for the people whom it is still open for."""
    whole = proposal_of(access_request, undecided(access_request))
    return replace(whole, is_reopened=access_request.state is not RequestState.ANSWERED)


def proposal_of(access_request: AccessRequest, of: Sequence[RequestPerson] | None = None) -> Proposal:
    """Return the proposal, for everybody or some, with all that a consultant must know before confirming."""
    account, asked_about = access_request.account, access_request.people if of is None else of
    connection = find_connection(account.id)
    targets = targets_of(account)
    known = meanings_by_id(account, targets)
    existing, freshness = _existing(access_request), freshness_of(account)
    unreached = undelivered([person.email for person in asked_about])
    people = tuple(
        replace(
            _person_proposal(person, known, targets, existing.get(person.email)),
            undelivered=unreached.get(person.email),
        )
        for person in asked_about
    )
    return Proposal(
        people=people,
        targets=targets,
        kinds=_seat_use(people, targets, _reserved(account, freshness.as_of)),
        freshness=freshness,
        costs=_costs(people, targets),
        is_by_hand=not can(connection, Capability.CREATE_USERS),
        is_checkable=can(connection, Capability.LIST_USERS),
        crm_name=CRM_NAMES[account.crm],
        scopes=missing_scopes(connection),
        invites=connection is None or connection.sends_invitations,
    )


def changes_since(access_request: AccessRequest, version: int) -> list[AuditEntry]:
    """Return what others changed in the proposal since it was shown, the latest first."""
    statement = (
        select(AuditEntry)
        .where(
            AuditEntry.subject_kind == AccessRequest.__tablename__,
            AuditEntry.subject_id == access_request.id,
            AuditEntry.action == CHANGED,
        )
        .order_by(AuditEntry.sequence.desc())
        .limit(20)
    )
    return [entry for entry in db.session.scalars(statement) if entry.details.get("version", 0) > version]


def _person_proposal(
    person: RequestPerson, known: Mapping[int, Meaning], targets: Targets, existing: User | None
) -> PersonProposal:
    meaning = known.get(person.job_role_id or 0)
    asked = known.get(person.answered_job_role_id or 0)
    has_rights = bool(person.seats or person.permission_set_id)
    return PersonProposal(
        person=person,
        asked=name_of(asked.job_role) if asked else "",
        job_role=name_of(meaning.job_role) if meaning else "",
        meaning=meaning,
        lines=lines_of(person, targets, existing),
        problems=meaning.problems if meaning else (_l("no job role was chosen"),),
        existing=existing,
        is_admin=_is_admin(person, known),
        is_empty=bool(targets) and not has_rights and not _is_ticked_instead(meaning, targets),
        to_tick=to_tick(meaning, targets),
    )


def _is_ticked_instead(meaning: Meaning | None, targets: Targets) -> bool:
    """Tell whether neither seat nor set is fine: no sets exist, and the role is mapped or no seat known."""
    is_mapped = meaning is not None and meaning.is_mapped
    return not targets.offers_sets and (is_mapped or not targets.seats)


def _is_admin(person: RequestPerson, known: Mapping[int, Meaning]) -> bool:
    """Tell whether a person gets admin rights: by the job role, or by the permission set of such a one."""
    admin = [meaning for meaning in known.values() if meaning.job_role.is_admin]
    sets = {meaning.permission_set.id for meaning in admin if meaning.permission_set}
    return (
        person.job_role_id in {meaning.job_role.id for meaning in admin} or person.permission_set_id in sets
    )


def lines_of(person: RequestPerson, targets: Targets, existing: User | None) -> tuple[Line, ...]:
    """Return every field that is written for a person, before and after, in names."""

    def line(label: Text, name: str, known: Mapping[str, Target] | None = None) -> Line:
        before, after = getattr(existing, name, None), getattr(person, name)
        return Line(label, _named(before, known or {}), _named(after, known or {}))

    return (
        line(_l("Address"), "email"),
        line(_l("First name"), "first_name"),
        line(_l("Last name"), "last_name"),
        line(_l("Seat"), "seats", targets.seats),
        line(_l("Permission set"), "permission_set_id", targets.permission_sets),
        line(_l("Main team"), "primary_team_id", targets.teams),
        line(_l("Other teams"), "secondary_team_ids", targets.teams),
    )


def _named(value: str | Sequence[str] | None, known: Mapping[str, Target]) -> str:
    ids = [value] if isinstance(value, str) else list(value or [])
    return ", ".join(known[each].name if each in known else each for each in ids)


def _seat_use(
    people: Iterable[PersonProposal], targets: Targets, reserved: Mapping[str, Counter[int]]
) -> tuple[SeatUse, ...]:
    """Count what is taken of each kind and what is left; what an existing user holds is not taken."""
    wanted = Counter(
        seat
        for shown in people
        if shown.is_in
        for seat in shown.person.seats
        if not (shown.existing and seat in shown.existing.seats)
    )
    return tuple(
        SeatUse(
            name,
            wanted[name],
            targets.seats[name].remaining if name in targets.seats else None,
            tuple(Reserved(*taken) for taken in sorted(reserved.get(name, Counter()).items())),
        )
        for name in sorted({*wanted, *targets.seats})
    )


def _reserved(account: Account, as_of: datetime | None) -> dict[str, Counter[int]]:
    """Return which requests take how many seats of each kind that the figures do not show as used."""
    taken = {found.run_id: found.seats for found in reservations(account.id, as_of)}
    numbers = (
        select(RequestPerson.run_id, AccessRequest.number)
        .join(AccessRequest, AccessRequest.id == RequestPerson.request_id)
        .where(RequestPerson.run_id.in_(taken))
    )
    reserved: dict[str, Counter[int]] = defaultdict(Counter)
    for run_id, number in db.session.execute(numbers):
        for seat in taken.get(run_id or 0, ()):
            reserved[seat][number] += 1
    return reserved


def _costs(people: Iterable[PersonProposal], targets: Targets) -> tuple[str, ...]:
    """Return the permission sets in use that the CRM gives a paid seat with."""
    used = {each.person.permission_set_id or "" for each in people if each.is_in}
    sets = targets.permission_sets
    return tuple(sorted(sets[each].name for each in used if each in sets and sets[each].costs_seat))


def _existing(access_request: AccessRequest) -> dict[str, User]:
    emails = [person.email for person in access_request.people]
    statement = select(User).where(
        User.account_id == access_request.account_id, User.email.in_(emails), User.gone_at.is_(None)
    )
    return {user.email: user for user in db.session.scalars(statement)}


def meanings_by_id(account: Account, targets: Targets) -> dict[int, Meaning]:
    """Return what each job role means in the account, by the job role's id."""
    return {meaning.job_role.id: meaning for meaning in meanings(account, targets)}


def job_role_choices() -> list[tuple[int, str]]:
    """Return the agency's job roles to choose from."""
    return [(job_role.id, name_of(job_role)) for job_role in job_roles()]
