import re
from collections.abc import Callable

from flask.testing import FlaskClient

from portal.accounts.models import Account, Contact
from portal.agencies.models import Member
from portal.audit import trail
from portal.core.db import db
from tests.factories.accounts import AccountFactory, ContactFactory

SignIn = Callable[[Member], FlaskClient]


def base_in(page: str) -> str:
    found = re.search(r'name="base"[^>]* value="([^"]+)"', page)
    assert found, "the form does not say from what it was begun"
    return found[1]


def contact_fields(**changed: str) -> dict[str, str]:
    facts = {"name": "Anna", "email": "anna@maple.example", "language": "en", "may_approve": "y"}
    return {**facts, **changed}


def made(owner: Member) -> tuple[Account, Contact]:
    account = AccountFactory(name="Maple", slug="maple", consultant_id=owner.id)
    fields = {"name": "Anna", "email": "anna@maple.example", "language": "en"}
    return account, ContactFactory(account_id=account.id, **fields)


def test_whoever_saves_a_contact_second_is_told_and_keeps_what_they_typed(
    owner: Member, signed_in: SignIn
) -> None:
    _account, contact = made(owner)
    browser, url = signed_in(owner), f"/accounts/maple/contacts/{contact.id}"
    base = base_in(browser.get(url).text)
    contact.email = "anna.smith@maple.example"
    trail.record(owner, "contact.changed", contact)
    db.session.commit()

    typed = contact_fields(name="Anna <Smith>", base=base)
    answer = browser.submit(url, at=url, htmx=True, **typed)
    assert answer.status_code == 409
    assert f"{owner.name} saved this while you were typing" in answer.text
    assert "anna.smith@maple.example" in answer.text
    assert 'value="Anna &lt;Smith&gt;"' in answer.text
    assert contact.name == "Anna"

    again = browser.submit(url, at=url, **{**typed, "base": base_in(answer.text)})
    assert again.status_code == 303
    assert (contact.name, contact.email) == ("Anna <Smith>", "anna@maple.example")


def test_the_same_change_twice_is_no_conflict(owner: Member, signed_in: SignIn) -> None:
    _account, contact = made(owner)
    browser, url = signed_in(owner), f"/accounts/maple/contacts/{contact.id}"
    base = base_in(browser.get(url).text)
    contact.name = "Anna Smith"
    db.session.commit()

    assert browser.submit(url, at=url, **contact_fields(name="Anna Smith", base=base)).status_code == 303


def test_what_nobody_else_touched_is_saved_at_once(owner: Member, signed_in: SignIn) -> None:
    _account, contact = made(owner)
    browser, url = signed_in(owner), f"/accounts/maple/contacts/{contact.id}"
    base = base_in(browser.get(url).text)

    assert browser.submit(url, at=url, **contact_fields(name="Anna Smith", base=base)).status_code == 303
    assert contact.name == "Anna Smith"


def test_an_account_saved_meanwhile_is_told_too(owner: Member, signed_in: SignIn) -> None:
    account, _contact = made(owner)
    browser, url = signed_in(owner), "/accounts/maple/settings"
    base = base_in(browser.get(url).text)
    account.language = "fr"
    db.session.commit()

    fields = {"name": "Maple & Sons", "crm": "hubspot", "language": "en", "consultant_id": str(owner.id)}
    answer = browser.submit(url, at=url, **fields, tags="", colour=account.colour, base=base)
    assert answer.status_code == 409
    assert "Français" in answer.text
    assert "Maple &amp; Sons" in answer.text
    assert account.name == "Maple"


def test_reminders_and_job_roles_notice_it_as_well(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    page = browser.get("/mails/reminders").text
    days = {"remind_after": "2, 4", "give_up_after": "9", "office_opens": "9", "office_closes": "17"}
    first = browser.submit("/mails/reminders", at="/mails/reminders", **days, base=base_in(page))
    second = {**days, "remind_after": "3, 6"}
    answer = browser.submit("/mails/reminders", at="/mails/reminders", **second, base=base_in(page))
    assert (first.status_code, answer.status_code) == (303, 409)
    assert "2, 4" in answer.text

    names = {"description": "Sells.", "can_do": "Sell"}
    browser.submit("/job-roles/new", at="/job-roles/new", name="Seller", **names)
    base = base_in(browser.get("/job-roles/seller").text)
    told = [
        browser.submit("/job-roles/seller", at="/job-roles/seller", name=name, base=base, **names).status_code
        for name in ("Sales", "Vendor")
    ]
    assert told == [303, 409]
