"""Adding, changing, archiving and restoring accounts."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import actions, queries
from portal.accounts.actions import AccountFacts, Archived
from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from tests.accounts.conftest import account_at
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory

SignIn = Callable[[Member], FlaskClient]
AT = "/accounts/acme/settings"
ACME = {
    "name": "Acme",
    "crm": "hubspot",
    "language": "fr",
    "consultant_id": "0",
    "colour": "teal",
    "tags": "",
}


def trail_of(subject_kind: str) -> list[tuple[str, str]]:
    """Return who did what, oldest first."""
    entries = select(AuditEntry).where(AuditEntry.subject_kind == subject_kind).order_by(AuditEntry.sequence)
    return [(entry.actor_name, entry.action) for entry in db.session.scalars(entries)]


def test_a_new_account_gets_an_address_of_its_own(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)

    answer = browser.submit(
        "/accounts/new", at="/accounts/new", **{**ACME, "name": "Zoë & Sons", "tags": "vip, Vip , retail"}
    )

    account = account_at("zoe-sons")
    assert (answer.status_code, answer.location) == (303, "/accounts/zoe-sons")
    assert (account.name, account.sort_name, account.language) == ("Zoë & Sons", "zoe & sons", "fr")
    assert queries.tags_of([account.id]) == {account.id: ["retail", "vip"]}
    assert trail_of("accounts") == [("Cora Consultant", "account.added")]


@pytest.mark.parametrize(("name", "slug"), [("New", "new-2"), ("Import", "import-2"), ("Acmé!", "acme-2")])
def test_addresses_that_are_taken_get_a_number(consultant: Member, name: str, slug: str) -> None:
    AccountFactory(name="Another", slug="acme")

    assert actions.add_account(AccountFacts(name), by=consultant).slug == slug


def test_long_names_get_addresses_that_still_fit(consultant: Member) -> None:
    first = actions.add_account(AccountFacts("a" * 120), by=consultant)
    second = actions.add_account(AccountFacts("a" * 119), by=consultant)

    assert (first.slug, second.slug) == ("a" * 60, "a" * 55 + "-2")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Give the account a name."),
        ("name", "x" * 121, "Field cannot be longer than 120 characters."),
        ("name", "Ac\x07me", "This contains characters that cannot be stored. Type it in plainly."),
        ("name", "TAKEN", "Another account has this name. Add a word that tells them apart."),
        ("name", "Old", "An archived account has this name. Restore it, or add a word."),
        ("crm", "fax", "Not a valid choice."),
        ("language", "tlh", "Not a valid choice."),
        ("colour", "infrared", "Not a valid choice."),
        ("consultant_id", "999", "Not a valid choice."),
        ("consultant_id", "someone", "Invalid Choice: could not coerce."),
        ("tags", "x" * 41, "A tag has at most 40 letters."),
        ("tags", "a,b,c,d,e,f,g,h,i,j,k", "At most 10 tags."),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_field(
    consultant: Member, signed_in: SignIn, field: str, value: str, error: str
) -> None:
    AccountFactory(name="Taken")
    AccountFactory(name="Old", archived_at=clock.now())
    browser = signed_in(consultant)

    answer = browser.submit("/accounts/new", at="/accounts/new", **{**ACME, field: value})

    assert answer.status_code == 422
    assert error in answer.text
    assert queries.find_account_named("Acme") is None


def test_sending_the_form_twice_adds_one_account(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)

    answers = [browser.submit("/accounts/new", at="/accounts/new", **ACME).status_code for _ in range(2)]

    assert answers == [303, 422]
    assert len(db.session.scalars(select(Account)).all()) == 1


def test_a_change_keeps_the_address_and_names_what_changed(consultant: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme", slug="acme", language="fr", colour="teal")
    browser = signed_in(consultant)

    answer = browser.submit(
        AT,
        at=AT,
        **{**ACME, "name": "Acme Group", "tags": "vip"},
    )

    accounts = AuditEntry.subject_kind == "accounts"
    entry = db.session.scalars(select(AuditEntry).where(accounts)).one()
    assert (answer.status_code, answer.location) == (303, AT)
    assert (entry.action, entry.details) == ("account.changed", {"name": "Acme Group", "tags": ["vip"]})


def test_saving_without_a_change_leaves_no_mark(consultant: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme", slug="acme", language="fr", colour="teal")
    browser = signed_in(consultant)

    browser.submit(AT, at=AT, **ACME)

    assert trail_of("accounts") == []


def test_an_archived_account_leaves_the_list_and_comes_back(partner_admin: Member, signed_in: SignIn) -> None:
    AccountFactory(name="Acme", slug="acme")
    browser = signed_in(partner_admin)

    assert "Archive Acme?" in browser.get(AT).text
    assert browser.submit(f"{AT}/archive", at=AT).status_code == 303
    assert "/accounts/acme" not in browser.get("/accounts").text
    assert "Archived" in browser.get("/accounts/acme").text
    assert browser.submit(f"{AT}/archive", at=AT).status_code == 409
    assert browser.submit(f"{AT}/restore", at=AT).status_code == 303
    assert "/accounts/acme" in browser.get("/accounts").text
    assert browser.submit(f"{AT}/restore", at=AT).status_code == 409
    assert trail_of("accounts") == [("Pat Admin", "account.archived"), ("Pat Admin", "account.restored")]


def test_an_archived_account_refuses_every_change(consultant: Member, signed_in: SignIn) -> None:
    account = AccountFactory(name="Acme", slug="acme", archived_at=clock.now())
    browser = signed_in(consultant)

    answer = browser.submit(AT, at="/accounts/new", **ACME)

    assert answer.status_code == 409
    assert "Acme is archived. Nothing was changed. Restore it first." in answer.text
    with pytest.raises(Archived):
        actions.refuse_if_archived(account)


def test_consultants_and_viewers_do_only_what_is_theirs(
    consultant: Member, viewer: Member, signed_in: SignIn
) -> None:
    AccountFactory(name="Acme", slug="acme")

    assert signed_in(consultant).submit(f"{AT}/archive", at="/").status_code == 403
    assert signed_in(viewer).submit(AT, at="/", **ACME).status_code == 403
    assert signed_in(viewer).get("/accounts/new").status_code == 403
    assert "<button" not in _form(signed_in(viewer).get(AT).text)


def _form(page: str) -> str:
    return page[page.index('id="account-form"') :].split("</form>", maxsplit=1)[0]


def test_another_agencys_account_cannot_be_changed(
    canary_cakes: str, owner: Member, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    address = f"/accounts/{canary_cakes}/settings"

    answers = [
        browser.get(address),
        browser.submit(address, at="/", **ACME),
        browser.submit(f"{address}/archive", at="/"),
        browser.submit(f"{address}/restore", at="/"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


def test_a_limited_member_sees_the_account_they_add(agency: object, signed_in: SignIn) -> None:
    AccountFactory(name="Hidden", slug="hidden")
    limited = MemberFactory(name="Lia Limited", sees_all_accounts=False)
    browser = signed_in(limited)

    answer = browser.submit("/accounts/new", at="/accounts/new", **{**ACME, "name": "Hidden"})

    assert answer.location == "/accounts/hidden-2"
    assert browser.get("/accounts/hidden-2").status_code == 200
    assert browser.get("/accounts/hidden").status_code == 404
