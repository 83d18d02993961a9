"""The contacts of an account."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import queries
from portal.accounts.models import Contact
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from tests.factories.accounts import AccountFactory, ContactFactory

SignIn = Callable[[Member], FlaskClient]
AT = "/accounts/acme/contacts"
ANA = {"name": "Ana Silva", "email": "Ana@Client.example", "language": "es", "may_approve": "y"}


def actions_on_record() -> list[str]:
    """Return what the trail says, oldest first."""
    trail = select(AuditEntry.action).where(AuditEntry.subject_kind == "contacts")
    return list(db.session.scalars(trail.order_by(AuditEntry.sequence)))


def test_a_contact_is_added_with_their_language(consultant: Member, signed_in: SignIn) -> None:
    account = AccountFactory(slug="acme")
    browser = signed_in(consultant)

    answer = browser.submit(f"{AT}/new", at=f"{AT}/new", **ANA)

    [contact] = queries.contacts(account)
    assert (answer.status_code, answer.location) == (303, AT)
    assert (contact.name, contact.email, contact.language, contact.may_approve) == (
        "Ana Silva",
        "ana@client.example",
        "es",
        True,
    )
    assert actions_on_record() == ["contact.added"]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Say who this is."),
        ("name", "x" * 121, "Field cannot be longer than 120 characters."),
        ("email", "", "Without an address nobody can be asked."),
        ("email", "ana", "This is not an email address. It should look like ana@example.com."),
        ("email", "ana@client.example\x00", "This contains characters that cannot be stored."),
        ("email", f"{'a' * 300}@client.example", "Field cannot be longer than 254 characters."),
        ("email", "BEN@client.example", "Ben Brown already has this address."),
        ("language", "tlh", "Not a valid choice."),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_field(
    consultant: Member, signed_in: SignIn, field: str, value: str, error: str
) -> None:
    account = AccountFactory(slug="acme")
    ContactFactory(account_id=account.id, name="Ben Brown", email="ben@client.example")

    answer = signed_in(consultant).submit(f"{AT}/new", at=f"{AT}/new", **{**ANA, field: value})

    assert answer.status_code == 422
    assert error in answer.text
    assert [contact.name for contact in queries.contacts(account)] == ["Ben Brown"]


def test_a_contact_changes_and_keeps_their_own_address(consultant: Member, signed_in: SignIn) -> None:
    account = AccountFactory(slug="acme")
    contact_id = ContactFactory(account_id=account.id, name="Ana", email="ana@client.example").id
    browser = signed_in(consultant)

    answer = browser.submit(f"{AT}/{contact_id}", at=f"{AT}/{contact_id}", **ANA)

    contact = db.session.get_one(Contact, contact_id)
    assert answer.status_code == 303
    assert (contact.name, contact.language) == ("Ana Silva", "es")
    assert actions_on_record() == ["contact.changed"]


def test_a_contact_ends_and_can_be_added_again(consultant: Member, signed_in: SignIn) -> None:
    account = AccountFactory(slug="acme")
    contact_id = ContactFactory(account_id=account.id, name="Ana", email="ana@client.example").id
    browser = signed_in(consultant)

    ended = browser.submit(f"{AT}/{contact_id}/end", at=f"{AT}/{contact_id}")
    again = browser.submit(f"{AT}/{contact_id}/end", at=f"{AT}/new")
    former = browser.get(AT).text
    back = browser.submit(f"{AT}/new", at=f"{AT}/new", **ANA)

    assert [answer.status_code for answer in (ended, again, back)] == [303, 409, 303]
    assert "One former contact" in former
    assert [contact.id for contact in queries.contacts(account)] == [contact_id]
    assert actions_on_record() == ["contact.ended", "contact.added"]


def test_contacts_of_an_archived_account_stay_as_they_are(consultant: Member, signed_in: SignIn) -> None:
    account = AccountFactory(slug="acme", archived_at=clock.now())
    contact_id = ContactFactory(account_id=account.id).id
    browser = signed_in(consultant)

    answers = [
        browser.get(f"{AT}/new"),
        browser.submit(f"{AT}/new", at="/accounts/new", **ANA),
        browser.submit(f"{AT}/{contact_id}", at="/accounts/new", **ANA),
        browser.submit(f"{AT}/{contact_id}/end", at="/accounts/new"),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409, 409]
    assert actions_on_record() == []


def test_a_contact_of_another_account_is_not_found(consultant: Member, signed_in: SignIn) -> None:
    AccountFactory(slug="acme")
    contact_id = ContactFactory(account_id=AccountFactory(slug="other").id).id
    browser = signed_in(consultant)

    assert browser.get(f"{AT}/{contact_id}").status_code == 404
    assert browser.get(f"{AT}/{10**30}").status_code == 404
    assert browser.submit(f"{AT}/{contact_id}/end", at="/accounts/new").status_code == 404


def test_another_agencys_contacts_are_not_found(canary_cakes: str, owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)

    assert browser.get(f"/accounts/{canary_cakes}/contacts").status_code == 404
    assert browser.get(f"/accounts/{canary_cakes}/contacts/1").status_code == 404
    assert browser.submit(f"/accounts/{canary_cakes}/contacts/1/end", at="/accounts/new").status_code == 404


def test_viewers_read_contacts_and_change_nothing(viewer: Member, signed_in: SignIn) -> None:
    AccountFactory(slug="acme")
    browser = signed_in(viewer)

    assert "No contacts yet" in browser.get(AT).text
    assert browser.get(f"{AT}/new").status_code == 403
