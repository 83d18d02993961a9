import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account
from portal.accounts.states import Crm, Health
from portal.agencies import scope
from portal.agencies.models import Member
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
    queued = [task.args for task in app.extensions["jobs"].huey.pending()]

    connection = queries.get_connection(account.id)
    assert open_token(connection) == TOKEN
    assert (connection.state, account.health) == (ConnectionState.ACTIVE, Health.HEALTHY)
    assert (connection.external_id, connection.currency) == ("150100259", "EUR")
    assert queued == [(CONNECTED, account.agency_id, (account.id,))]
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


def test_an_account_of_the_crm_that_is_connected_twice_is_pointed_out(
    app: Flask, browser: FlaskClient
) -> None:
    ConnectionFactory(account_id=AccountFactory(name="Contoso").id, external_id="150100259")
    browser.submit(f"{PAGE}/test", at=PAGE, token=TOKEN)
    drain(app)

    assert "The same HubSpot account is already connected to Contoso." in said(browser.get(PAGE).text)


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
