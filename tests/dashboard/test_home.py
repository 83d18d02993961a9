import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import RequestState
from portal.accounts.states import Health
from portal.accounts.totals import totals_for
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import db
from portal.dashboard import queries
from portal.dashboard.states import Whose
from portal.inbox.models import InboundMailbox
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.inbox.judged import take_in
from tests.inbox.letters import letter

SignIn = Callable[[Member], FlaskClient]


def wait(by: Member, state: RequestState, name: str, *, days: int = 1) -> AccessRequest:
    """Return a request that has been in a state for some days."""
    account = AccountFactory(name=f"{name} Ltd")
    contact = ContactFactory(account_id=account.id, name=f"Contact of {name}")
    moment = clock.now() - timedelta(days=days)
    waiting = AccessRequest(
        account_id=account.id,
        number=1,
        contact_id=contact.id,
        started_by_id=by.id,
        state=state,
        sent_at=moment,
        changed_at=moment,
    )
    waiting.people.append(
        RequestPerson(account_id=account.id, place=1, first_name=name, email=f"{name}@client.example".lower())
    )
    db.session.add(waiting)
    db.session.flush()
    return waiting


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent while the test runs."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def test_an_empty_agency_is_told_what_will_stand_here(owner: Member, signed_in: SignIn) -> None:
    page = signed_in(owner).get("/").text

    assert "Nothing waits for you." in page
    assert "No client owes an answer." in page


def names(rows: object) -> list[str]:
    return [row.person.strip() for row in rows]


def test_each_view_shows_whose_work_it_is(owner: Member, consultant: Member) -> None:
    wait(owner, RequestState.STOPPED, "Mine", days=2)
    looked_after = wait(consultant, RequestState.ANSWERED, "Looked-after", days=9).account
    looked_after.consultant_id, looked_after.waiting_for_us = owner.id, 1
    wait(consultant, RequestState.REPLIED, "Theirs", days=5)
    db.session.flush()

    shown = {whose: names(queries.waiting_for_us(whose, owner).rows) for whose in Whose}
    assert shown == {
        Whose.ME: ["Mine"],
        Whose.MY_ACCOUNTS: ["Looked-after"],
        Whose.EVERYONE: ["Looked-after", "Theirs", "Mine"],
    }
    counted = queries.counts(owner, totals_for(owner)).for_us
    assert counted == {Whose.ME: 1, Whose.MY_ACCOUNTS: 1, Whose.EVERYONE: 1}  # what counters say


def test_the_views_are_tabs_with_their_numbers_and_mine_is_the_first(
    owner: Member, signed_in: SignIn
) -> None:
    wait(owner, RequestState.ANSWERED, "Mine").account.waiting_for_us = 1
    browser = signed_in(owner)

    def tabs(address: str) -> list[tuple[str, str]]:
        found = re.findall(
            r'nav-link( active)?" href="/[^>]*>([^<]*)<span[^>]*>(\d*)', browser.get(address).text
        )
        return [(f"{words.strip()} {number}", active.strip()) for active, words, number in found]

    assert tabs("/") == [("For me 1", "active"), ("My accounts 0", ""), ("Everyone 1", "")]
    assert tabs("/?view=everyone") == [("For me 1", ""), ("My accounts 0", ""), ("Everyone 1", "active")]
    assert tabs("/?view=nonsense") == tabs("/")


def test_nothing_waits_for_a_viewer(viewer: Member, owner: Member, signed_in: SignIn) -> None:
    wait(owner, RequestState.ANSWERED, "Mine").account.waiting_for_us = 1
    page = signed_in(viewer).get("/").text

    assert "Nothing waits for you: you can look at everything" in page
    assert "waiting for you" not in page
    assert re.search(r"Everyone\s*<span[^>]*>1<", page)
    assert "Mine" in signed_in(viewer).get("/?view=everyone").text


def test_a_question_whose_email_bounced_is_shown_as_waiting_for_me(owner: Member, signed_in: SignIn) -> None:
    wait(owner, RequestState.UNREACHED, "Nina")

    assert "the email to Contact of Nina bounced" in signed_in(owner).get("/").text


def test_the_longest_wait_for_a_client_comes_first(owner: Member) -> None:
    wait(owner, RequestState.WAITING, "Short", days=1)
    wait(owner, RequestState.WAITING, "Long", days=5)

    assert names(queries.waiting_for_clients(Whose.ME, owner, 0).rows) == ["Long", "Short"]


def test_more_than_fits_is_counted(owner: Member, signed_in: SignIn) -> None:
    for number in range(8):
        wait(owner, RequestState.WAITING, f"Person{number}")

    page = signed_in(owner).get("/").text

    assert len(re.findall(r"asked Contact of Person\d", page)) == 6
    assert "All 8" in page


def test_requests_of_archived_accounts_wait_for_nobody(owner: Member) -> None:
    waiting = wait(owner, RequestState.WAITING, "Gone")
    waiting.account.archived_at = clock.now()
    db.session.flush()

    assert queries.waiting_for_clients(Whose.EVERYONE, owner, 0).rows == []


def test_a_broken_connection_is_shown_with_its_account(owner: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Broken Ltd", health=Health.BROKEN)
    AccountFactory(name="Mine Ltd", health=Health.BROKEN, consultant_id=owner.id)
    browser = signed_in(owner)

    mine, everyone = browser.get("/").text, browser.get("/?view=everyone").text
    assert ("Broken Ltd" in mine, "Mine Ltd" in mine) == (False, True)
    assert "CRMs that cannot be read" in everyone
    assert ("Broken Ltd" in everyone, "Mine Ltd" in everyone) == (True, True)


def test_a_missing_worker_is_said_in_words(owner: Member, signed_in: SignIn) -> None:
    assert "No background worker has been seen" in signed_in(owner).get("/").text


def test_a_living_worker_is_not_mentioned(app: Flask, owner: Member, signed_in: SignIn) -> None:
    db.session.commit()
    app.extensions["jobs"].sweep()

    assert "No background worker" not in signed_in(owner).get("/").text


def test_the_last_weeks_count_what_was_sent_and_closed(owner: Member) -> None:
    wait(owner, RequestState.WAITING, "Sent", days=0)
    closed = wait(owner, RequestState.CLOSED, "Closed", days=0)
    closed.closed_at = clock.now()
    db.session.flush()

    assert [(week.sent, week.closed) for week in queries.weeks()][-1] == (2, 1)


@pytest.mark.parametrize(("view", "asked"), [("me", 10), ("accounts", 10), ("everyone", 13)])
@pytest.mark.parametrize("requests", [1, 3])
def test_the_page_asks_as_often_for_three_requests_as_for_one(
    requests: int, view: str, asked: int, owner: Member, signed_in: SignIn, statements: list[str]
) -> None:
    for number in range(requests):
        wait(owner, RequestState.ANSWERED, f"Answered{number}").account.consultant_id = owner.id
        wait(owner, RequestState.WAITING, f"Waiting{number}").account.consultant_id = owner.id
    browser = signed_in(owner)
    statements.clear()
    browser.get(f"/?view={view}")

    assert len([sent for sent in statements if sent.startswith("SELECT")]) == asked


def test_a_mailbox_nobody_looks_into_is_said_on_the_home_page(
    app: Flask, owner: Member, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "imap_host", "127.0.0.1")
    db.session.add(InboundMailbox(name="imap", created_at=clock.now() - timedelta(minutes=11)))

    assert "The mailbox could not be checked yet" in signed_in(owner).get("/").text


def test_mails_that_nobody_could_match_are_said_on_the_home_page(
    app: Flask, owner: Member, signed_in: SignIn
) -> None:
    db.session.add(InboundMailbox(name="main", serves_agency_id=owner.agency_id))
    db.session.commit()
    take_in(app, letter(), letter())

    assert "2 incoming emails need sorting." in signed_in(owner).get("/").text
