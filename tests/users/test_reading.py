from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.accounts.states import Health
from portal.core import clock
from portal.core.db import db
from portal.crm.connections import keep_token
from portal.crm.errors import Unreadable
from portal.crm.hubspot import HubSpotConnector, parsing
from portal.crm.hubspot.parsing import Record
from portal.crm.hubspot.transport import Call, Transport
from portal.crm.models import Connection
from portal.crm.protocol import CrmUser
from portal.demo.emulator.seeds import SeedUser
from portal.users import actions, mirroring, queries, reading
from portal.users.models import MirrorRead, PermissionSet, Seat, Team, User
from portal.users.states import ReadState
from tests.fixtures.emulator import Emulator
from tests.users.conftest import ANNA, BEN, CARL, LATELY, STAFF, northwind

Read = Callable[[Account], MirrorRead]
TOKEN = "demo-enterprise-1"


class Killed(BaseException):
    """What the operating system does to a worker."""


def users() -> list[User]:
    return list(db.session.scalars(select(User).order_by(User.sort_name)))


def picture() -> list[tuple[Any, ...]]:
    """Return all of the mirror but the portal's own ids and times."""
    rows: list[tuple[Any, ...]] = []
    for kind in (User, Seat, PermissionSet, Team):
        leave = {"id", "first_seen_at", "gone_at"}
        names = [column.key for column in kind.__table__.columns if column.key not in leave]
        found = db.session.scalars(select(kind))
        rows += sorted(tuple(str(getattr(row, name)) for name in names) for row in found)
    return rows


@contextmanager
def written(table: str) -> Iterator[list[str]]:
    """Collect the statements that change a table."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("INSERT INTO", "UPDATE", "DELETE")) and f" {table} " in statement:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_read_mirrors_users_seats_sets_teams_and_sign_ins(account: Account, read: Read) -> None:
    done = read(account)

    assert (done.state, done.error, done.users_read, done.hidden) == (ReadState.DONE, "", 4, {})
    anna, ben, carl, cora = users()
    mirror = queries.mirror_of(account)
    assert (anna.name, anna.email, anna.seats) == ("Anna Berg", ANNA.email, ["Sales"])
    assert mirror.set_name(anna.permission_set_id) == "Sales rep"
    assert mirror.team_names(anna) == ["North", "South"]
    assert (anna.last_sign_in_at, carl.last_sign_in_at) == (LATELY, None)
    assert [user.super_admin for user in (anna, ben, carl, cora)] == [False, True, False, False]
    assert carl.name == CARL.email


def test_a_read_keeps_the_accounts_counters(account: Account, read: Read) -> None:
    read(account)

    assert [(seat.name, seat.used, seat.remaining) for seat in queries.seats_of(account)] == [
        ("Core", 2, 3),
        ("Partner", 1, None),
        ("Sales", 1, 1),
    ]
    assert (account.users_count, account.seats_used, account.seats_free) == (4, 3, 4)
    assert (account.never_signed_in, account.sees_sign_ins) == (1, True)
    assert account.health is Health.HEALTHY
    assert account.last_read_at is not None


def test_a_second_read_of_the_same_rewrites_nothing(account: Account, read: Read) -> None:
    read(account)

    with written("users") as of_users, written("seats") as of_seats, written("teams") as of_teams:
        read(account)

    assert (of_users, of_seats, of_teams) == ([], [], [])


def test_a_failed_read_leaves_the_last_good_state_and_says_so(
    account: Account, read: Read, crm: Emulator
) -> None:
    read(account)
    before, read_at = picture(), account.last_read_at
    crm.fail_next("error", path="/settings/users/*", times=50)

    failed = read(account)

    assert (failed.state, failed.error) == (
        ReadState.FAILED,
        "The CRM did not answer. The portal tries again by itself.",
    )
    assert (picture(), account.last_read_at, account.users_count) == (before, read_at, 4)
    assert account.health is Health.STALE


def test_a_dead_token_breaks_the_connection_and_keeps_the_users(
    account: Account, read: Read, crm: Emulator
) -> None:
    read(account)
    crm.control("revoke", token=TOKEN)

    failed = read(account)

    assert failed.state is ReadState.FAILED
    assert "refused the token" in failed.error
    assert (len(users()), account.health) == (4, Health.BROKEN)


@pytest.mark.parametrize("killed_at", range(1, 14))
def test_a_read_killed_anywhere_and_run_again_ends_the_same(
    account: Account, app: Flask, crm: Emulator, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    row_id, steps = actions.ask_for_read(account).id, iter(range(1, 100))
    db.session.commit()
    own = reading.own

    def kill(held: reading.Claim) -> MirrorRead:
        if next(steps) == killed_at:
            raise Killed
        return own(held)

    monkeypatch.setattr(reading, "own", kill)
    with pytest.raises(Killed):
        app.extensions["jobs"].drain()
    db.session.get_one(MirrorRead, row_id).lease_until = clock.now() - timedelta(seconds=1)
    db.session.commit()
    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()

    assert db.session.get_one(MirrorRead, row_id).state is ReadState.DONE
    assert [user.email for user in users()] == [ANNA.email, BEN.email, CARL.email, STAFF.email]
    assert (account.users_count, account.seats_used, account.never_signed_in) == (4, 3, 1)


def test_a_running_read_is_not_begun_twice(account: Account) -> None:
    row = actions.ask_for_read(account)
    db.session.commit()

    first, second = reading.claim(row.id), reading.claim(row.id)

    assert (first.attempt, second) == (1, None)


def test_a_worker_that_comes_back_late_changes_nothing(account: Account, read: Read) -> None:
    row = actions.ask_for_read(account)
    db.session.commit()
    late = reading.claim(row.id)
    row.lease_until = clock.now() - timedelta(seconds=1)
    db.session.commit()
    reading.claim(row.id)

    with pytest.raises(reading.LostLease):
        reading.fail(late, Exception())
    assert row.state is ReadState.RUNNING


def test_a_limit_of_the_crm_is_waited_for(account: Account, read: Read, crm: Emulator, app: Flask) -> None:
    crm.fail_next("daily", path="/settings/users/*")

    waiting = read(account)
    assert waiting.state is ReadState.QUEUED
    assert waiting.waits_until > clock.now()
    assert waiting.lease_until > waiting.waits_until
    assert account.health is not Health.BROKEN

    waiting.waits_until = waiting.lease_until = clock.now() - timedelta(seconds=1)
    db.session.commit()
    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()
    assert (waiting.state, waiting.waits_until) == (ReadState.DONE, None)


def test_a_tier_without_permission_sets_shows_them_as_hidden(
    account: Account, read: Read, crm: Emulator
) -> None:
    crm.seed(northwind(CARL, tier="starter"))
    connect(account, "demo-starter-1")

    done = read(account)

    assert (done.state, done.hidden) == (ReadState.DONE, {"permission_sets": "tier"})
    assert queries.mirror_of(account).permission_sets == {}


def test_without_the_scope_for_seats_only_held_ones_are_known(account: Account, read: Read) -> None:
    connect(account, f"{TOKEN}.without-settings.billing.write")

    done = read(account)

    assert done.hidden == {"seats": "scope"}
    assert [(seat.name, seat.used, seat.remaining) for seat in queries.seats_of(account)] == [
        ("Core", 2, None),
        ("Partner", 1, None),
        ("Sales", 1, None),
    ]
    assert account.seats_free is None


def test_without_the_scope_for_sign_ins_nobody_counts_as_never_signed_in(
    account: Account, read: Read
) -> None:
    connect(account, f"{TOKEN}.without-account-info.security.read")

    done = read(account)

    assert done.hidden == {"activity": "scope"}
    assert (account.never_signed_in, account.sees_sign_ins) == (0, False)


def states() -> dict[str, str]:
    """Return what each user is shown as."""
    return {
        user.email: "gone" if user.gone_at else "active" if user.active else "deactivated" for user in users()
    }


DEACTIVATED_BY = {
    "either": "",
    "the records": ".without-crm.objects.owners.read",
    "the archived owners": ".without-crm.objects.users.read",
}


@pytest.mark.parametrize("without", DEACTIVATED_BY.values(), ids=DEACTIVATED_BY)
def test_who_is_deactivated_after_a_read_is_not_gone_though_the_list_leaves_them_out(
    account: Account, read: Read, crm: Emulator, without: str
) -> None:
    connect(account, TOKEN + without)
    read(account)
    crm.control("deactivated", token=TOKEN, email=ANNA.email)

    done = read(account)

    assert states() == {
        ANNA.email: "deactivated",
        BEN.email: "active",
        CARL.email: "active",
        STAFF.email: "active",
    }
    anna = users()[0]
    assert (done.hidden, anna.name, anna.seats) == ({}, "Anna Berg", ["Sales"])
    crm.control("deactivated", token=TOKEN, email=ANNA.email, on=False)
    read(account)
    assert set(states().values()) == {"active"}


def test_who_was_deactivated_before_the_first_read_is_there_where_the_records_tell(
    account: Account, read: Read, crm: Emulator
) -> None:
    crm.control("deactivated", token=TOKEN, email=ANNA.email)

    read(account)

    assert (users()[0].name, states()[ANNA.email]) == ("Anna Berg", "deactivated")


def test_an_archived_owner_alone_makes_nobody_a_user_who_never_was_one_here(
    account: Account, read: Read, crm: Emulator
) -> None:
    crm.control("deactivated", token=TOKEN, email=ANNA.email)
    connect(account, f"{TOKEN}.without-crm.objects.users.read")

    read(account)

    assert [user.email for user in users()] == [BEN.email, CARL.email, STAFF.email]


BLIND = f"{TOKEN}.without-crm.objects.users.read.without-crm.objects.owners.read"


def test_without_the_scopes_who_left_the_list_is_not_in_it_any_more_and_comes_back_with_them(
    account: Account, read: Read, crm: Emulator
) -> None:
    read(account)
    connect(account, BLIND)
    crm.control("deactivated", token=TOKEN, email=ANNA.email)

    done = read(account)

    assert (done.hidden, states()[ANNA.email]) == ({"deactivated": "scope"}, "gone")
    connect(account, TOKEN)
    read(account)
    assert states()[ANNA.email] == "deactivated"


def test_without_the_scopes_who_was_known_to_be_deactivated_stays_so(
    account: Account, read: Read, crm: Emulator
) -> None:
    read(account)
    crm.control("deactivated", token=TOKEN, email=CARL.email)
    read(account)
    connect(account, BLIND)

    read(account)

    assert states()[CARL.email] == "deactivated"


def test_odd_rows_are_left_out_and_counted_and_stop_nothing(account: Account, read: Read) -> None:
    done = read(account)

    assert (done.state, done.left_out) == (ReadState.DONE, {"deactivated": 1, "activity": 1})
    assert queries.mirror_of(account).left_out_count == 2


def test_a_user_whose_row_becomes_odd_stays_as_they_were(
    account: Account, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(account)
    parse = parsing.user

    def without_anna(record: Record) -> CrmUser:
        if record.fields.get("email") == ANNA.email:
            raise Unreadable
        return parse(record)

    monkeypatch.setattr(parsing, "user", without_anna)
    done = read(account)

    assert (states()[ANNA.email], users()[0].seats) == ("active", ["Sales"])
    assert (done.state, done.left_out["list_users"]) == (ReadState.DONE, 2)  # in the list, and asked for


def test_a_token_that_may_not_list_users_fails_the_read(account: Account, read: Read) -> None:
    connect(account, f"{TOKEN}.without-settings.users.read.without-crm.objects.users.read")

    failed = read(account)

    assert (failed.state, users()) == (ReadState.FAILED, [])


def test_who_is_no_longer_in_the_crm_is_gone_and_who_returns_is_back(
    account: Account, read: Read, crm: Emulator
) -> None:
    read(account)
    crm.control("remove-user", token=TOKEN, email=ANNA.email)
    read(account)
    gone = {user.email: user.gone_at is not None for user in users()}
    crm.client(TOKEN).post(
        "/settings/users/2026-09", json={"email": ANNA.email, "sendWelcomeEmail": False}
    ).raise_for_status()
    read(account)

    assert gone == {ANNA.email: True, BEN.email: False, CARL.email: False, STAFF.email: False}
    assert [user.gone_at for user in users()] == [None] * 4


def test_a_list_that_lags_neither_keeps_nor_brings_back_who_is_gone(
    account: Account, read: Read, crm: Emulator
) -> None:
    read(account)
    anna = db.session.scalars(select(User).where(User.email == ANNA.email)).one()
    crm.control("remove-user", token=TOKEN, email=ANNA.email)
    mirroring.mark_gone(account.id, anna.external_id)
    crm.control("knobs", list_lag=3600)

    read(account)

    assert anna.gone_at is not None
    assert account.users_count == 3


def test_a_user_the_list_leaves_out_is_looked_up_before_being_called_gone(
    account: Account, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(account)
    listed = HubSpotConnector.users

    def without_carl(connector: HubSpotConnector) -> Iterator[CrmUser]:
        return (user for user in listed(connector) if user.email != CARL.email)

    monkeypatch.setattr(HubSpotConnector, "users", without_carl)
    read(account)

    assert [user.gone_at for user in users()] == [None] * 4


def test_all_sign_ins_are_read_again_where_they_come_in_no_order(
    account: Account, read: Read, crm: Emulator
) -> None:
    history = tuple(LATELY - timedelta(hours=hours) for hours in range(350))
    crm.seed(northwind(SeedUser(ANNA.email, "Anna", "Berg", sign_ins=history), CARL))
    read(account)
    crm.sign_in(TOKEN, CARL.email)
    before = len(crm.calls(path="/account-info/*/activity/login"))

    read(account)

    assert (before, len(crm.calls(path="/account-info/*/activity/login"))) == (4, 8)
    assert [user.last_sign_in_at is not None for user in users()] == [True, True]


def test_thousands_of_users_are_read_a_batch_at_a_time(account: Account, read: Read, crm: Emulator) -> None:
    everyone = (SeedUser(f"u{n}@client.example", f"U{n}", sign_ins=(LATELY,)) for n in range(3001))
    crm.seed(northwind(*everyone))
    held: list[int] = []

    def count(session: Session) -> None:
        held.append(sum(isinstance(thing, User) for thing in session.identity_map.values()))

    event.listen(db.session, "before_commit", count)
    done = read(account)
    event.remove(db.session, "before_commit", count)

    assert (done.users_read, account.users_count, account.never_signed_in) == (3001, 3001, 0)
    assert max(held) == reading.BATCH


def test_no_transaction_is_open_while_the_crm_answers(
    account: Account, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    receive = Transport.read

    def look(line: Transport, call: Call) -> Record:
        held.append(db.session.registry().in_transaction())
        return receive(line, call)

    monkeypatch.setattr(Transport, "read", look)
    read(account)

    assert held == [False] * 7


def connect(account: Account, token: str) -> None:
    keep_token(db.session.scalars(select(Connection).where(Connection.account_id == account.id)).one(), token)
