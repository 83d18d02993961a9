"""The contract against the emulated HubSpot, and what it makes HubSpot do on purpose."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from portal.crm.errors import (
    MissingScope,
    NoSeat,
    NotAvailable,
    NotConnected,
    NotSignedInYet,
    RateLimited,
    Unreachable,
)
from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import Capability, Connector, NewUser, Reason, UserChange
from portal.demo.emulator.oauth_api import CLIENT_ID, CLIENT_SECRET
from tests.crm.contract import ReadingContract, WritingContract, unused_address
from tests.fixtures.emulator import Emulator

ENTERPRISE = "demo-enterprise-1"
FREE = "demo-free-1"


@pytest.fixture
def connect(emulator: Emulator) -> Iterator[Callable[[str], HubSpotConnector]]:
    opened: list[HubSpotConnector] = []

    def open_one(token: str) -> HubSpotConnector:
        opened.append(HubSpotConnector(token, base_url=emulator.base_url))
        return opened[-1]

    yield open_one
    for connector in opened:
        connector.close()


@pytest.fixture(params=[ENTERPRISE, FREE])
def connector(connect: Callable[[str], HubSpotConnector], request: pytest.FixtureRequest) -> Connector:
    return connect(request.param)


@pytest.fixture
def hubspot(connect: Callable[[str], HubSpotConnector]) -> HubSpotConnector:
    return connect(ENTERPRISE)


@pytest.fixture
def reader(connect: Callable[[str], HubSpotConnector]) -> Connector:
    return connect(f"{ENTERPRISE}.without-settings.users.write")


@pytest.fixture
def stranger(connect: Callable[[str], HubSpotConnector]) -> Connector:
    return connect("nobody-knows-this-token")


class TestReadingEmulatedHubSpot(ReadingContract):
    pass


class TestWritingEmulatedHubSpot(WritingContract):
    pass


def test_permission_sets_are_not_offered_below_enterprise(connect: Callable[[str], HubSpotConnector]) -> None:
    below = connect(FREE)
    reasons = {finding.capability: finding.reason for finding in below.examine().findings}

    assert reasons[Capability.PERMISSION_SETS] == Reason.TIER
    with pytest.raises(NotAvailable):
        list(below.permission_sets())


def test_a_missing_scope_is_named_in_the_examination_and_in_the_error(
    connect: Callable[[str], HubSpotConnector],
) -> None:
    limited = connect(f"{ENTERPRISE}.without-settings.billing.write")
    seats = {finding.capability: finding for finding in limited.examine().findings}[Capability.SEATS]

    assert (seats.reason, seats.missing_scopes) == (Reason.SCOPE, ("settings.billing.write",))
    with pytest.raises(MissingScope) as caught:
        list(limited.seats())
    assert caught.value.scopes == ("settings.billing.write",)


def test_a_new_user_changes_only_after_the_first_sign_in_and_keeps_what_was_not_changed(
    hubspot: HubSpotConnector, emulator: Emulator
) -> None:
    team, other_team = [team.id for team in hubspot.teams()][:2]
    permission_set = next(found for found in hubspot.permission_sets() if not found.costs_seat)
    seat = next(kind for kind in hubspot.seats() if kind.remaining is None)
    email = unused_address()
    new = NewUser(email, "Anna", "Berg", permission_set.id, (seat.name,), team, (other_team,))
    created = hubspot.create_user(new)
    change = UserChange(primary_team_id=other_team, secondary_team_ids=())

    with pytest.raises(NotSignedInYet):
        hubspot.update_user(created.id, change)
    emulator.sign_in(ENTERPRISE, email)
    changed = hubspot.update_user(created.id, change)

    assert (changed.primary_team_id, changed.secondary_team_ids) == (other_team, ())
    assert (changed.permission_set_id, changed.seats) == (permission_set.id, (seat.name,))
    assert (changed.first_name, changed.last_name) == ("Anna", "Berg")
    assert [sign_in.email for sign_in in hubspot.sign_ins(created.id)] == [email]


def test_a_seat_that_is_not_left_is_said_to_be_missing(hubspot: HubSpotConnector, emulator: Emulator) -> None:
    seat = next(kind.name for kind in hubspot.seats() if kind.remaining is not None)
    emulator.control("seats", token=ENTERPRISE, name=seat, remaining=0)

    with pytest.raises(NoSeat):
        hubspot.create_user(NewUser(unused_address(), seats=(seat,)))


def test_a_create_that_was_done_before_the_line_dropped_is_in_doubt_and_done_once(
    hubspot: HubSpotConnector, emulator: Emulator
) -> None:
    email = unused_address()
    emulator.fail_next("drop-after", method="POST")

    with pytest.raises(Unreachable) as caught:
        hubspot.create_user(NewUser(email))

    assert not caught.value.outcome_known
    assert [call["method"] for call in emulator.calls(method="POST", path="/settings/*")] == ["POST"]
    assert hubspot.find_user(email) is not None


def test_reads_survive_a_bad_line(hubspot: HubSpotConnector, emulator: Emulator) -> None:
    everyone = list(hubspot.users())
    emulator.fail_next("drop-before", method="GET")
    emulator.fail_next("error", method="GET", status=503)

    assert list(hubspot.users()) == everyone


def test_a_token_that_was_revoked_is_not_connected(hubspot: HubSpotConnector, emulator: Emulator) -> None:
    hubspot.details()
    emulator.control("revoke", token=ENTERPRISE)

    with pytest.raises(NotConnected):
        hubspot.details()


@pytest.mark.parametrize("without", ["crm.objects.users.read", "crm.objects.owners.read"])
def test_deactivated_users_are_named_by_their_id_though_nothing_else_knows_them(
    connect: Callable[[str], HubSpotConnector], emulator: Emulator, without: str
) -> None:
    hubspot = connect(f"{ENTERPRISE}.without-{without}")
    someone = next(user for user in hubspot.users() if not user.super_admin)
    emulator.control("deactivated", token=ENTERPRISE, email=someone.email)

    assert someone.id in {user.id for user in hubspot.deactivated_users()}
    assert someone.id not in {user.id for user in hubspot.users()}
    assert hubspot.find_user(someone.email) is None


def test_the_odd_rows_of_every_account_are_left_out_and_counted(hubspot: HubSpotConnector) -> None:
    assert list(hubspot.sign_ins())
    assert list(hubspot.deactivated_users())
    assert list(hubspot.users())

    assert hubspot.left_out() == {Capability.ACTIVITY: 1, Capability.DEACTIVATED: 1}


def test_either_family_of_scopes_opens_users(connect: Callable[[str], HubSpotConnector]) -> None:
    without = ".without-settings.users.read.without-settings.users.write"
    other = connect(f"{ENTERPRISE}{without}.with-crm.objects.users.write")
    neither = connect(f"{ENTERPRISE}{without}.without-crm.objects.users.read")
    writes = {Capability.CREATE_USERS, Capability.UPDATE_USERS, Capability.REMOVE_USERS}
    users = {Capability.LIST_USERS, Capability.PERMISSION_SETS} | writes

    assert users <= other.examine().capabilities()
    missing = {
        finding.capability: finding.missing_scopes
        for finding in neither.examine().findings
        if not finding.allowed
    }
    assert set(missing) == users
    assert missing[Capability.LIST_USERS] == ("crm.objects.users.read", "settings.users.read")
    assert missing[Capability.CREATE_USERS] == ("settings.users.write", "crm.objects.users.write")


def test_a_token_nobody_can_tell_about_is_made_to_try_writing_to_nobody(
    connect: Callable[[str], HubSpotConnector], emulator: Emulator
) -> None:
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    for code, may in ((ENTERPRISE, True), (f"{ENTERPRISE}.without-settings.users.write", False)):
        given = {**client, "grant_type": "authorization_code", "code": code}
        token = emulator.http.post("/oauth/2026-09/token", data=given).json()["access_token"]

        assert (Capability.CREATE_USERS in connect(token).examine().capabilities()) is may
    assert [call["status"] for call in emulator.calls("PUT")] == [404, 403]


def test_a_change_leaves_the_name_as_it_is_in_all_accounts(
    hubspot: HubSpotConnector, emulator: Emulator
) -> None:
    someone = next(user for user in hubspot.users() if user.first_name and not user.super_admin)
    emulator.sign_in(ENTERPRISE, someone.email)

    changed = hubspot.update_user(someone.id, UserChange(secondary_team_ids=()))

    assert (changed.first_name, changed.last_name) == (someone.first_name, someone.last_name)
    (put,) = emulator.calls("PUT")
    assert not {"firstName", "lastName"} & set(put["body"])


@pytest.mark.parametrize("kind", ["daily", "ten-secondly", "locked", "migrating"])
def test_a_create_that_has_to_wait_was_not_done_and_says_when_to_come_back(
    hubspot: HubSpotConnector, emulator: Emulator, kind: str
) -> None:
    email = unused_address()
    emulator.fail_next(kind, method="POST")

    with pytest.raises(RateLimited) as caught:
        hubspot.create_user(NewUser(email))

    assert caught.value.outcome_known
    assert caught.value.until > datetime.now(UTC)
    assert hubspot.find_user(email) is None
