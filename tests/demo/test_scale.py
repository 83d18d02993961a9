"""A made-up agency is as consistent as one that was worked in, and never comes where it could hurt."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests.models import AccessRequest
from portal.access_requests.states import PROVISION, WAITS_FOR_CLIENT, WAITS_FOR_US, RequestState
from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.proof import prove
from portal.audit.states import PROVE
from portal.config import Mode
from portal.core.db import db
from portal.jobs import work
from portal.users import mirroring
from portal.users.finding import Filters, users_everywhere
from portal.users.models import Seat, User
from tests.factories.accounts import AccountFactory

COUNTERS = ("users_count", "seats_used", "seats_free", "never_signed_in")

Seed = Callable[..., Result]


@pytest.fixture
def seed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Seed:
    """Return a function that seeds as somebody at the command line would, in demo mode."""
    monkeypatch.setattr(app.extensions["settings"], "mode", Mode.DEMO)

    def run(*options: str) -> Result:
        db.session.commit()
        result = app.test_cli_runner().invoke(args=["seed", *options])
        db.session.expire_all()
        return result

    return run


@pytest.fixture
def fairwind(seed: Seed) -> Result:
    """A made-up agency of 150 accounts, in whose scope the test goes on."""
    result = seed("--accounts=150", "--users=1000", "--random-seed=3")
    assert result.exit_code == 0, result.output
    enter("Fairwind")
    return result


def enter(name: str) -> None:
    with scope.every_agency(reason="a test looks for an agency"):
        agency_id = db.session.scalars(select(Agency.id).where(Agency.name == name)).one()
    scope.enter(agency_id)


def test_there_is_as_much_as_was_asked_for(fairwind: Result) -> None:
    accounts = db.session.scalars(select(Account)).all()

    assert (len(accounts), len(db.session.scalars(select(User)).all())) == (150, 1000)
    assert len({account.slug for account in accounts}) == 150
    assert "100 %  150 accounts, 1,000 users" in fairwind.output


def test_counting_anew_changes_no_counter(fairwind: Result) -> None:
    before = counters()
    for account in db.session.scalars(select(Account)):
        mirroring.recount(account)

    assert counters() == before


def test_everybody_is_found_by_part_of_their_address(fairwind: Result) -> None:
    for user in db.session.scalars(select(User).where(User.id % 50 == 0)):
        found = users_everywhere(Filters(text=user.email.removesuffix("e")), None)
        assert user.id in {row.id for row in found.page.rows}


def test_whoever_comes_later_is_found_as_well(fairwind: Result) -> None:
    somebody = db.session.scalars(select(User).limit(1)).one()
    db.session.add(
        User(account_id=somebody.account_id, external_id="1", email="late@x.example", sort_name="zuleika")
    )
    db.session.flush()

    assert [row.email for row in users_everywhere(Filters(text="zuleik"), None).page.rows] == [
        "late@x.example"
    ]


def counters() -> list[tuple[object, ...]]:
    seats = db.session.execute(select(Seat.account_id, Seat.name, Seat.used).order_by(Seat.id))
    accounts = db.session.scalars(select(Account).order_by(Account.id))
    return [*map(tuple, seats), *(tuple(getattr(row, name) for name in COUNTERS) for row in accounts)]


def test_requests_are_in_every_state_of_their_own_and_counted_by_their_accounts(fairwind: Result) -> None:
    requests = db.session.scalars(select(AccessRequest)).all()
    accounts = db.session.scalars(select(Account)).all()

    after_a_mail_came_in = {RequestState.REPLIED, RequestState.UNREACHED}
    made = set(RequestState) - after_a_mail_came_in - {RequestState.SCHEDULED}  # and that waits for a day
    assert {one.state for one in requests} == made
    assert {(account.id, account.waiting_for_client, account.waiting_for_us) for account in accounts} == {
        (
            account.id,
            sum(one.account_id == account.id and one.state in WAITS_FOR_CLIENT for one in requests),
            sum(one.account_id == account.id and one.state in WAITS_FOR_US for one in requests),
        )
        for account in accounts
    }


def test_the_member_it_names_signs_in_and_every_kind_of_page_is_whole(
    fairwind: Result, client: FlaskClient
) -> None:
    *_, email, _with, _the, _password, password = fairwind.output.split()
    assert client.submit("/sign-in", email=email, password=password).status_code == 303
    one_of_each = {one.state: one for one in db.session.scalars(select(AccessRequest))}
    addresses = [f"/accounts/{one.account.slug}/access-requests/{one.number}" for one in one_of_each.values()]
    slug = one_of_each[RequestState.CLOSED].account.slug
    addresses += ["/", "/accounts", "/users?text=ann", f"/accounts/{slug}", f"/accounts/{slug}/users"]

    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(
        addresses, 200
    )


def test_its_trail_says_that_it_is_made_up_and_is_intact(fairwind: Result, client: FlaskClient) -> None:
    assert prove().broken_at is None


def test_a_worker_neither_reads_a_crm_nor_sends_a_mail_for_it(app: Flask, fairwind: Result) -> None:
    db.session.commit()

    assert {nudge.name for nudge in work.find_left_behind(app)} == {PROVE, PROVISION}


def test_the_same_random_seed_makes_the_same_agency(seed: Seed) -> None:
    made = []
    for name, number in (("Fairwind", 5), ("Fairwind 2", 5), ("Fairwind 3", 6)):
        assert seed("--accounts=6", "--users=40", f"--random-seed={number}", "--anyway").exit_code == 0
        enter(name)
        users = db.session.execute(select(User.first_name, User.last_name, User.active).order_by(User.id))
        made.append([tuple(user) for user in users])

    assert made[0] == made[1] != made[2]


def test_in_production_mode_it_refuses_unless_told(app: Flask, seed: Seed) -> None:
    app.extensions["settings"].mode = Mode.PRODUCTION
    refused = seed("--accounts=2", "--users=2")

    assert (refused.exit_code, agencies()) == (1, 0)
    assert "Nothing was written. Set PORTAL_MODE=demo for a trial, or add --anyway." in refused.output
    assert (seed("--accounts=2", "--users=2", "--anyway").exit_code, agencies()) == (0, 1)


def test_beside_an_agency_that_has_accounts_it_refuses_unless_told(owner: Member, seed: Seed) -> None:
    AccountFactory()
    before = agencies()
    refused = seed("--accounts=2", "--users=2")

    assert (refused.exit_code, agencies()) == (1, before)
    assert "has accounts already. Nothing was written." in refused.output
    assert (seed("--accounts=2", "--users=2", "--anyway").exit_code, agencies()) == (0, before + 1)


def test_more_users_than_there_are_names_are_refused(seed: Seed) -> None:
    assert seed("--accounts=2", "--users=2001").exit_code == 2


def agencies() -> int:
    with scope.every_agency(reason="a test counts agencies"):
        return len(db.session.scalars(select(Agency.id)).all())
