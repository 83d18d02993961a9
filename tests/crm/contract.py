"""What every connector promises, as tests; a class per CRM inherits them and says how to connect.

It gives two fixtures: ``connector`` opens an account, ``stranger`` comes with a token that opens none.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import pytest

from portal.crm.errors import AlreadyExists, CrmError, MissingScope, NotAvailable, NotConnected, NotInCrm
from portal.crm.protocol import Capability, Connector, NewUser

T = TypeVar("T")

ABSENT_ID = "999999999999"


def unused_address() -> str:
    return f"contract-{uuid4().hex}@example.com"


def allowed_or_skip(read: Callable[[], Iterator[T]]) -> list[T]:
    """Return the first of a list; a live token need not be allowed everything."""
    try:
        return list(islice(read(), 3))
    except MissingScope as error:
        pytest.skip(f"the token lacks {error.scopes}")


class ReadingContract:
    """What holds for every account, and changes nothing."""

    def test_the_account_says_who_it_is(self, connector: Connector) -> None:
        details = connector.details()

        assert details.external_id
        assert details.name
        assert details.app_url == details.app_url.rstrip("/")
        assert details.app_url.startswith("http")

    def test_every_capability_is_examined_once(self, connector: Connector) -> None:
        findings = connector.examine().findings

        assert sorted(finding.capability for finding in findings) == sorted(Capability)

    def test_what_is_not_allowed_has_a_reason_and_what_is_has_none(self, connector: Connector) -> None:
        findings = connector.examine().findings

        assert [finding.allowed for finding in findings] == [finding.reason == "" for finding in findings]

    def test_what_the_examination_allows_works_and_the_rest_raises(self, connector: Connector) -> None:
        allowed = connector.examine().capabilities()
        reads = {
            Capability.LIST_USERS: connector.users,
            Capability.PERMISSION_SETS: connector.permission_sets,
            Capability.TEAMS: connector.teams,
            Capability.SEATS: connector.seats,
            Capability.ACTIVITY: connector.sign_ins,
            Capability.DEACTIVATED: connector.deactivated_users,
        }
        worked = set()
        for capability, read in reads.items():
            try:
                list(islice(read(), 1))
            except (MissingScope, NotAvailable):
                continue
            worked.add(capability)

        assert worked == allowed & set(reads)

    def test_users_are_listed_once_each(self, connector: Connector) -> None:
        ids = [user.id for user in islice(connector.users(), 250)]

        assert sorted(set(ids)) == sorted(ids)

    def test_a_listed_user_is_found_by_id_and_by_address(self, connector: Connector) -> None:
        listed = next(connector.users())

        assert connector.get_user(listed.id) == listed
        assert connector.find_user(listed.email) == listed
        assert connector.find_user(listed.email.upper()) == listed

    def test_who_is_not_there_is_not_found(self, connector: Connector) -> None:
        with pytest.raises(NotInCrm):
            connector.get_user(ABSENT_ID)

        assert connector.find_user(unused_address()) is None

    def test_sign_ins_of_one_user_are_only_theirs(self, connector: Connector) -> None:
        latest = next(iter(allowed_or_skip(connector.sign_ins)), None)
        if latest is None:
            pytest.skip("nobody signed in to this account")

        theirs = list(islice(connector.sign_ins(latest.user_id), 50))
        assert {sign_in.user_id for sign_in in theirs} == {latest.user_id}
        assert latest in theirs

    def test_a_deactivated_user_has_an_id_and_may_not_sign_in(self, connector: Connector) -> None:
        users = allowed_or_skip(connector.deactivated_users)

        assert [user.active for user in users] == [False] * len(users)
        assert all(user.id.isalnum() for user in users)

    def test_rows_that_are_left_out_are_counted_by_list(self, connector: Connector) -> None:
        everybody = allowed_or_skip(connector.users)

        assert everybody
        assert set(connector.left_out()) <= set(Capability)

    def test_a_stranger_is_not_connected(self, stranger: Connector) -> None:
        with pytest.raises(NotConnected):
            stranger.examine()


class WritingContract:
    """What holds for creating and removing; each test cleans up after itself."""

    def test_a_created_user_is_there_as_wanted(self, connector: Connector) -> None:
        email = unused_address()
        created = connector.create_user(NewUser(email, "Contract", "Test"))
        found = connector.find_user(email)
        connector.remove_user(created.id)

        assert found is not None
        assert (found.id, found.email, found.first_name) == (created.id, email, "Contract")

    def test_an_address_that_is_taken_is_refused(self, connector: Connector) -> None:
        new = NewUser(unused_address())
        created = connector.create_user(new)

        try:
            with pytest.raises(AlreadyExists):
                connector.create_user(new)
        finally:
            connector.remove_user(created.id)

    def test_a_removed_user_is_gone_and_removing_again_is_harmless(self, connector: Connector) -> None:
        email = unused_address()
        created = connector.create_user(NewUser(email))

        connector.remove_user(created.id)
        connector.remove_user(created.id)

        assert connector.find_user(email) is None

    def test_a_token_that_may_not_write_is_told_so_before_and_after(self, reader: Connector) -> None:
        allowed = reader.examine().capabilities()

        assert Capability.CREATE_USERS not in allowed
        with pytest.raises(CrmError) as caught:
            reader.create_user(NewUser(unused_address()))
        assert (type(caught.value), caught.value.outcome_known) == (MissingScope, True)
