import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account, AccountAccess
from portal.accounts.states import Crm, Health
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import Model, db
from portal.crm import actions, connections, queries
from portal.crm.connections import open_token
from portal.crm.models import Connection, ConnectionTest
from portal.crm.states import CONNECTED, ConnectionState, ExaminationState
from tests.factories.accounts import AccountFactory
from tests.factories.crm import ConnectionFactory
from tests.fixtures.emulator import Emulator

SignIn = Callable[[Member], FlaskClient]

TOKEN = "demo-enterprise-7.without-settings.billing.write"
PAGE = "/accounts/northwind/connection"
NUMBER = "150100259"  # of the account that the token opens


@pytest.fixture
def account(reachable: Emulator, partner_admin: Member) -> Account:
    return AccountFactory(name="Northwind", slug="northwind")


@pytest.fixture
def browser(account: Account, partner_admin: Member, signed_in: SignIn) -> FlaskClient:
    return signed_in(partner_admin)


def drain(app: Flask) -> None:
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def connect(app: Flask, browser: FlaskClient, token: str = TOKEN) -> str:
    assert browser.submit(f"{PAGE}/test", at=PAGE, token=token).status_code == 303
    drain(app)
    key = db.session.scalars(select(ConnectionTest.key)).one()
    assert browser.submit(f"{PAGE}/save", at=PAGE, test=key).status_code == 303
    return key


def said(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_token_is_tested_in_a_job_and_what_it_may_do_is_said_before_it_is_saved(
    app: Flask, browser: FlaskClient
) -> None:
    browser.submit(f"{PAGE}/test", at=PAGE, token=TOKEN)
    waiting = browser.htmx(PAGE).text
    drain(app)
    done = browser.htmx(PAGE).text

    assert 'hx-trigger="every 1s"' in waiting
    assert 'hx-trigger="every 1s"' not in done
    assert "users: yes" in said(done)
    needs = "seats: not allowed, needs settings.billing.write - remaining seats stay hidden"
    assert needs in said(done)
    assert db.session.scalars(select(Connection)).all() == []


def test_saving_keeps_the_token_sealed_and_tells_who_reads_accounts(
    app: Flask, account: Account, browser: FlaskClient
) -> None:
    connect(app, browser)
    queued = [list(task.args) for task in app.extensions["jobs"].huey.pending()]

    connection = queries.get_connection(account.id)
    assert open_token(connection) == TOKEN
    assert (connection.state, account.health) == (ConnectionState.ACTIVE, Health.HEALTHY)
    assert (connection.external_id, connection.currency) == ("150100259", "EUR")
    assert queued == [[CONNECTED, account.agency_id, [account.id]]]
    assert db.session.scalars(select(ConnectionTest)).all() == []


def test_the_token_is_nowhere_in_clear(
    app: Flask, browser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connect(app, browser)
    page = browser.get(PAGE).text
    drain(app)
    browser.submit(f"{PAGE}/test", at=PAGE, token=f"{TOKEN} ")

    with scope.every_agency(reason="the whole database is looked through"):
        tables = {
            table.name: db.session.execute(table.select()).all() for table in Model.metadata.sorted_tables
        }
    assert [len(tables[name]) for name in ("connections", "connection_tests")] == [1, 1]
    jobs = app.extensions["jobs"].huey.storage.enqueued_items()
    for place in (repr(tables), repr(jobs), caplog.text, page):
        assert TOKEN not in place


def test_a_refused_token_is_not_kept(app: Flask, browser: FlaskClient) -> None:
    browser.submit(f"{PAGE}/test", at=PAGE, token="nobody-knows-this-token")
    drain(app)

    test = db.session.scalars(select(ConnectionTest)).one()
    assert (test.state, test.sealed_token, test.token_hint) == (ExaminationState.FAILED, None, "")
    assert "The CRM refused the token." in said(browser.get(PAGE).text)


def test_a_crm_that_asks_to_slow_down_leaves_testing_again_to_a_person(
    app: Flask, browser: FlaskClient, reachable: Emulator
) -> None:
    reachable.fail_next("daily")
    browser.submit(f"{PAGE}/test", at=PAGE, token=TOKEN)
    drain(app)

    assert "Nothing was saved. Test again in a minute." in said(browser.get(PAGE).text)


@pytest.mark.parametrize("token", ["", "two words", "héhé", "x" * 501, "nul\0"])
def test_what_can_be_no_token_is_refused_at_its_place(browser: FlaskClient, token: str) -> None:
    answer = browser.submit(f"{PAGE}/test", at=PAGE, token=token)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert db.session.scalars(select(ConnectionTest)).all() == []


def test_another_account_than_before_is_pointed_out(
    app: Flask, account: Account, browser: FlaskClient
) -> None:
    ConnectionFactory(account_id=account.id, external_id="42", external_name="Old Northwind")
    browser.submit(f"{PAGE}/test", at=PAGE, token=TOKEN)
    drain(app)

    assert "This is another HubSpot account than before:" in said(browser.get(PAGE).text)


def try_token(app: Flask, browser: FlaskClient, token: str = TOKEN, page: str = PAGE) -> str:
    """Test a token and return the key of its test."""
    browser.submit(f"{page}/test", at=page, token=token)
    drain(app)
    return db.session.scalars(select(ConnectionTest.key).order_by(ConnectionTest.id.desc()).limit(1)).one()


def connected(name: str, **about: object) -> Account:
    """Return another account that leads to the same account in the CRM as ``TOKEN``."""
    other = AccountFactory(name=name, slug=name.lower(), **about)
    ConnectionFactory(account_id=other.id, external_id=NUMBER)
    return other


def test_a_crm_account_that_another_account_has_is_refused_with_the_way_there(
    app: Flask, account: Account, browser: FlaskClient
) -> None:
    connected("Contoso")

    key = try_token(app, browser)
    page = browser.get(PAGE).text
    answer = browser.submit(f"{PAGE}/save", at=PAGE, test=key)

    says = (
        "This HubSpot account is already connected to Contoso. To connect it here, disconnect it there first."
    )
    assert says in said(page)
    assert 'href="/accounts/contoso/connection"' in page
    assert "Save this connection" not in page
    assert (answer.status_code, says in said(answer.text)) == (409, True)
    assert queries.find_connection(account.id) is None


def test_a_crm_account_is_free_again_once_it_is_disconnected_or_replaced(
    app: Flask, account: Account, browser: FlaskClient
) -> None:
    other = connected("Contoso")
    theirs = "/accounts/contoso/connection"
    replacement = try_token(app, browser, "demo-enterprise-8", page=theirs)
    assert browser.submit(f"{theirs}/save", at=theirs, test=replacement).status_code == 303
    connect(app, browser)
    ours, replaced = queries.get_connection(account.id), queries.get_connection(other.id)
    assert (ours.crm_account, replaced.crm_account) == (f"hubspot:{NUMBER}", "hubspot:150100296")

    browser.submit(f"{PAGE}/disconnect", at=PAGE)
    again = try_token(app, browser, page=theirs)
    assert browser.submit(f"{theirs}/save", at=theirs, test=again).status_code == 303
    assert (ours.crm_account, replaced.crm_account) == (None, f"hubspot:{NUMBER}")


def test_an_archived_account_keeps_its_crm_account_and_is_named_as_archived(
    app: Flask, browser: FlaskClient
) -> None:
    connected("Contoso", archived_at=clock.now())

    key = try_token(app, browser)

    assert "already connected to Contoso (archived)." in said(browser.get(PAGE).text)
    theirs = "/accounts/contoso/connection"
    assert browser.submit(f"{PAGE}/save", at=PAGE, test=key).status_code == 409
    assert browser.submit(f"{theirs}/disconnect", at=theirs).status_code == 303
    assert browser.submit(f"{PAGE}/save", at=PAGE, test=key).status_code == 303


def test_a_member_learns_no_name_of_an_account_they_may_not_see(
    app: Flask, account: Account, partner_admin: Member, signed_in: SignIn
) -> None:
    connected("Contoso")
    partner_admin.sees_all_accounts = False
    db.session.add(AccountAccess(account_id=account.id, member_id=partner_admin.id))
    db.session.commit()
    browser = signed_in(partner_admin)

    key = try_token(app, browser)
    pages = [browser.get(PAGE).text, browser.submit(f"{PAGE}/save", at=PAGE, test=key).text]

    for page in pages:
        assert "another account of your agency, which you cannot see" in said(page)
        assert "ontoso" not in page
    assert queries.find_connection(account.id) is None


def test_of_two_saved_at_the_same_time_one_is_refused(
    app: Flask,
    account: Account,
    partner_admin: Member,
    browser: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = try_token(app, browser)
    look = queries.is_connected_elsewhere

    def look_too_early(external_id: str, mine: Account) -> bool:
        is_taken = look(external_id, mine)
        connected("Contoso")
        return is_taken

    monkeypatch.setattr(actions.queries, "is_connected_elsewhere", look_too_early)
    with pytest.raises(actions.ConnectedElsewhere) as caught:
        actions.save_connection(account, key, partner_admin)

    assert "already connected to Contoso" in str(caught.value)


def test_accounts_that_led_to_the_same_before_say_so(account: Account, browser: FlaskClient) -> None:
    connected("Contoso")
    ConnectionFactory(account_id=account.id, external_id=NUMBER, crm_account=None)

    page = browser.get(PAGE).text

    assert "The same HubSpot account is also connected to Contoso ." in said(page)
    assert 'href="/accounts/contoso/connection"' in page
    assert "is also connected to Northwind ." in said(browser.get("/accounts/contoso/connection").text)


def test_the_same_number_in_another_agency_or_after_an_end_is_no_obstacle(
    app: Flask, account: Account, partner_admin: Member, browser: FlaskClient, other_agency: Agency
) -> None:
    with scope.every_agency(reason="test"):
        other_id = other_agency.id
    with scope.agency(other_id):
        ConnectionFactory(external_id=NUMBER)
        db.session.commit()
    actions.disconnect(connected("Contoso"), partner_admin)

    connect(app, browser)

    assert queries.get_connection(account.id).crm_account == f"hubspot:{NUMBER}"


def test_a_newer_test_takes_the_place_of_the_one_before(app: Flask, browser: FlaskClient) -> None:
    keys = []
    for token in (TOKEN, "demo-free-1"):
        browser.submit(f"{PAGE}/test", at=PAGE, token=token)
        drain(app)
        keys.append(db.session.scalars(select(ConnectionTest.key)).one())

    statuses = [browser.submit(f"{PAGE}/save", at=PAGE, test=key).status_code for key in keys]
    assert statuses == [409, 303]
    assert open_token(db.session.scalars(select(Connection)).one()) == "demo-free-1"


def test_a_test_is_saved_once(app: Flask, browser: FlaskClient) -> None:
    key = connect(app, browser)

    assert browser.submit(f"{PAGE}/save", at=PAGE, test=key).status_code == 409


@pytest.mark.parametrize("key", ["", "x", "x" * 44, "nul\0"])
def test_a_test_that_never_was_cannot_be_saved(browser: FlaskClient, key: str) -> None:
    answer = browser.submit(f"{PAGE}/save", at=PAGE, test=key)

    assert answer.status_code in {409, 422}
    assert db.session.scalars(select(Connection)).all() == []


def test_a_test_that_was_forgotten_leaves_nothing(app: Flask, browser: FlaskClient) -> None:
    browser.submit(f"{PAGE}/test", at=PAGE, token=TOKEN)
    browser.submit(f"{PAGE}/drop-test", at=PAGE)
    drain(app)

    assert db.session.scalars(select(ConnectionTest)).all() == []


def test_disconnecting_destroys_the_token(app: Flask, account: Account, browser: FlaskClient) -> None:
    connect(app, browser)
    page = browser.get(PAGE).text
    browser.submit(f"{PAGE}/disconnect", at=PAGE)

    connection = queries.get_connection(account.id)
    assert "Disconnect Northwind?" in page
    assert (connection.sealed_token, connection.token_hint) == (None, "")
    assert (connection.state, account.health) == (ConnectionState.DISCONNECTED, Health.NOT_CONNECTED)
    assert [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.sequence))][
        -2:
    ] == [
        "connection.saved",
        "connection.ended",
    ]
    assert browser.submit(f"{PAGE}/disconnect", at=PAGE).status_code == 409


def test_a_connection_that_was_switched_off_comes_back_with_the_saved_token(
    app: Flask, account: Account, browser: FlaskClient
) -> None:
    connect(app, browser)
    connection = queries.get_connection(account.id)
    connection.state, connection.last_error = ConnectionState.DEAD, "The CRM did not answer."
    connection.last_error_at = clock.now()
    assert "The portal has stopped calling." in said(browser.get(PAGE).text)

    browser.submit(f"{PAGE}/test-saved-token", at=PAGE)
    drain(app)
    key = db.session.scalars(select(ConnectionTest.key)).one()
    browser.submit(f"{PAGE}/save", at=PAGE, test=key)

    assert (connection.state, connection.last_error) == (ConnectionState.ACTIVE, "")
    assert open_token(connection) == TOKEN


def test_tests_whose_time_is_over_go_and_those_a_worker_left_are_taken_up(
    app: Flask, account: Account, partner_admin: Member
) -> None:
    kept = actions.start_test(account, TOKEN, partner_admin)
    over = actions.start_test(AccountFactory(), TOKEN, partner_admin)
    over.expires_at = clock.now() - timedelta(seconds=1)
    kept.state, kept.lease_until = ExaminationState.RUNNING, clock.now() - timedelta(seconds=1)
    kept_id = kept.id
    db.session.commit()
    app.extensions["jobs"].huey.storage.flush_all()

    app.extensions["jobs"].sweep()
    drain(app)

    assert [(test.id, test.state) for test in db.session.scalars(select(ConnectionTest))] == [
        (kept_id, ExaminationState.PASSED)
    ]


def test_a_test_in_other_hands_is_left_alone(account: Account, partner_admin: Member) -> None:
    test = actions.start_test(account, TOKEN, partner_admin)

    assert [actions.claim_test(test.key), actions.claim_test(test.key)] == [test, None]


def test_a_crm_without_connector_says_that_steps_are_done_by_hand(
    account: Account, browser: FlaskClient
) -> None:
    account.crm = Crm.PIPEDRIVE
    answer = browser.submit(f"{PAGE}/test", at="/", token=TOKEN)

    assert "Steps here are done by hand" in said(browser.get(PAGE).text)
    assert answer.status_code == 409


def test_a_consultant_sees_the_connection_and_cannot_change_it(
    account: Account, consultant: Member, signed_in: SignIn
) -> None:
    ConnectionFactory(account_id=account.id)
    browser = signed_in(consultant)

    assert "Northwind" in said(browser.get(PAGE).text)
    for verb in ("test", "test-saved-token", "drop-test", "save", "disconnect"):
        assert browser.submit(f"{PAGE}/{verb}", at="/").status_code == 403
    assert connections.can(queries.get_connection(account.id), "seats")
