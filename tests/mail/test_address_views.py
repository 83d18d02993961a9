from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.mail import suppressions
from portal.mail.models import OutboxMessage, SuppressedAddress
from portal.mail.states import Event, MailState
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory
from tests.factories.mails import post
from tests.fixtures.statements import count_statements

SignIn = Callable[[Member], FlaskClient]
HARD = "550 5.1.1 nobody here"


@pytest.fixture
def browser(consultant: Member, signed_in: SignIn) -> FlaskClient:
    """A browser of a consultant."""
    return signed_in(consultant)


def stop(address: str = "claire@maple.example", **facts: object) -> SuppressedAddress:
    mail = post(recipient=address, **facts)
    suppressions.suppress(mail, Event.BOUNCED, HARD)
    db.session.commit()
    suppressed = suppressions.find_active(mail)
    assert suppressed is not None
    return suppressed


def last_recorded() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()  # type: ignore[return-value]


def test_stopped_addresses_are_listed_with_account_and_reason(browser: FlaskClient) -> None:
    stop(account=AccountFactory(name="Maple & Sons"))

    page = browser.get("/mails/addresses").text

    assert "claire@maple.example" in page
    assert "Maple &amp; Sons" in page
    assert HARD in page


def test_the_list_takes_the_same_statements_however_long(browser: FlaskClient) -> None:
    stop(account=AccountFactory())
    browser.get("/mails/addresses")
    with count_statements() as for_one:
        browser.get("/mails/addresses")
    stop("paul@birch.example", account=AccountFactory())
    stop("eva@elm.example", account=AccountFactory())

    with count_statements() as for_three:
        browser.get("/mails/addresses")

    assert len(for_three) == len(for_one)


def test_stopped_addresses_are_searched(browser: FlaskClient) -> None:
    stop("claire@maple.example")
    stop("paul@birch.example")

    page = browser.htmx("/mails/addresses?search=BIRCH").text

    assert "paul@birch.example" in page
    assert "claire@maple.example" not in page
    assert "No stopped address fits" in browser.get("/mails/addresses?search=oak").text


def test_an_address_is_allowed_again_with_a_reason(browser: FlaskClient) -> None:
    suppressed = stop()
    page = f"/mails/addresses/{suppressed.id}"

    answer = browser.submit(f"{page}/allow", at=page, because="Her mailbox works again")

    assert (answer.status_code, answer.location) == (
        303,
        "/mails?shelf=undecided&search=claire@maple.example",
    )
    assert (suppressed.lifted_by, suppressed.lifted_because) == ("Cora Consultant", "Her mailbox works again")
    assert last_recorded().action == "address.allowed"
    assert last_recorded().details == {"because": "Her mailbox works again"}
    assert post(recipient="claire@maple.example").state is MailState.QUEUED
    assert "Her mailbox works again" in browser.get(page).text


def test_without_a_reason_the_address_stays_stopped(browser: FlaskClient) -> None:
    suppressed = stop()

    answer = browser.submit(f"/mails/addresses/{suppressed.id}/allow", at=f"/mails/addresses/{suppressed.id}")

    assert answer.status_code == 422
    assert "Say why, so that others know." in answer.text
    assert suppressed.lifted_at is None


def test_allowed_twice_is_refused(browser: FlaskClient, consultant: Member) -> None:
    suppressed = stop()
    suppressions.lift(suppressed, consultant, "first")

    answer = browser.submit(f"/mails/addresses/{suppressed.id}/allow", at="/mails/sending", because="second")

    assert (answer.status_code, suppressed.lifted_because) == (409, "first")


def test_a_viewer_sees_stopped_addresses_and_allows_none(viewer: Member, signed_in: SignIn) -> None:
    suppressed = stop()
    browser, page = signed_in(viewer), f"/mails/addresses/{suppressed.id}"

    assert "Let mail go there again" not in browser.get(page).text
    assert browser.submit(f"{page}/allow", at="/mails", because="x").status_code == 403
    assert suppressed.lifted_at is None


def test_addresses_of_another_agency_are_not_there(
    other_agency: Agency, consultant: Member, signed_in: SignIn
) -> None:
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        suppressed_id = stop("foreign@canary.example").id
    browser = signed_in(consultant)

    assert "foreign@canary.example" not in browser.get("/mails/addresses").text
    assert browser.get(f"/mails/addresses/{suppressed_id}").status_code == 404
    answer = browser.submit(f"/mails/addresses/{suppressed_id}/allow", at="/mails", because="x")
    assert answer.status_code == 404


def test_addresses_of_an_account_not_given_are_not_there(agency: Agency, signed_in: SignIn) -> None:
    suppressed = stop("hidden@oak.example", account=AccountFactory())
    browser = signed_in(MemberFactory(sees_all_accounts=False))

    assert "hidden@oak.example" not in browser.get("/mails/addresses").text
    assert browser.get(f"/mails/addresses/{suppressed.id}").status_code == 404


def test_a_mail_that_was_not_sent_leads_to_the_reason(browser: FlaskClient) -> None:
    suppressed = stop()
    mail = post()

    page = browser.get(f"/mails/{mail.id}").text

    assert mail.state is MailState.SUPPRESSED
    assert f'href="/mails/addresses/{suppressed.id}"' in page
    assert f'action="/mails/{mail.id}/send"' not in page


def test_every_address_with_mail_has_one_stop_at_most(agency: Agency) -> None:
    mail = post()
    for event in (Event.BOUNCED, Event.COMPLAINED):
        suppressions.suppress(mail, event, HARD)

    assert [one.event for one in db.session.scalars(select(SuppressedAddress))] == [Event.BOUNCED]
    assert db.session.scalars(select(OutboxMessage)).one() is mail
