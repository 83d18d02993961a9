"""Writes a made-up agency, a hundred accounts to a transaction: whatever is there is whole."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, insert, select

from portal.access_requests.models import AccessRequest, Answer, RequestPerson
from portal.accounts.models import Account, AccountTag, Contact
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.audit import trail
from portal.core import trigrams
from portal.core.db import db, make_room_for_much, refresh_statistics
from portal.core.ids import random_token
from portal.crm.models import Connection
from portal.demo.emulator.names import Person
from portal.demo.scale import requests, rows
from portal.demo.scale.requests import Asked
from portal.demo.scale.rows import Row
from portal.demo.scale.values import CONTACTS_EACH, Client, clients
from portal.job_roles.actions import copy_shipped_job_roles
from portal.job_roles.queries import job_roles
from portal.jobs import work
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.team.actions import found_agency
from portal.users.models import MirrorRead, PermissionSet, Seat, Team, User

BATCH: Final = 100  # accounts in one transaction
AGENCY: Final = "Fairwind"
STAFF: Final = ("Vera Lindqvist", "Oscar Maes", "Ines Caldeira", "Paul Winter", "Ruth Adler", "Yann Kerr")

MIRROR: Final = (
    (Connection, rows.connection),
    (MirrorRead, rows.latest_read),
    (Seat, rows.seats),
    (PermissionSet, rows.permission_sets),
    (Team, rows.teams),
)  # what is read of a CRM, but for its users


@dataclass(frozen=True, slots=True)
class Founded:
    """The new agency, who may sign in and with which password, and who looks after accounts."""

    agency_id: int
    name: str
    email: str
    password: str
    staff: tuple[Person, ...]
    consultants: tuple[int, ...]
    job_roles: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """How much there is so far."""

    accounts: int
    users: int


def holds_accounts() -> bool:
    """Tell whether any agency has an account."""
    with scope.every_agency(reason="asked before anything is made up"):
        return db.session.scalar(select(Account.id).limit(1)) is not None


def found(accounts: int, users: int) -> Founded:
    """Make the agency with its members and job roles; say in its trail that all of it is made up."""
    with scope.every_agency(reason="a made-up agency has a name of its own"):
        number = 1 + (db.session.scalar(select(func.count()).select_from(Agency)) or 0)
    name = AGENCY if number == 1 else f"{AGENCY} {number}"
    domain = f"{name.lower().replace(' ', '-')}.example"
    staff = tuple(_person(full_name, domain) for full_name in STAFF)
    password = random_token()
    with work.step():
        owner = found_agency(name, name=STAFF[0], email=staff[0].email, password=password, language="en")
        owner.wants_digest = False  # nobody reads it
        colleagues = [_colleague(one, owner) for one in staff[1:]]
        db.session.add_all(colleagues)
        copy_shipped_job_roles()
        trail.record(trail.PORTAL, "agency.made_up", owner.agency, accounts=accounts, users=users)
        consultants = tuple(member.id for member in (owner, *colleagues))
        roles = tuple((role.id, role.name) for role in job_roles())
        return Founded(owner.agency_id, name, owner.email, password, staff, consultants, roles)


def fill(founded: Founded, accounts: int, users: int, random_seed: int) -> Iterator[Written]:
    """Write all accounts with what they hold; yields after each transaction."""
    with scope.every_agency(reason="pages of memory are nobody's"), work.step():
        make_room_for_much()
    made = clients(accounts, users, random_seed, founded.staff)
    accounts_so_far = users_so_far = 0
    while batch := list(islice(made, BATCH)):
        asked = [requests.requests(client, _random(random_seed, client)) for client in batch]
        with scope.agency(founded.agency_id), work.step():
            _Batch(founded, batch, asked).write()
        accounts_so_far += len(batch)
        users_so_far += sum(len(client.users) for client in batch)
        yield Written(accounts_so_far, users_so_far)


def finish() -> None:
    """Let the database know how much it holds, so that it plans by it from the first page on."""
    with scope.every_agency(reason="statistics of whole tables are nobody's"), work.step():
        refresh_statistics(now=True)


class _Batch:
    """Some accounts on their way into the database, each row after those it points to."""

    def __init__(self, founded: Founded, batch: Sequence[Client], asked: Sequence[Sequence[Asked]]) -> None:
        self._founded = founded
        self._clients = batch
        self._asked = [(place, one) for place, some in enumerate(asked) for one in some]
        self._waiting = [requests.waiting(some) for some in asked]
        self._accounts: list[int] = []
        self._contacts: list[int] = []  # the first of each account

    def write(self) -> None:
        """Write everything."""
        self._write_accounts()
        for kind, of in MIRROR:
            self._add(kind, self._each(of))
        with scope.every_agency(reason="an index is nobody's"), trigrams.told_at_once(User):
            self._add(User, self._each(rows.users))
        self._write_requests()

    def _write_accounts(self) -> None:
        staff = self._founded.consultants
        self._accounts = self._add_and_name(
            Account,
            [
                rows.account(client, staff[client.number % len(staff)], waiting)
                for client, waiting in zip(self._clients, self._waiting, strict=True)
            ],
        )
        contacts = self._add_and_name(Contact, list(self._each(rows.contacts)))
        self._contacts = contacts[::CONTACTS_EACH]
        self._add(AccountTag, self._each(rows.tags))

    def _write_requests(self) -> None:
        request_ids = self._add_and_name(AccessRequest, [self._request(*at) for at in self._asked])
        planned = [at for at in self._asked if at[1].state in requests.RUNS]
        run_ids = self._add_and_name(
            ProvisioningRun,
            [self._of(place, requests.run(self._clients[place], one)) for place, one in planned],
        )
        runs = dict(zip(map(id, (one for _, one in planned)), run_ids, strict=True))
        self._add(
            ProvisioningStep,
            (
                self._of(place, {"run_id": runs[id(one)], **step})
                for place, one in planned
                for step in requests.steps(one)
            ),
        )
        people = [
            self._of(
                place, {"request_id": key, **requests.person(one, self._role(one)[0], runs.get(id(one)))}
            )
            for key, (place, one) in zip(request_ids, self._asked, strict=True)
        ]
        person_ids = self._add_and_name(RequestPerson, people)
        self._add(Answer, self._answers(request_ids, person_ids))

    def _request(self, place: int, one: Asked) -> Row:
        client = self._clients[place]
        staff = self._founded.consultants
        links = {"contact_id": self._contacts[place], "started_by_id": staff[one.number % len(staff)]}
        return self._of(place, {**links, **requests.request(one, client.region.language)})

    def _answers(self, request_ids: Sequence[int], person_ids: Sequence[int]) -> Iterator[Row]:
        for request_id, person_id, (place, one) in zip(request_ids, person_ids, self._asked, strict=True):
            if one.state in requests.ANSWERED:
                role_id, role = self._role(one)
                ids = {"request_id": request_id, "person_id": person_id, "job_role_id": role_id}
                said = requests.answer(one, self._clients[place].contacts[0], ids, role)
                yield self._of(place, {"request_id": request_id, "contact_id": self._contacts[place], **said})

    def _role(self, one: Asked) -> tuple[int, str]:
        return self._founded.job_roles[one.number % len(self._founded.job_roles)]

    def _of(self, place: int, row: Row) -> Row:
        return {"account_id": self._accounts[place], **row}

    def _each(self, of: Callable[[Client], Iterable[Row]]) -> Iterator[Row]:
        for place, client in enumerate(self._clients):
            for row in of(client):
                yield self._of(place, row)

    def _add(self, kind: Any, made: Iterable[Row]) -> None:
        owned = [{"agency_id": self._founded.agency_id, **row} for row in made]
        if owned:
            db.session.execute(insert(kind.__table__), owned)

    def _add_and_name(self, kind: Any, made: Sequence[Row]) -> list[int]:
        """Add rows and return their ids, in the order given."""
        owned = [{"agency_id": self._founded.agency_id, **row} for row in made]
        if not owned:
            return []
        statement = insert(kind.__table__).returning(kind.__table__.c.id, sort_by_parameter_order=True)
        return list(db.session.scalars(statement, owned))


def _random(random_seed: int, client: Client) -> random.Random:
    return random.Random(f"{random_seed}-requests-{client.number}")  # noqa: S311 - believable, not secret


def _person(full_name: str, domain: str) -> Person:
    first_name, last_name = full_name.split()
    return Person(first_name, last_name, f"{first_name}.{last_name}@{domain}".lower())


def _colleague(person: Person, owner: Member) -> Member:
    name = f"{person.first_name} {person.last_name}"
    return Member(
        name=name,
        email=person.email,
        position=Position.CONSULTANT,
        language="en",
        password_hash=owner.password_hash,
        wants_digest=False,
    )
