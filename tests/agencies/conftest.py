from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest
from flask import Flask

from portal.accounts.models import AccountAccess
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import db
from tests.agencies.world import World
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.agencies import MemberFactory


@pytest.fixture
def world(agency: Agency, other_agency: Agency) -> World:
    """Two accounts of ours, of which a limited member sees one, and one of somebody else; no scope set."""
    with scope.every_agency(reason="set-up"):
        ours, theirs = agency.id, other_agency.id
    member = MemberFactory(name="Lim Limited", sees_all_accounts=False)
    seen, hidden = (AccountFactory(name=name, slug=name.lower()) for name in ("Seen", "Hidden"))
    for account in (seen, hidden):
        ContactFactory(account_id=account.id, name=account.name)
    db.session.add(AccountAccess(account_id=seen.id, member_id=member.id))
    world = World(ours, theirs, member.id)
    db.session.commit()
    with scope.agency(theirs):
        foreign = AccountFactory(name="Foreign", slug="foreign")
        ContactFactory(account_id=foreign.id, name="Foreign")
        db.session.commit()
    db.session.remove()
    scope.leave()
    return world


@pytest.fixture
def enter(world: World) -> Callable[[str], AbstractContextManager[None]]:
    """Return a function that enters a scope by its name."""

    def inside(name: str) -> AbstractContextManager[None]:
        return {
            "agency": lambda: scope.agency(world.agency_id),
            "other": lambda: scope.agency(world.other_id),
            "limited": lambda: scope.agency(world.agency_id, limited_to=world.member_id),
            "every": lambda: scope.every_agency(reason="test"),
            "none": nullcontext,
        }[name]()

    return inside


@pytest.fixture(autouse=True)
def nothing_left(app: Flask) -> Iterator[None]:
    """End every test outside any scope, with nothing half done."""
    yield
    scope.leave()
    db.session.rollback()
