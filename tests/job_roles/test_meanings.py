from collections.abc import Callable

import pytest
from sqlalchemy import Engine, delete, event

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.core.errors import NotNow
from portal.job_roles import actions, queries
from portal.job_roles.actions import Choice
from portal.job_roles.meanings import Meaning, Presence
from portal.users.models import Team

Map = Callable[..., Meaning]


@pytest.fixture
def map_sales(account: Account, consultant: Member) -> Map:
    def map_it(**chosen: object) -> Meaning:
        job_role = queries.get_job_role("sales_rep")
        actions.map_job_role(account, job_role, Choice(**chosen), consultant)
        return queries.meaning_of(job_role, account)

    return map_it


def words(meaning: Meaning) -> list[str]:
    return [str(problem) for problem in meaning.problems]


def test_a_job_role_that_nobody_mapped_means_nothing_and_says_so(account: Account) -> None:
    meaning = queries.meaning_of(queries.get_job_role("sales_rep"), account)

    assert (meaning.is_mapped, meaning.targets, words(meaning)) == (
        False,
        (),
        ["not mapped in this account"],
    )


def test_a_mapped_job_role_means_what_was_chosen(map_sales: Map) -> None:
    meaning = map_sales(
        seats=["Sales"], permission_set_id="71", primary_team_id="81", secondary_team_ids=["82", "81", "82"]
    )

    assert [(target.id, target.name, target.presence) for target in meaning.targets] == [
        ("Sales", "Sales", Presence.THERE),
        ("71", "Sales Rep", Presence.THERE),
        ("81", "Sales EU", Presence.THERE),
        ("82", "Sales US", Presence.THERE),
    ]
    assert meaning.permission_set is not None
    assert meaning.permission_set.costs_seat
    assert meaning.seats[0].remaining == 3
    assert words(meaning) == []


def test_what_vanished_from_the_crm_is_named_and_not_replaced(map_sales: Map, account: Account) -> None:
    map_sales(primary_team_id="81")
    db.session.execute(delete(Team).where(Team.external_id == "81"))
    meaning = queries.meaning_of(queries.get_job_role("sales_rep"), account)

    assert [target.name for target in meaning.vanished] == ["Sales EU"]
    assert words(meaning) == ["vanished: 'Sales EU' is gone from the CRM"]


def test_what_cannot_be_read_any_more_is_not_called_vanished(map_sales: Map, account: Account) -> None:
    map_sales(primary_team_id="81")
    db.session.execute(delete(Team).where(Team.account_id == account.id))
    meaning = queries.meaning_of(queries.get_job_role("sales_rep"), account)

    assert meaning.vanished == ()
    assert words(meaning) == ["not checked: the portal cannot read whether the CRM still has 'Sales EU'"]


def test_mapping_again_replaces_what_was_chosen_and_clearing_takes_it_back(
    map_sales: Map, account: Account, consultant: Member
) -> None:
    map_sales(seats=["Sales"], primary_team_id="81")
    again = map_sales(seats=["Core"])
    job_role = queries.get_job_role("sales_rep")
    actions.clear_mapping(account, job_role, consultant)

    assert [target.name for target in again.targets] == ["Core"]
    assert not queries.meaning_of(job_role, account).is_mapped
    with pytest.raises(NotNow):
        actions.clear_mapping(account, job_role, consultant)


def test_who_mapped_what_is_on_the_trail(map_sales: Map, account: Account) -> None:
    map_sales(seats=["Sales"], primary_team_id="81")
    entry = db.session.query(AuditEntry).one()

    assert (entry.action, entry.account_id) == ("job_role.mapped", account.id)
    assert entry.details == {"job_role": "Sales", "targets": ["Sales", "Sales EU"]}


def test_the_whole_account_is_read_in_six_statements(map_sales: Map, account: Account) -> None:
    map_sales(seats=["Sales"])
    db.session.commit()
    account_id = account.id
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        found = queries.meanings(account, queries.targets_of(account))
    finally:
        event.remove(Engine, "before_cursor_execute", count)

    assert account_id
    assert [meaning.job_role.key for meaning in found if meaning.is_mapped] == ["sales_rep"]
    assert len(seen) == 6
