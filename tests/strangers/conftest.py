"""Everybody who might knock: with a browser each, and what they may call their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal.access_requests import answer_session
from portal.access_requests.models import AnswerLink
from portal.accounts.models import AccountAccess
from portal.agencies import scope
from portal.agencies.models import Member, Position
from portal.core import clock
from portal.core.db import Model, db
from portal.core.ids import fingerprint, random_token
from portal.sign_in import sessions
from portal.sign_in.models import MemberSession
from portal.team import actions as team
from tests.strangers.world import Agency, Place, furnish_account, furnish_agency

CANARY, LANTERN = "Petrel", "Lantern"  # stand in everything about the kept account, and about its agency
OF_ACCOUNT = frozenset({"account", "mail_id", "sent_id", "suppressed_id"})
OF_AGENCY = OF_ACCOUNT | {"member_id", "key"}
WAITING = "waiting"

Rows = Mapping[str, frozenset[tuple[str, ...]]]


@dataclass(frozen=True)
class Somebody:
    """A browser, whose it is, what they may call their own, and which things of others they do not see."""

    name: str
    browser: FlaskClient
    home: Place
    position: Position | None = None
    blind_to: frozenset[str] = frozenset()
    words: tuple[str, ...] = (CANARY,)  # which they must never read
    is_client: bool = False
    is_elsewhere: bool = False
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, at: str) -> str:
        """Return the token in the form of a page, which is good for all their forms."""
        if at not in self.tokens:
            self.tokens[at] = self.browser.csrf_token(at)
        return self.tokens[at]


@dataclass(frozen=True)
class World:
    """The kept account, whose it is, and everybody who has no business with it."""

    kept: Place
    agency_id: int
    other_id: int
    owner: Somebody
    client: Somebody
    nobody: Somebody
    strangers: tuple[Somebody, ...]


def rows_of(agency_id: int) -> Rows:
    """Return all rows of all tables of an agency, as text."""
    db.session.rollback()
    with scope.every_agency(reason="test"):
        found = {table.name: _rows(table, agency_id) for table in Model.metadata.sorted_tables}
    db.session.rollback()  # holds nobody up
    return found


def _rows(table: sa.Table, agency_id: int) -> frozenset[tuple[str, ...]]:
    owner = table.c.id if table.name == "agencies" else table.c.get("agency_id")
    if owner is None:
        return frozenset()
    found: Any = db.session.execute(sa.select(table).where(owner == agency_id))
    return frozenset(tuple(map(repr, row)) for row in found)


@pytest.fixture
def world(app: Flask) -> World:
    """A kept account, another one of the same agency, and one of another agency, furnished alike."""
    elsewhere = furnish_agency("Plain", "s")
    strange = furnish_account(elsewhere, "Plain", "s1", elsewhere.owner, 11)
    agency = furnish_agency(LANTERN, "k")
    kept = furnish_account(agency, CANARY, "k1", agency.owner, 21)
    limited = db.session.get_one(Member, kept.of("limited")["member_id"])
    given = furnish_account(agency, "Open", "k2", limited, 31)
    db.session.add(AccountAccess(account_id=given.of("")["account_id"], member_id=limited.id))
    db.session.commit()
    return _with_people(app, elsewhere, agency, kept, given, strange)


def _with_people(
    app: Flask, elsewhere: Agency, agency: Agency, kept: Place, given: Place, strange: Place
) -> World:
    browsers = {who: _signed_in(app, kept, who) for who in ("owner", "viewer", "limited", "leaver")}
    with scope.agency(agency.id):
        team.end(agency.owner, db.session.get_one(Member, kept.of("leaver")["member_id"]))
        db.session.commit()
    both, boss = (CANARY, LANTERN), _signed_in(app, strange, "owner")
    strangers = (
        Somebody("anonymous", app.test_client(), given, words=both),
        Somebody("ended member", browsers["leaver"], given, words=both),
        Somebody("viewer", browsers["viewer"], given, Position.VIEWER, words=()),
        Somebody("limited consultant", browsers["limited"], given, Position.CONSULTANT, OF_ACCOUNT),
        Somebody("owner elsewhere", boss, strange, Position.OWNER, OF_AGENCY, both, is_elsewhere=True),
        _with_link(app, "another client", given),
        _with_link(app, "client elsewhere", strange, words=both, is_elsewhere=True),
    )
    owner = Somebody("owner", browsers["owner"], given, Position.OWNER, words=())
    client = _with_link(app, "client", kept, words=())
    nobody = Somebody("nobody", app.test_client(), given, words=())
    return World(kept, agency.id, elsewhere.id, owner, client, nobody, strangers)


def _signed_in(app: Flask, place: Place, who: str) -> FlaskClient:
    """Return a browser with a session, as signing in leaves it behind."""
    browser, token = app.test_client(), random_token()
    with scope.agency(place.of("")["agency_id"]):
        db.session.add(MemberSession(member_id=place.of(who)["member_id"], token_hash=fingerprint(token)))
        db.session.commit()
    with browser.session_transaction() as session:
        session["_user_id"] = session[sessions.TOKEN] = token
        session[sessions.CONFIRMED] = clock.now().timestamp()
    return browser


def _with_link(app: Flask, name: str, place: Place, **given: Any) -> Somebody:
    """Return a browser that keeps the pass of an answer link, as opening it leaves it behind."""
    browser, selector = app.test_client(), place.of(WAITING)["selector"]
    given_pass = answer_session.issue(AnswerLink(selector=selector), "en")
    browser.set_cookie(f"answer-{selector}", given_pass)
    return Somebody(name, browser, place, is_client=True, tokens={f"/answer/{selector}": given_pass}, **given)
