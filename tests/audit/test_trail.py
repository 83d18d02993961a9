# ruff: noqa: S608 - tampering is what raw SQL is for here
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.agencies.queries import current_agency
from portal.audit import trail
from portal.audit.jobs import unproved_chains
from portal.audit.models import AuditEntry, AuditHead
from portal.audit.proof import prove
from portal.audit.states import PROVE
from portal.core.db import db, refresh_statistics
from portal.jobs.work import Nudge, enqueue
from tests.factories.accounts import AccountFactory, ContactFactory

Raw = Callable[..., None]
TRIGGERS = ("no_update", "no_delete", "no_replace")


@pytest.fixture
def entries(owner: Member) -> None:
    """Five entries in the agency's chain."""
    found()
    for number in range(2, 6):
        trail.record(owner, "member.profile_changed", owner, number=number)
    db.session.commit()


def found() -> None:
    """Begin the trail of the agency in scope, as founding it does."""
    trail.record(trail.PORTAL, "agency.founded", current_agency())


@pytest.fixture
def raw(app: Flask, entries: None) -> Raw:
    """Return a function that runs SQL as somebody with the database in their hands does."""

    def run(*statements: str) -> None:
        db.session.commit()
        with scope.every_agency(reason="somebody tampers"):
            for statement in statements:
                db.session.execute(text(statement))
            db.session.commit()

    return run


@pytest.fixture
def unguarded(raw: Raw) -> Raw:
    """The same, with the database's own guards taken away first."""
    if db.engine.dialect.name == "sqlite":
        raw(*(f"DROP TRIGGER audit_entries_{name}" for name in TRIGGERS))
    else:
        raw("ALTER TABLE audit_entries DISABLE TRIGGER USER")
    return raw


def first_broken(agency_id: int) -> int | None:
    """Return the number of the first entry that does not fit the agency's chain, or None if all do."""
    with scope.agency(agency_id):
        return prove().broken_at


def own(agency: Agency, sequence: int) -> str:
    return f"WHERE agency_id = {agency.id} AND sequence = {sequence}"


def test_an_untouched_chain_is_intact(agency: Agency, entries: None) -> None:
    assert (prove().entries, first_broken(agency.id)) == (5, None)


def test_an_agency_without_a_trail_is_broken_at_its_first_entry(agency: Agency) -> None:
    assert (prove().entries, first_broken(agency.id)) == (0, 1)


def test_a_founded_agency_is_intact(app: Flask) -> None:
    who = ["--agency", "Lakeside", "--name", "Ada Long", "--email", "ada@lakeside.example"]
    words = ["create-owner", *who, "--password-stdin"]
    assert app.test_cli_runner().invoke(args=words, input="violet kettle under bridges\n").exit_code == 0

    assert "Lakeside: intact (1 entries fit" in app.test_cli_runner().invoke(args=["verify-audit"]).output


class Keys:
    """Changes the audit key as an administrator does."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self._known, self._monkeypatch = app.extensions, monkeypatch

    def set(self, key: str, *old: str) -> None:
        update = {"audit_key": SecretStr(key), "audit_old_keys": tuple(SecretStr(old_key) for old_key in old)}
        settings = self._known["settings"].model_copy(update=update)
        self._monkeypatch.setitem(self._known, "settings", settings)


@pytest.fixture
def keys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Keys:
    return Keys(app, monkeypatch)


FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32


def test_the_key_can_be_changed_and_old_entries_stay_provable(
    agency: Agency, entries: None, owner: Member, keys: Keys
) -> None:
    for key, *old in ((SECOND, FIRST), (THIRD, SECOND, FIRST)):
        keys.set(key, *old)
        assert first_broken(agency.id) is None
        trail.record(owner, "member.signed_in", owner)
        db.session.commit()

    assert (prove().entries, first_broken(agency.id)) == (7, None)
    keys.set(THIRD, SECOND)
    assert first_broken(agency.id) == 1


def test_a_key_that_was_replaced_signs_nothing_new(
    agency: Agency, entries: None, owner: Member, keys: Keys
) -> None:
    for key, *old in ((SECOND, FIRST), (FIRST, SECOND)):
        keys.set(key, *old)
        trail.record(owner, "member.signed_in", owner)
        db.session.commit()

    keys.set(SECOND, FIRST)
    assert first_broken(agency.id) == 7


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor_name = 'Nobody'",
        "DELETE FROM audit_entries",
        "INSERT INTO audit_entries SELECT * FROM audit_entries",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(agency: Agency, raw: Raw, statement: str) -> None:
    with pytest.raises(DatabaseError):
        raw(statement)
    db.session.rollback()

    assert (prove().entries, first_broken(agency.id)) == (5, None)


def test_replacing_an_entry_is_no_way_round(agency: Agency, raw: Raw) -> None:
    replace = {
        "sqlite": "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries LIMIT 1",
        "postgresql": "TRUNCATE audit_entries",
    }
    with pytest.raises(DatabaseError, match="append-only"):
        raw(replace[db.engine.dialect.name])
    db.session.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'Nobody'",
        "action = 'member.ended'",
        "details = '{\"number\": 7}'",
        "subject_id = 999",
        "account_name = 'Elsewhere'",
        "at = '2020-01-01 00:00:00.000000'",
    ],
)
def test_a_changed_entry_is_named(agency: Agency, unguarded: Raw, change: str) -> None:
    unguarded(f"UPDATE audit_entries SET {change} {own(agency, 3)}")

    assert first_broken(agency.id) == 3


def test_a_removed_entry_is_named(agency: Agency, unguarded: Raw) -> None:
    unguarded(f"DELETE FROM audit_entries {own(agency, 2)}")

    assert first_broken(agency.id) == 2


def test_a_removed_entry_with_the_rest_moved_up_is_named(agency: Agency, unguarded: Raw) -> None:
    unguarded(
        f"DELETE FROM audit_entries {own(agency, 2)}",
        *(f"UPDATE audit_entries SET sequence = {n - 1} {own(agency, n)}" for n in (3, 4, 5)),
    )

    assert first_broken(agency.id) == 2


def test_swapped_entries_are_named(agency: Agency, unguarded: Raw) -> None:
    for now, then in ((3, 99), (4, 3), (99, 4)):
        unguarded(f"UPDATE audit_entries SET sequence = {then} {own(agency, now)}")

    assert first_broken(agency.id) == 3


def test_a_tail_cut_off_is_noticed(agency: Agency, unguarded: Raw) -> None:
    unguarded(f"DELETE FROM audit_entries {own(agency, 5)}")

    assert first_broken(agency.id) == 5


def test_a_tail_cut_off_is_noticed_though_the_head_was_set_back_too(agency: Agency, unguarded: Raw) -> None:
    fourth = db.session.scalars(select(AuditEntry.hash).where(AuditEntry.sequence == 4)).one()
    unguarded(
        f"DELETE FROM audit_entries {own(agency, 5)}",
        f"UPDATE audit_heads SET sequence = 4, hash = '{fourth}' WHERE agency_id = {agency.id}",
    )

    assert first_broken(agency.id) == 5


def test_a_head_taken_away_is_noticed(agency: Agency, unguarded: Raw) -> None:
    unguarded(f"DELETE FROM audit_heads WHERE agency_id = {agency.id}")

    assert first_broken(agency.id) == 1


def test_an_entry_added_by_hand_is_noticed(agency: Agency, unguarded: Raw) -> None:
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.sequence == 5)).one()
    columns = {column.key: getattr(entry, column.key) for column in AuditEntry.__table__.columns}
    db.session.add(AuditEntry(**{**columns, "id": None, "sequence": 6, "previous_hash": entry.hash}))
    db.session.commit()

    assert first_broken(agency.id) == 6


def test_another_key_does_not_prove_the_chain(app: Flask, agency: Agency, entries: None) -> None:
    settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(update={"audit_key": settings.secret_key})
    try:
        assert first_broken(agency.id) == 1
    finally:
        app.extensions["settings"] = settings


def test_one_agency_broken_leaves_the_others_proved(agency: Agency, canary: int, unguarded: Raw) -> None:
    with scope.agency(canary):
        found()
        db.session.commit()
    unguarded(f"UPDATE audit_entries SET action = 'x' {own(agency, 1)}")

    assert (first_broken(agency.id), first_broken(canary)) == (1, None)


def test_details_are_hashed_as_they_are_read_again(agency: Agency, owner: Member) -> None:
    moment = datetime(2027, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    found()
    trail.record(owner, "x.y", owner, numbers={10: "ten", 9: "nine"}, pair=(1, 2), at=moment, name="Zoë")
    db.session.commit()

    assert first_broken(agency.id) is None
    assert db.session.scalars(select(AuditEntry.details).where(AuditEntry.sequence == 2)).one() == {
        "numbers": {"10": "ten", "9": "nine"},
        "pair": [1, 2],
        "at": "2027-01-02T03:04:05.000006+00:00",
        "name": "Zoë",
    }


def test_what_cannot_be_kept_is_refused(owner: Member) -> None:
    with pytest.raises(TypeError):
        trail.record(owner, "x.y", owner, thing=object())


def test_an_entry_is_gone_with_the_transaction_it_belongs_to(
    agency: Agency, entries: None, owner: Member
) -> None:
    trail.record(owner, "x.y", owner)
    db.session.rollback()

    assert (prove().entries, first_broken(agency.id)) == (5, None)


def test_an_entry_knows_the_account_it_is_about(owner: Member) -> None:
    account = AccountFactory(name="Maple & Sons")
    trail.record(owner, "account.added", account)
    trail.record(owner, "contact.added", ContactFactory(account_id=account.id))
    trail.record(owner, "member.signed_in", owner)

    found = db.session.execute(select(AuditEntry.account_id, AuditEntry.account_name))
    expected = [(account.id, "Maple & Sons"), (account.id, "Maple & Sons"), (None, "")]
    assert [tuple(row) for row in found] == expected


def test_proving_in_the_background_keeps_the_outcome(app: Flask, agency: Agency, unguarded: Raw) -> None:
    unguarded(f"UPDATE audit_entries SET action = 'x' {own(agency, 4)}")
    enqueue(PROVE)
    db.session.commit()
    app.extensions["jobs"].drain()

    head = db.session.scalars(select(AuditHead)).one()
    db.session.refresh(head)
    assert (head.proved_entries, head.broken_at, head.proved_at is not None) == (3, 4, True)


def test_a_chain_is_proved_once_a_day_by_itself(
    app: Flask, agency: Agency, canary: int, entries: None
) -> None:
    with scope.agency(canary):
        enqueue(PROVE)
        db.session.commit()
    app.extensions["jobs"].drain()
    with scope.every_agency(reason="sweeps look everywhere"):
        assert list(unproved_chains()) == [Nudge(PROVE, agency.id)]
    enqueue(PROVE)
    db.session.commit()
    app.extensions["jobs"].drain()

    with scope.every_agency(reason="sweeps look everywhere"):
        assert list(unproved_chains()) == []


def test_an_entry_is_written_without_reading_the_trail(owner: Member) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("on PostgreSQL no trigger looks before an entry is written")

    def record(times: int) -> int:
        """Return how many hundreds of steps the database took."""
        steps: list[None] = []
        connection: Any = db.session.connection().connection.driver_connection
        connection.set_progress_handler(lambda: steps.append(None), 100)
        for number in range(times):
            trail.record(owner, "member.profile_changed", owner, number=number)
        connection.set_progress_handler(None, 0)
        return len(steps)

    record(2)
    with scope.every_agency(reason="statistics know no agencies"):
        refresh_statistics()  # which from now on say that the trail is short
    a_few = record(20)
    record(500)

    assert record(20) < 1.2 * a_few


def test_the_command_names_the_first_broken_entry(
    app: Flask, agency: Agency, canary: int, unguarded: Raw
) -> None:
    with scope.agency(canary):
        found()
        db.session.commit()
    ends = {}
    for agency_id in (agency.id, canary):
        with scope.agency(agency_id):
            ends[agency_id] = prove().last_hash[:12]
    before = app.test_cli_runner().invoke(args=["verify-audit"])
    unguarded(f"UPDATE audit_entries SET action = 'x' {own(agency, 3)}")
    after = app.test_cli_runner().invoke(args=["verify-audit"])

    assert (before.exit_code, after.exit_code) == (0, 1)
    assert before.output.splitlines() == [
        f"Canary Partners: intact (1 entries fit, ends with {ends[canary]})",
        f"Northlight: intact (5 entries fit, ends with {ends[agency.id]})",
    ]
    assert after.output.splitlines()[1].startswith("Northlight: broken at entry 3 (2 entries fit, ")


@pytest.mark.parametrize(
    "head", ["DELETE FROM audit_heads", "UPDATE audit_heads SET sequence = 0, hash = '', seal = ''"]
)
def test_a_wiped_trail_is_broken_whatever_is_written_after(
    agency: Agency, owner: Member, unguarded: Raw, head: str
) -> None:
    unguarded(f"DELETE FROM audit_entries WHERE agency_id = {agency.id}", head)
    assert first_broken(agency.id) == 1

    trail.record(owner, "member.signed_in", owner)
    db.session.commit()

    assert first_broken(agency.id) == 1


def test_a_wiped_trail_is_found_and_noted_by_itself(app: Flask, agency: Agency, unguarded: Raw) -> None:
    tables = ("audit_entries", "audit_heads")
    unguarded(*(f"DELETE FROM {table} WHERE agency_id = {agency.id}" for table in tables))
    with scope.every_agency(reason="sweeps look everywhere"):
        assert Nudge(PROVE, agency.id) in list(unproved_chains())
    enqueue(PROVE)
    db.session.commit()
    app.extensions["jobs"].drain()

    assert db.session.scalars(select(AuditHead.broken_at)).one() == 1
