"""An agency at work, its clients and their new users: all of it by clicks on the portal's own pages."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bench.moody_sink import MoodySink
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import RequestState
from portal.accounts.actions import AccountFacts, add_account
from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.core.db import db, may_write
from portal.crm import actions as connecting
from portal.demo.emulator.seeds import SeedAccount, SeedRole, SeedSeat, SeedUser
from portal.job_roles import queries as job_roles
from portal.job_roles.actions import Choice, copy_shipped_job_roles, map_job_role
from portal.jobs.work import step
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState
from portal.provisioning.models import ProvisioningRun
from portal.provisioning.states import RunState
from portal.sign_in.passwords import hasher

ACCOUNTS = tuple(
    SeedAccount(
        tier="enterprise",
        number=9_000 + number,
        name=f"Client {number}",
        users=(SeedUser(f"boss{number}@client.example", "Bo", "Ss", super_admin=True),),
        teams=("North", "South"),
        roles=(SeedRole("Sales rep"),),
        seats=(SeedSeat("Core", 900),),
        time_zone="UTC",  # its day ends at the midnight of the quick time
    )
    for number in range(1, 5)
)
NEVER = 0


@dataclass
class Request:
    """A request the agency makes: where, and for whom."""

    account_slug: str
    number: int
    people: list[str]


@dataclass
class Office:
    """The agency: its browser, what it asked for, and what a click told it that was no page."""

    app: Flask
    sink: MoodySink
    emulator_url: str
    agency_id: int = NEVER
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    requests: list[Request] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    signed_in: set[str] = field(default_factory=set)
    to_ask: list[list[str]] = field(default_factory=list)
    refusals: list["Refused"] = field(default_factory=list)
    clicks: int = 0
    _draft: str = ""

    def found(self) -> None:
        """Found the agency, connect its accounts, and say what a sales rep is in each."""
        may_write()
        with self.app.app_context():
            with scope.every_agency(reason="the bench founds an agency"), step():
                agency = Agency(name="Northlight")
                db.session.add(agency)
                db.session.flush()
                self.agency_id = agency.id
            with scope.agency(self.agency_id):
                self._open_accounts()

    def _open_accounts(self) -> None:
        with step():
            member = Member(name="Olga Owner", email="olga@agency.example", position=Position.OWNER)
            member.password_hash = hasher.hash(self.password)
            db.session.add(member)
            copy_shipped_job_roles()
            db.session.flush()
            accounts = [add_account(AccountFacts(name=seed.name), by=member) for seed in ACCOUNTS]
        for account, seed in zip(accounts, ACCOUNTS, strict=True):
            with step():
                key = connecting.start_test(account, seed.token, member).key
            self.app.extensions["jobs"].drain()
            with step():
                connecting.save_connection(account, key, member)
            self.app.extensions["jobs"].drain()
            with step():
                _map_sales_rep(account, member)

    def sign_in(self) -> None:
        """Let the consultant sign in."""
        self.browser = Browser(self.app.test_client())
        self.browser.post("/sign-in", at="/sign-in", email="olga@agency.example", password=self.password)

    @contextmanager
    def patience(self) -> Iterator[None]:
        """Take a refusal inside as it is; what was to be done is done another time."""
        try:
            yield
        except Refused as refused:
            self.refusals.append(refused)

    def go_on(self) -> int:
        """Ask for the next people who are needed, and let everybody do what waits for them."""
        if self.to_ask:
            self.ask_for(self.to_ask[0])
            self.to_ask.pop(0)
        return self.look_round()

    def ask_for(self, people: list[str]) -> None:
        """Draft a request for people, and send it to a contact of its own; may be called again if refused."""
        number = len(self.requests)
        slug = f"client-{number % len(ACCOUNTS) + 1}"
        page = f"/accounts/{slug}/access-requests"
        if not self._draft:
            drafted = self._click(page, at=f"{page}/new", **_filled_in(number, people))
            self._draft = drafted.headers["Location"].removesuffix("/preview")
        self._click(f"{self._draft}/send", at=f"{self._draft}/preview")
        self.requests.append(Request(slug, int(self._draft.rpartition("/")[2]), people))
        self._draft = ""

    def look_round(self) -> int:
        """Let everybody do what waits for them: clients answer, the consultant confirms, users sign in.

        Returns how many clicks that took.
        """
        before = self.clicks
        for mail in list(self.sink.taken):
            for link in mail.links:
                if mail.recipient not in self.answered:
                    self._answer(link, mail.recipient)
        for slug, number in self._read(_to_confirm):
            page = f"/accounts/{slug}/access-requests/{number}/proposal"
            self._click(f"{page}/confirm", at=f"{page}/review")
        for email in self._read(_to_sign_in):
            if email not in self.signed_in and any(mail.recipient == email for mail in self.sink.taken):
                self._sign_in_to_the_crm(email)
        return self.clicks - before

    def decide(self) -> int:
        """Decide what waits for a person, mails and set-ups that stopped, and return how many."""
        there = self.sink.times_taken()
        mails = self._read(_undecided)
        for mail_id, message_id, state in mails:
            is_there = state is MailState.IN_DOUBT and there[message_id]
            page = f"/mails/{mail_id}"
            self._click(f"{page}/arrived" if is_there else f"{page}/send", at=page)
        stopped = self._read(_stopped)
        for slug, number, person_id in stopped:
            page = f"/accounts/{slug}/access-requests/{number}"
            self._click(f"{page}/people/{person_id}/try-again", at=page)
        return len(mails) + len(stopped)

    def _answer(self, link: str, contact: str) -> None:
        """Answer as the client: a sales rep, each of them."""
        browser = Browser(self.app.test_client(), address=f"10.0.0.{len(self.answered) + 1}")
        page = browser.get(link)
        people = dict.fromkeys(re.findall(r"person-(\d+)-job_role", page.text))
        role = self._read(_sales_rep)[0]
        fields = {f"person-{person}-job_role": str(role) for person in people}
        url = f"/answer/{link.removeprefix('/r/').partition('.')[0]}/confirm"
        self.clicks += 1
        browser.post(url, page=page, turn="0", given_name="Somebody", **fields)
        self.answered.add(contact)

    def _sign_in_to_the_crm(self, email: str) -> None:
        number = next(request for request in self.requests if email in request.people).account_slug[-1]
        body = {"token": ACCOUNTS[int(number) - 1].token, "email": email}
        with suppress(httpx.TransportError):  # the CRM is gone just now: the user tries again later
            httpx.post(f"{self.emulator_url}/_control/sign-in", json=body).raise_for_status()
            self.signed_in.add(email)

    def _click(self, url: str, at: str, **fields: str) -> TestResponse:
        self.clicks += 1
        return self.browser.post(url, at=at, **fields)

    def _read(self, query: Callable[[], list[Any]]) -> list[Any]:
        def look() -> list[Any]:
            with self.app.app_context(), scope.agency(self.agency_id):
                return query()

        return Context().run(look)


class Refused(Exception):
    """A click was not taken; the page said why."""

    def __init__(self, url: str, page: TestResponse) -> None:
        super().__init__(f"{url} answered {page.status_code}: {_words(page.text)}")
        self.status = page.status_code


@dataclass
class Browser:
    """A browser that reads forms and insists on success."""

    client: FlaskClient
    address: str = "127.0.0.1"

    def get(self, url: str) -> TestResponse:
        """Load a page, wherever it leads."""
        page = self._open("GET", url, follow_redirects=True)
        if page.status_code != HTTPStatus.OK:
            raise Refused(url, page)
        return page

    def post(
        self, url: str, *, at: str = "", page: TestResponse | None = None, **fields: str
    ) -> TestResponse:
        """Send the form of a page with all its hidden fields."""
        page = page or self.get(at)
        fields_of_page = r'<input[^>]*name="(csrf_token|version)"[^>]*value="([^"]*)"'
        hidden = dict(re.findall(fields_of_page, page.text))
        answer = self._open("POST", url, data=hidden | fields)
        if answer.status_code != HTTPStatus.SEE_OTHER:
            raise Refused(url, answer)
        return answer

    def _open(self, method: str, url: str, **more: Any) -> TestResponse:
        # A context of its own, as in a server.
        base = {"REMOTE_ADDR": self.address}
        return Context().run(self.client.open, url, method=method, environ_base=base, **more)


def _filled_in(number: int, people: list[str]) -> dict[str, str]:
    """Return the form of a request, asked of a contact of its own."""
    fields = {
        "contact": "new",
        "contact_name": f"Contact {number}",
        "contact_email": f"contact{number}@client.example",
        "contact_language": "en",
        "language": "",
    }
    for place, email in enumerate(people):
        fields |= {f"people-{place}-email": email, f"people-{place}-first_name": email.partition("@")[0]}
    return fields


def _words(html: str) -> str:
    found = re.search(r'role="alert".*?</div>\s*</div>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found[0] if found else html[-600:]).split())[:300]


def _map_sales_rep(account: Account, member: Member) -> None:
    targets = job_roles.targets_of(account)
    (permission_set,) = targets.permission_sets
    team = next(key for key, target in targets.teams.items() if target.name == "North")
    map_job_role(account, job_roles.get_job_role("sales_rep"), Choice(["Core"], permission_set, team), member)


def _sales_rep() -> list[int]:
    return [job_roles.get_job_role("sales_rep").id]


def _to_confirm() -> list[tuple[str, int]]:
    statement = (
        select(Account.slug, AccessRequest.number)
        .join(Account, Account.id == AccessRequest.account_id)
        .where(AccessRequest.state == RequestState.ANSWERED)
    )
    return [(slug, number) for slug, number in db.session.execute(statement)]


def _to_sign_in() -> list[str]:
    waited_for = (RequestPerson.welcomed_at.is_not(None), RequestPerson.signed_in_at.is_(None))
    return list(db.session.scalars(select(RequestPerson.email).where(*waited_for)))


def _undecided() -> list[tuple[int, str, MailState]]:
    undecided = OutboxMessage.state.in_([MailState.IN_DOUBT, MailState.REFUSED, MailState.HELD])
    statement = select(OutboxMessage.id, OutboxMessage.message_id, OutboxMessage.state).where(undecided)
    return [(mail_id, message_id, state) for mail_id, message_id, state in db.session.execute(statement)]


def _stopped() -> list[tuple[str, int, int]]:
    statement = (
        select(Account.slug, AccessRequest.number, RequestPerson.id)
        .join(AccessRequest, AccessRequest.id == RequestPerson.request_id)
        .join(Account, Account.id == AccessRequest.account_id)
        .join(ProvisioningRun, ProvisioningRun.id == RequestPerson.run_id)
        .where(ProvisioningRun.state == RunState.STOPPED)
    )
    return [(slug, number, person) for slug, number, person in db.session.execute(statement)]
