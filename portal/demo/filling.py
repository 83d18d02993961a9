"""Fills the demo through the product's own actions and jobs: what is seen there has happened."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread

from flask import Flask
from sqlalchemy import update

from portal.accounts.actions import AccountFacts, ContactFacts, add_account, add_contact, remember_visit
from portal.accounts.models import Account
from portal.accounts.states import COLOURS
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.core import clock
from portal.core.db import db, may_write
from portal.crm import actions as connecting
from portal.crm.connectors import open_connector
from portal.crm.models import Connection
from portal.demo.cast import ACCOUNTS, AGENCY, MEMBERS, TAGS, CastAccount, CastMember
from portal.demo.stories import end_token, play
from portal.demo.wordings import write_texts
from portal.job_roles import queries as job_roles
from portal.job_roles.actions import Choice, copy_shipped_job_roles, map_job_role
from portal.jobs.work import step
from portal.jobs.workers import beat
from portal.sign_in.passwords import hasher
from portal.team.actions import limit_to_accounts
from portal.users.actions import ask_for_read

PASSWORD = "northlight-demo-2026"  # noqa: S105 - of people who do not exist, on this machine only
CONTACTS_EACH = 2
UNMAPPED = ("free",)

# What a job role means where the account has it: seats and teams in order of liking, permission set.
MEANINGS = {
    "sales_rep": (("Sales", "Core"), "Sales rep", ("Sales North", "Sales")),
    "sales_manager": (("Sales", "Core"), "Sales manager", ("Sales South", "Sales")),
    "marketer": (("Core",), "Marketer", ("Marketing",)),
    "service_agent": (("Service", "Core"), "Service agent", ("Customer service",)),
    "reports_only": (("View-only",), "Reports only", ()),
    "administrator": (("Core",), "Account administrator", ("Management",)),
}
HISTORY = timedelta(days=60)
LATELY_OPENED = (1, 4, 6, 2, 8)
OWN_WORDS = 9  # the account whose mails say something else
READ_BEFORE = timedelta(minutes=50)  # less than an hour, so that the worker does not begin by reading it all


@dataclass(frozen=True, slots=True)
class Stage:
    """What the stories play with: the members by position, the accounts by number."""

    app: Flask
    members: dict[Position, Member]
    accounts: dict[int, Account]

    def work_off(self) -> None:
        """Run the jobs that were nudged, at the story's own time."""
        self.app.extensions["jobs"].drain()


def fill(app: Flask) -> None:
    """Put the demo agency, its members, accounts and history into an empty database."""
    may_write()
    with scope.every_agency(reason="the demo's agency is founded"), step():
        agency = Agency(name=AGENCY, colour="#0b5ed7", created_at=clock.now() - HISTORY)
        db.session.add(agency)
        db.session.flush()
        agency_id = agency.id
    Thread(target=_wake_emulator, args=(app.extensions["settings"].hubspot_url,)).start()
    with scope.agency(agency_id):
        with clock.at(clock.now() - HISTORY):
            stage = _found(app)
            _connect(stage)
            owner, partner_admin = (stage.members[it] for it in (Position.OWNER, Position.PARTNER_ADMIN))
            write_texts(owner, partner_admin, stage.accounts[OWN_WORDS])
        play(
            {number: account.id for number, account in stage.accounts.items()},
            {position: member.id for position, member in stage.members.items()},
        )
        _end_tokens(stage)
        _look_around(stage)
    beat(app)


def _wake_emulator(url: str) -> None:
    """Have the emulator make up its accounts in its own process while ours founds the agency."""
    for cast in ACCOUNTS:
        if cast.tier:
            with closing(open_connector(cast.crm, cast.token, url)) as connector:
                connector.details()


def _found(app: Flask) -> Stage:
    with step():
        password_hash = hasher.hash(PASSWORD)
        members = {cast.position: _member(cast, password_hash) for cast in MEMBERS}
        copy_shipped_job_roles()
        owner = members[Position.OWNER]
        accounts = {cast.number: _account(cast, owner, members[Position.CONSULTANT]) for cast in ACCOUNTS}
        for cast in MEMBERS:
            if cast.sees is not None:
                seen = [account.id for account in list(accounts.values())[: cast.sees]]
                limit_to_accounts(owner, members[cast.position], seen)
    return Stage(app, members, accounts)


def _member(cast: CastMember, password_hash: str) -> Member:
    member = Member(name=cast.name, email=cast.email, position=cast.position, language=cast.language)
    member.sees_all_accounts = cast.sees is None
    member.password_hash = password_hash
    db.session.add(member)
    db.session.flush()
    return member


def _account(cast: CastAccount, owner: Member, consultant: Member) -> Account:
    language = cast.region.language
    account = add_account(
        AccountFacts(
            name=cast.name,
            crm=cast.crm,
            language=language,
            colour=list(COLOURS)[cast.number % len(COLOURS)],
            consultant_id=(owner if cast.number % 3 == 0 else consultant).id,
            tags=(TAGS[cast.number % len(TAGS)],),
        ),
        by=owner,
    )
    for place, person in enumerate(cast.people("contact", CONTACTS_EACH)):
        name = f"{person.first_name} {person.last_name}"
        add_contact(account, ContactFacts(name, person.email, language, may_approve=place == 0), by=owner)
    return account


def _connect(stage: Stage) -> None:
    """Connect and read every account that the emulated HubSpot holds."""
    by = stage.members[Position.PARTNER_ADMIN]
    lately = datetime.now(UTC) - READ_BEFORE
    for cast in ACCOUNTS:
        if not cast.tier:
            continue
        account = stage.accounts[cast.number]
        with step():
            key = connecting.start_test(account, cast.token, by).key
        stage.work_off()
        with step():
            connecting.save_connection(account, key, by)
        with clock.at(lately):
            stage.work_off()
        if cast.tier not in UNMAPPED:
            with step():
                _map_job_roles(account, by)


def _map_job_roles(account: Account, by: Member) -> None:
    """Say what the job roles mean, where the account has what they need; one stays unmapped."""
    targets = job_roles.targets_of(account)
    by_name = {
        kind: {target.name: target.id for target in found.values()}
        for kind, found in (("sets", targets.permission_sets), ("teams", targets.teams))
    }
    for key, (seats, permission_set, teams) in MEANINGS.items():
        seat = next((name for name in seats if name in targets.seats), None)
        team = next((by_name["teams"][name] for name in teams if name in by_name["teams"]), None)
        choice = Choice((seat,) if seat else (), by_name["sets"].get(permission_set), team)
        map_job_role(account, job_roles.get_job_role(key), choice, by)


def _end_tokens(stage: Stage) -> None:
    """Let the portal find out that a token died, by reading once more."""
    for cast in ACCOUNTS:
        if cast.token_is_dead:
            end_token(cast)
            with step():
                ask_for_read(stage.accounts[cast.number])
            stage.work_off()


def _look_around(stage: Stage) -> None:
    """Let every member have opened some accounts, so that the switcher offers what they work with."""
    for member in stage.members.values():
        for hours, number in enumerate(LATELY_OPENED, start=1):
            with clock.at(clock.now() - timedelta(hours=hours)), step():
                remember_visit(stage.accounts[number], member)


def follow_emulator(url: str) -> None:
    """Point deep links at the port the emulated HubSpot listens at today."""
    may_write()
    with scope.every_agency(reason="the demo's emulator moved to another port"), step():
        db.session.execute(update(Connection).where(Connection.app_url != "").values(app_url=url))
