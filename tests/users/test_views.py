from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.crm.models import Connection
from portal.crm.states import ConnectionState
from portal.users.models import MirrorRead, PermissionSet, Seat, Team
from portal.users.states import ReadState
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory
from tests.factories.crm import ConnectionFactory
from tests.factories.users import UserFactory
from tests.fixtures.emulator import Emulator

SignIn = Callable[[Member], FlaskClient]
PAGE = "/accounts/northwind/users"


@pytest.fixture
def plain(agency: Agency) -> Account:
    """A connected account with sets and teams, whose users were read."""
    account = AccountFactory(name="Northwind", slug="northwind", sees_sign_ins=True, last_read_at=clock.now())
    ConnectionFactory(account_id=account.id, app_url="https://crm.example", external_id="139")
    db.session.add_all(
        [
            Seat(account_id=account.id, name="Core", used=1, remaining=2),
            PermissionSet(account_id=account.id, external_id="s1", name="Sales rep"),
            Team(account_id=account.id, external_id="t1", name="North"),
            MirrorRead(account_id=account.id, state=ReadState.DONE, finished_at=clock.now()),
        ]
    )
    db.session.flush()
    return account


def statements(app: Flask, load: Callable[[], object]) -> int:
    """Count the statements that a page takes."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    load()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_an_accounts_users_show_with_seats_sets_teams_and_status(
    plain: Account, viewer: Member, signed_in: SignIn
) -> None:
    UserFactory(
        account_id=plain.id, seats=["Core"], permission_set_id="s1", primary_team_id="t1", super_admin=True
    )
    UserFactory(account_id=plain.id, first_name="Zoe", active=False)

    text = signed_in(viewer).get(PAGE).text

    for part in (
        "Anna Berg",
        "Zoe",
        "Core",
        "Sales rep",
        "North",
        "Super admin",
        "Never signed in",
        "Deactivated",
    ):
        assert part in text


@pytest.mark.parametrize("url", [PAGE, "/users", "/users?text=berg"])
def test_lists_take_the_same_statements_for_one_row_and_for_three(
    plain: Account, viewer: Member, signed_in: SignIn, app: Flask, url: str
) -> None:
    browser = signed_in(viewer)
    UserFactory(account_id=plain.id)
    browser.get(url)  # the first visit is noted
    one = statements(app, lambda: browser.get(url))
    UserFactory.create_batch(2, account_id=plain.id)

    assert statements(app, lambda: browser.get(url)) == one


def test_what_the_token_may_not_see_is_called_not_visible(
    plain: Account, viewer: Member, signed_in: SignIn
) -> None:
    hidden = {"permission_sets": "tier", "activity": "scope"}
    db.session.add(MirrorRead(account_id=plain.id, state=ReadState.DONE, hidden=hidden))
    plain.sees_sign_ins = False
    UserFactory(account_id=plain.id)

    text = signed_in(viewer).get(PAGE).text

    assert text.count(">not visible<") == 2  # the permission set, the last sign-in
    assert "permission sets: not visible" in text
    assert '<span class="badge bg-yellow-lt">' not in text


def test_a_search_is_in_the_address_without_its_empty_fields(
    plain: Account, viewer: Member, signed_in: SignIn
) -> None:
    answer = signed_in(viewer).htmx(f"{PAGE}?text=an&status=&seat=Core&order=name")

    assert answer.headers["HX-Replace-Url"] == f"{PAGE}?text=an&seat=Core&order=name"


def test_whoever_did_not_sign_in_for_long_is_marked(
    plain: Account, viewer: Member, signed_in: SignIn
) -> None:
    UserFactory(account_id=plain.id, last_sign_in_at=clock.now() - timedelta(days=91))

    text = signed_in(viewer).get(PAGE).text

    assert '<span class="badge bg-yellow-lt">Not signed in for 90 days</span>' in text


def test_a_refresh_shows_its_progress_until_it_is_done(
    account: Account, consultant: Member, signed_in: SignIn, app: Flask
) -> None:
    browser = signed_in(consultant)

    asked = browser.submit(f"{PAGE}/read", at=PAGE, htmx=True)
    assert "Waiting for its turn" in asked.text
    assert 'hx-trigger="every 1s"' in asked.text
    app.extensions["jobs"].drain()
    ended = browser.htmx(f"{PAGE}/reading")
    assert "every 1s" not in ended.text
    assert 'hx-trigger="load"' in ended.text
    assert "Anna Berg" in browser.htmx(PAGE).text


def test_a_refresh_without_javascript_leads_back_to_the_page(
    account: Account, consultant: Member, signed_in: SignIn
) -> None:
    browser = signed_in(consultant)

    answer = browser.submit(f"{PAGE}/read", at=PAGE)

    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "Reload the page to see how far it is" in browser.get(PAGE).text
    assert browser.get(f"{PAGE}/reading").location == PAGE


def test_a_second_click_joins_the_read_under_way(
    account: Account, consultant: Member, signed_in: SignIn
) -> None:
    browser = signed_in(consultant)
    for _click in range(2):
        browser.submit(f"{PAGE}/read", at=PAGE)

    assert db.session.query(MirrorRead).count() == 1


def test_a_viewer_sees_no_refresh_button_and_is_refused(
    plain: Account, viewer: Member, signed_in: SignIn
) -> None:
    browser = signed_in(viewer)

    assert "Refresh" not in browser.get(PAGE).text
    assert browser.submit(f"{PAGE}/read", at=PAGE).status_code == 403


def test_an_account_that_is_not_connected_is_not_read(
    plain: Account, consultant: Member, signed_in: SignIn
) -> None:
    db.session.query(Connection).one().state = ConnectionState.DEAD
    browser = signed_in(consultant)

    assert "Refresh" not in browser.get(PAGE).text
    assert browser.submit(f"{PAGE}/read", at=PAGE).status_code == 409


def test_a_failed_read_says_so_beside_the_last_good_state(
    account: Account, consultant: Member, signed_in: SignIn, crm: Emulator, app: Flask
) -> None:
    browser = signed_in(consultant)
    crm.control("revoke", token="demo-enterprise-1")
    browser.submit(f"{PAGE}/read", at=PAGE)
    app.extensions["jobs"].drain()

    text = browser.get(PAGE).text

    assert "The last read failed" in text
    assert "The CRM refused the token" in text


def test_a_wait_for_the_crm_is_shown_with_its_end(plain: Account, viewer: Member, signed_in: SignIn) -> None:
    until = clock.now() + timedelta(minutes=10)
    db.session.add(MirrorRead(account_id=plain.id, waits_until=until, lease_until=until))

    assert "Waiting for HubSpot until" in signed_in(viewer).get(PAGE).text


def test_a_user_has_a_page_with_a_link_into_the_crm_and_a_history(
    plain: Account, owner: Member, signed_in: SignIn
) -> None:
    user = UserFactory(account_id=plain.id, external_id="77")
    trail.record(owner, "user.created", plain, email=user.email)
    trail.record(owner, "user.changed", plain, email="somebody@else.example")

    text = signed_in(owner).get(f"{PAGE}/{user.id}").text

    assert "https://crm.example" in text
    assert f"The user {user.name} was created in the CRM" in text
    assert "was changed" not in text


def test_a_user_of_another_account_is_not_found(plain: Account, viewer: Member, signed_in: SignIn) -> None:
    stranger = UserFactory()
    browser = signed_in(viewer)

    assert browser.get(f"{PAGE}/{stranger.id}").status_code == 404
    assert browser.get(f"{PAGE}/99999999999999999999").status_code == 404


def test_a_member_limited_to_some_accounts_finds_only_their_users(plain: Account, signed_in: SignIn) -> None:
    UserFactory(account_id=plain.id, last_name="Hidden")
    limited = MemberFactory(position=Position.CONSULTANT, sees_all_accounts=False)
    browser = signed_in(limited)

    assert "Hidden" not in browser.get("/users?text=hidden").text.replace('value="hidden"', "")
    assert browser.get(PAGE).status_code == 404


def test_users_of_another_agency_are_never_found(viewer: Member, signed_in: SignIn) -> None:
    with scope.every_agency(reason="the test looks at both agencies"):
        canary = db.session.scalars(select(Agency.id).where(Agency.name == "Canary Partners")).one()
    with scope.agency(canary):
        UserFactory(last_name="Canary")
        db.session.commit()

    assert "0 users found" in signed_in(viewer).get("/users?text=canary").text
