"""Many accounts from a list."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.accounts import queries
from portal.accounts.import_actions import import_next_rows
from portal.accounts.jobs import imports_left_behind
from portal.accounts.models import Account, AccountImport
from portal.accounts.sheets import MAX_BYTES, Unreadable, decode
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core.db import db
from tests.accounts.conftest import account_at
from tests.factories.accounts import AccountFactory

SignIn = Callable[[Member], FlaskClient]
AT = "/accounts/import"

FULL = """\
Name;CRM;Langue;Étiquettes;Contact;E-Mail;Langue du contact;Téléphone
Boulangerie Zoë;Pipedrive;français;"retail, VIP";Luc Martin;Luc@Martin.example;néerlandais;123

Acme;;;;;;;
"""


def upload(browser: FlaskClient, data: bytes) -> TestResponse:
    """Send a file, as the page's form does."""
    return browser.submit(AT, at=AT, file=(io.BytesIO(data), "accounts.csv"))


def finish(browser: FlaskClient, page: str, expected: int) -> str:
    """Decide on a list, let the worker run, and return what the page then says."""
    answer = browser.submit(page, at=AT, expected=str(expected))
    current_app.extensions["jobs"].drain()
    assert (answer.status_code, answer.location) == (303, f"{page}/progress")
    return browser.get(answer.location).text


def errors_on(page: str) -> list[str]:
    return re.findall(r'<div class="text-danger">.*?</svg> ([^<]*)</div>', page)


def count_accounts() -> int:
    return db.session.scalar(select(func.count()).select_from(Account))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_in_any_usual_form_becomes_accounts_with_contacts(
    consultant: Member, signed_in: SignIn, encoding: str, separator: str
) -> None:
    browser = signed_in(consultant)

    page = upload(browser, FULL.replace(";", separator).encode(encoding)).location
    shown = browser.get(page).text
    before = count_accounts()
    done = finish(browser, page, 2)

    account = account_at("boulangerie-zoe")
    [contact] = queries.contacts(account)
    assert "Import 2 accounts" in shown
    assert "These columns are not used: Téléphone." in shown
    assert before == 0
    assert "2 accounts were imported." in done
    assert (account.name, account.crm, account.language) == ("Boulangerie Zoë", "pipedrive", "fr")
    assert queries.tags_of([account.id]) == {account.id: ["VIP", "retail"]}
    assert (contact.name, contact.email, contact.language) == ("Luc Martin", "luc@martin.example", "nl")
    assert account_at("acme").language == "en"


def test_a_pasted_list_will_do(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)

    finish(browser, browser.submit(AT, at=AT, text="name,crm\nAcme,hubspot\nBeta,other\n").location, 2)

    assert [account_at(slug).crm for slug in ("acme", "beta")] == ["hubspot", "manual"]


def test_every_cell_that_is_wrong_says_so_and_nothing_is_written(
    consultant: Member, signed_in: SignIn
) -> None:
    AccountFactory(name="Taken")
    browser = signed_in(consultant)
    lines = [
        "name,crm,language,tags,contact,email,contact language",
        ",,,,,,",
        " ,hubspot,,,,,",
        f"{'x' * 121},,,,,,",
        "TAKEN,,,,,,",
        "Good,,,,,,",
        "good,,,,,,",
        "A,fax,klingon,,,,tlh",
        f"B,,,{'t' * 41},,,",
        "C,,,,Ana,,",
        "D,,,,,ana@c.example,",
        "E,,,,Ana,ana,",
        "F\x07,,,,,,",
    ]

    shown = browser.get(upload(browser, "\n".join(lines).encode()).location).text

    assert errors_on(shown) == [
        "Every account needs a name.",
        "A name has at most 120 letters.",
        "An account has this name already.",
        "Line 6 has the same name.",
        "Not a CRM we know: hubspot, pipedrive, salesforce or other.",
        "Not a language we speak: en, fr, nl, de or es.",
        "Not a language we speak: en, fr, nl, de or es.",
        "A tag has at most 40 letters.",
        "Without an address nobody can be asked.",
        "Say whose address this is.",
        "This is not an email address. It should look like ana@example.com.",
        "This contains characters that cannot be stored.",
    ]
    assert "10 rows have errors and would be left out." in shown
    assert "Import one account" in shown
    assert count_accounts() == 1


ODD_ADDRESSES = """name,contact,contact address
A,Ana, ana@maple.example
B,Ana,\u200bana@maple.example\ufeff
C,Ana,mailto:ana@maple.example
D,Ana,<ana@maple.example>
E,Ana,Ana Silva <ana@maple.example>
F,Ana,ana@maple.example.
G,Ana,Ana@MAPLE.example
H,Ana,ana@grünfarn.example
I,Ana,ana@xn--grnfarn-o2a.example
J,Ana,ana.o'dowd@maple.example
K,Ana,ana+crm@maple.example
"""
WRONG_ADDRESSES = """name,contact,contact address
A,Ana,ana @maple.example
B,Ana,ana@maple.example; bob@maple.example
C,Ana,jörn@maple.example
D,Ana,ana.o’dowd@maple.example
E,Ana,ana..silva@maple.example
F,Ana,ana@[192.0.2.1]
G,Ana,ana@localhost
H,Ana,not ana@maple.example
"""  # noqa: RUF001 - as people type them


def test_addresses_are_taken_out_of_what_stands_around_them(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)

    shown = browser.get(upload(browser, ODD_ADDRESSES.encode()).location).text
    assert errors_on(shown) == []
    assert "ana@grünfarn.example" in shown

    finish(browser, upload(browser, ODD_ADDRESSES.encode()).location, 11)
    emails = [queries.contacts(account_at(slug))[0].email for slug in "abcdefghijk"]
    assert emails == [
        *["ana@maple.example"] * 7,
        *["ana@xn--grnfarn-o2a.example"] * 2,
        "ana.o'dowd@maple.example",
        "ana+crm@maple.example",
    ]


def test_addresses_that_mail_cannot_go_to_are_refused_in_their_row(
    consultant: Member, signed_in: SignIn
) -> None:
    browser = signed_in(consultant)

    shown = browser.get(upload(browser, WRONG_ADDRESSES.encode()).location).text
    assert errors_on(shown) == [
        "There is a space beside the @.",
        "There are two addresses here, or more. Keep one.",
        "Before the @, use only letters without accents, digits, and signs such as . - _ +",
        "It has a curly apostrophe in place of a straight one.",
        "What stands before the @ is not valid.",
        "What stands after the @ is not a domain such as example.com.",
        "What stands after the @ is not a domain such as example.com.",
        "There are other words beside the address.",
    ]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "No column is called name."),
        (b"\n\n  \n", "No column is called name."),
        (b"name\n", "There is no account below the names of the columns."),
        (b"phone,city\n1,2\n", "No column is called name."),
        (b'name\n"Acme\n', "Line 2 cannot be read. Look for a quotation mark without its pair."),
        (b'name\n"Ac"me\n', "Line 2 cannot be read. Look for a quotation mark without its pair."),
        (b"name\n" + b"x" * 200_000, "Line 2 cannot be read."),
        (b"name\n" + b"x\n" * 1001, "More than 1000 rows. Split the list, and import the parts."),
        (b"PK\x03\x04\x00\x00", "This is a spreadsheet, not a CSV file."),
        (b"\xff\xfe\x00", "No column is called name."),
        (b"\x00\x01\x02", "No column is called name."),
        (b"\x81\x8d\x90", "No column is called name."),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(
    consultant: Member, signed_in: SignIn, data: bytes, error: str
) -> None:
    answer = upload(signed_in(consultant), data)

    assert answer.status_code == 422
    assert error in answer.text
    assert db.session.scalars(select(AccountImport)).all() == []


def test_a_file_that_is_too_large_is_refused_in_words(app: Flask) -> None:
    with pytest.raises(Unreadable, match=r"This file is larger than 2 MB\."):
        decode(b"name\n" + b"x" * MAX_BYTES)


def test_a_form_sent_empty_says_what_it_wants(consultant: Member, signed_in: SignIn) -> None:
    answer = signed_in(consultant).submit(AT, at=AT)

    assert answer.status_code == 422
    assert "Choose a file, or paste a list." in answer.text


def test_text_in_place_of_a_file_is_no_file(consultant: Member, signed_in: SignIn) -> None:
    answer = signed_in(consultant).submit(AT, at=AT, file="name")

    assert answer.status_code == 422
    assert "Choose a file, or paste a list." in answer.text


def test_a_second_click_adds_nothing(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)
    page = upload(browser, b"name\nAcme\nBeta\n").location

    done = [finish(browser, page, 2) for _ in range(2)]

    assert count_accounts() == 2
    assert all("2 accounts were imported." in text for text in done)
    assert browser.get(page).location == f"{page}/progress"


def test_the_page_tells_how_far_an_import_is(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)
    page = upload(browser, b"name\n" + b"".join(b"Shop %d\n" % number for number in range(30))).location
    assert browser.get(f"{page}/progress").location == page
    browser.submit(page, at=page, expected="30")

    import_next_rows(int(page.rpartition("/")[2]))

    text = browser.htmx(f"{page}/progress").text
    assert "20 of 30 rows are done." in text
    assert 'hx-trigger="every 1s"' in text


def test_a_worker_that_died_is_followed_by_one_that_goes_on(
    app: Flask, consultant: Member, signed_in: SignIn
) -> None:
    browser = signed_in(consultant)
    page = upload(browser, b"name\n" + b"".join(b"Shop %d\n" % number for number in range(50))).location
    browser.submit(page, at=page, expected="50")
    app.extensions["jobs"].huey.storage.flush_all()
    import_next_rows(int(page.rpartition("/")[2]))
    db.session.scalars(select(AccountImport)).one().decided_at -= timedelta(minutes=3)
    db.session.commit()

    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()

    assert count_accounts() == 50
    assert "50 accounts were imported." in browser.get(f"{page}/progress").text
    assert imports_left_behind() == []


def test_rows_that_went_wrong_meanwhile_are_left_out_and_counted(
    app: Flask, consultant: Member, signed_in: SignIn
) -> None:
    browser = signed_in(consultant)
    page = upload(browser, b"name\nAcme\nBeta\n").location
    browser.submit(page, at=page, expected="2")
    AccountFactory(name="Acme")
    db.session.commit()

    app.extensions["jobs"].drain()

    text = browser.get(f"{page}/progress").text
    assert "One account was imported." in text
    assert "One row was left out." in text


def test_a_list_that_changed_its_meaning_is_looked_at_again(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)
    page = upload(browser, b"name\nAcme\nBeta\n").location
    AccountFactory(name="Acme")

    answer = browser.submit(page, at=page, expected="2")

    assert answer.status_code == 409
    assert "Nothing was imported. Look at it again." in answer.text
    assert count_accounts() == 1


@pytest.mark.parametrize("expected", ["", "two", "-1", "²", "9" * 5000, "0"])
def test_a_number_nobody_was_shown_imports_nothing(
    consultant: Member, signed_in: SignIn, expected: str
) -> None:
    browser = signed_in(consultant)
    page = upload(browser, b"name\nAcme\n").location

    assert browser.submit(page, at=page, expected=expected).status_code in {400, 409}
    assert count_accounts() == 0


def test_each_imported_account_is_on_the_audit_trail(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)

    finish(browser, upload(browser, FULL.encode()).location, 2)

    actions = select(AuditEntry.action).where(AuditEntry.account_id.is_not(None))
    assert list(db.session.scalars(actions.order_by(AuditEntry.sequence))) == [
        "account.added",
        "contact.added",
        "account.added",
    ]


def test_a_new_list_replaces_the_one_left_undecided(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)
    first = upload(browser, b"name\nAcme\n").location
    second = upload(browser, b"name\nBeta\n").location

    assert len(db.session.scalars(select(AccountImport)).all()) == 1
    assert "Beta" in browser.get(second).text
    assert first == second or browser.get(first).status_code == 404


def test_a_list_is_shown_to_nobody_else(consultant: Member, owner: Member, signed_in: SignIn) -> None:
    page = upload(signed_in(consultant), b"name\nAcme\n").location
    other = signed_in(owner)

    assert other.get(page).status_code == 404
    assert other.submit(page, at=AT, expected="1").status_code == 404


def test_viewers_import_nothing(viewer: Member, signed_in: SignIn) -> None:
    browser = signed_in(viewer)

    assert browser.get(AT).status_code == 403
    assert browser.submit(AT, at="/", text="name\nAcme\n").status_code == 403


def test_the_sample_file_can_be_imported_as_it_is(consultant: Member, signed_in: SignIn) -> None:
    browser = signed_in(consultant)
    sample = browser.get(f"{AT}/sample.csv")

    shown = browser.get(upload(browser, sample.data).location).text

    assert sample.headers["Content-Disposition"] == 'attachment; filename="accounts.csv"'
    assert errors_on(shown) == []
    assert "Import 2 accounts" in shown
