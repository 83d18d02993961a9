import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.access_requests import actions
from portal.access_requests.models import AccessRequest, AnswerLink, RequestPerson
from portal.access_requests.states import RequestState
from portal.accounts.models import Account, Contact
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState
from portal.users.models import User
from tests.factories.access_requests import AccessRequestFactory, RequestPersonFactory
from tests.factories.accounts import AccountFactory, ContactFactory

SignIn = Callable[[Member], FlaskClient]
HOME = "/accounts/maple/access-requests"
NEW = f"{HOME}/new"


def filled(asked: Contact, /, **changes: Any) -> dict[str, Any]:
    return {
        "people-0-first_name": "Ana",
        "people-0-last_name": "Silva",
        "people-0-email": "Ana@Maple.example",
        "people-0-will_do": "Sells",
        "contact": str(asked.id),
        "contact_language": "en",
        "language": "",
        "note": "They start on Monday.",
        **changes,
    }


def the_request() -> AccessRequest:
    return db.session.scalars(select(AccessRequest)).one()


def test_a_draft_keeps_what_was_typed_and_leads_to_its_preview(
    browser: FlaskClient, contact: Contact
) -> None:
    answer = browser.submit(HOME, at=NEW, **filled(contact))

    assert (answer.status_code, answer.location) == (303, f"{HOME}/1/preview")
    made = the_request()
    [person] = made.people
    assert (made.state, made.contact_id, made.note) == ("draft", contact.id, "They start on Monday.")
    assert (person.name, person.email, person.will_do) == ("Ana Silva", "ana@maple.example", "Sells")


def test_numbers_count_within_the_account(browser: FlaskClient, contact: Contact) -> None:
    AccessRequestFactory(contact_to_ask=contact, number=7)

    assert browser.submit(HOME, at=NEW, **filled(contact)).location == f"{HOME}/8/preview"


def test_the_language_is_the_contacts_own_unless_another_is_chosen(
    browser: FlaskClient, account: Account
) -> None:
    claire = ContactFactory(account_id=account.id, language="fr")
    browser.submit(HOME, at=NEW, **filled(claire))
    browser.submit(HOME, at=NEW, **filled(claire, language="nl"))

    assert db.session.scalars(select(AccessRequest.language).order_by(AccessRequest.id)).all() == ["fr", "nl"]


def test_somebody_new_becomes_a_contact_and_is_asked(browser: FlaskClient, contact: Contact) -> None:
    new = {"contact": "new", "contact_name": "Ben Ode", "contact_email": "BEN@maple.example"}
    answer = browser.submit(HOME, at=NEW, **filled(contact, **new, contact_language="de"))

    assert answer.status_code == 303
    ben = the_request().contact
    assert (ben.name, ben.email, ben.language, ben.may_approve) == (
        "Ben Ode",
        "ben@maple.example",
        "de",
        True,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"people-0-email": "not an address"}, "This is not an email address."),
        (
            {"people-0-email": "jörn@maple.example"},
            "letters without accents, digits, and signs such as . - _ +",
        ),
        ({"people-0-email": "a@x.example; b@x.example"}, "There are two addresses here, or more. Keep one."),
        ({"people-0-email": "'ana@maple.example"}, "It begins with an apostrophe that has no pair."),
        ({"people-0-email": "ana@localhost"}, "not a domain such as example.com."),
        ({"people-0-email": ""}, "An email address is needed: it becomes the person&#39;s login."),
        ({"people-1-email": "ana@maple.EXAMPLE"}, "This address is already in this request."),
        ({"people-0-first_name": "A\x00na"}, "This contains characters that cannot be stored."),
        ({"people-0-last_name": "x" * 121}, "Field cannot be longer than 120 characters."),
        ({"people-0-will_do": "x" * 501}, "Field cannot be longer than 500 characters."),
        ({"note": "x" * 2001}, "Field cannot be longer than 2000 characters."),
        ({"contact": "999999"}, "Not a valid choice."),
        ({"contact": "new"}, "Say who it is."),
        (
            {"contact": "new", "contact_name": "Ann", "contact_email": "anna@maple.example"},
            "The account already has a contact with this address.",
        ),
        ({"language": "tlh"}, "Not a valid choice."),
    ],
)
def test_what_cannot_be_stored_is_said_at_its_place_and_nothing_typed_is_lost(
    browser: FlaskClient, contact: Contact, changes: dict[str, str], message: str
) -> None:
    answer = browser.submit(HOME, at=NEW, **filled(contact, **{"people-0-will_do": "Sells", **changes}))

    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Silva"' in answer.text or "people-0-last_name" in changes
    assert db.session.scalars(select(AccessRequest)).all() == []


def test_a_request_about_nobody_is_refused(browser: FlaskClient, contact: Contact) -> None:
    blank = dict.fromkeys(
        ["people-0-first_name", "people-0-last_name", "people-0-email", "people-0-will_do"], ""
    )
    answer = browser.submit(HOME, at=NEW, **filled(contact, **blank))

    assert answer.status_code == 422
    assert "Say who needs access: at least one email address." in answer.text


@pytest.mark.parametrize("htmx", [False, True])
def test_another_person_is_added_without_losing_what_was_typed(
    browser: FlaskClient,
    contact: Contact,
    htmx: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    answer = browser.submit(HOME, at=NEW, htmx=htmx, **filled(contact, rows="add"))

    assert answer.status_code == 200
    assert answer.text.count('name="people-0-first_name"') == 1
    assert answer.text.count('name="people-1-first_name"') == 1
    assert 'value="Silva"' in answer.text
    assert answer.text.lstrip().startswith("<!doctype") is not htmx


def test_a_person_is_removed(browser: FlaskClient, contact: Contact) -> None:
    two = filled(contact, **{"people-1-email": "ben@maple.example"})
    answer = browser.submit(HOME, at=NEW, **two, rows="remove-people-0")

    assert answer.status_code == 200
    assert 'value="Silva"' not in answer.text
    assert 'value="ben@maple.example"' in answer.text


def test_a_pasted_list_becomes_people_each_once(browser: FlaskClient, contact: Contact) -> None:
    pasted = "ben@maple.example, Ana <ANA@maple.example>;\nzoe@maple.example zoe@maple.example"
    answer = browser.submit(HOME, at=NEW, **filled(contact, paste=pasted, rows="paste"))

    assert answer.status_code == 200
    assert answer.text.count('type="email"') + answer.text.count('-email" name="people-') >= 3
    assert "people-2-email" in answer.text
    assert "people-3-email" not in answer.text


def rows_of(page: str) -> list[tuple[str, str, str]]:
    """First name, last name and address of every row of the form."""
    values: dict[tuple[int, str], str] = {}
    for tag in re.findall(r"<input[^>]+>", page):
        named = re.search(r'name="people-(\d+)-(\w+)"', tag)
        if named:
            value = re.search(r'value="([^"]*)"', tag)
            values[int(named[1]), named[2]] = unescape(value[1]) if value else ""
    names = ("first_name", "last_name", "email")
    return [tuple(values[at, name] for name in names) for at, name in values if name == "email"]  # type: ignore[misc]


def pasted_into(browser: FlaskClient, contact: Contact, text: str) -> str:
    nobody = {"first_name": "", "last_name": "", "email": "", "will_do": ""}
    row = {f"people-0-{name}": value for name, value in nobody.items()}
    return browser.submit(HOME, at=NEW, **filled(contact, **row, paste=text, rows="paste")).text


def test_pasted_names_are_kept(browser: FlaskClient, contact: Contact) -> None:
    page = pasted_into(
        browser, contact, 'Dahl, Bo <bo@oak.example>; "Ida Moe" <ida.o\'moe@elm.example>\nkim@fern.example'
    )

    assert rows_of(page) == [
        ("Bo", "Dahl", "bo@oak.example"),
        ("Ida", "Moe", "ida.o'moe@elm.example"),
        ("", "", "kim@fern.example"),
    ]
    assert "No email address was found" not in page


def test_one_mailbox_in_two_spellings_becomes_one_row(browser: FlaskClient, contact: Contact) -> None:
    page = pasted_into(browser, contact, "info@grünfarn.example, info@xn--grnfarn-o2a.example")

    assert rows_of(page) == [("", "", "info@grünfarn.example")]


def test_a_doubtful_address_is_shown_whole_with_the_words_it_came_from(
    browser: FlaskClient, contact: Contact
) -> None:
    page = pasted_into(browser, contact, "Erin O’Dowd <erin.o’dowd@fern.example>")  # noqa: RUF001

    assert rows_of(page) == [("Erin", "O’Dowd", "erin.o’dowd@fern.example")]  # noqa: RUF001
    assert "It has a curly apostrophe in place of a straight one." in page
    assert "It came from: “Erin O’Dowd &lt;erin.o’dowd@fern.example&gt;”." in page  # noqa: RUF001


def test_a_doubtful_address_is_saved_only_once_it_was_looked_at(
    browser: FlaskClient, contact: Contact
) -> None:
    typed = filled(contact, **{"people-0-email": "erin.o’dowd@fern.example"})  # noqa: RUF001

    shown = browser.submit(HOME, at=NEW, **typed)
    assert (shown.status_code, rows_of(shown.text)[0][2]) == (422, "erin.o'dowd@fern.example")
    assert "Check the address, and save again." in shown.text

    browser.submit(HOME, at=NEW, **{**typed, "people-0-email": "erin.o'dowd@fern.example"})
    assert [person.email for person in the_request().people] == ["erin.o'dowd@fern.example"]


def test_pasted_text_without_an_address_stays_and_is_said(browser: FlaskClient, contact: Contact) -> None:
    page = pasted_into(browser, contact, "Ida Moe; Bo Dahl")

    assert rows_of(page) == [("", "", "")]
    assert ">\r\nIda Moe; Bo Dahl</textarea>" in page
    assert "What is left here was not used" in page


def test_nothing_that_was_pasted_vanishes_without_a_word(browser: FlaskClient, contact: Contact) -> None:
    page = pasted_into(
        browser, contact, "Ida Moe (Sales) <ida@elm.example>; IDA@elm.example; bo@bäume.example"
    )

    assert [row[2] for row in rows_of(page)] == ["ida@elm.example", "bo@bäume.example"]
    assert 'value="Sales"' in page
    assert "1 address was there more than once, and stands here once." in page


def test_the_rest_of_a_pasted_text_stays_but_does_not_stop_saving(
    browser: FlaskClient, contact: Contact
) -> None:
    page = pasted_into(browser, contact, "Please add\nIda Moe <ida@elm.example>\nBo Dahl")
    seen = re.search(r'name="paste_seen"[^>]*value="([^"]*)"', page)

    assert rows_of(page) == [("Ida", "Moe", "ida@elm.example")]
    assert ">\r\nPlease add\nBo Dahl</textarea>" in page
    assert seen
    answer = browser.submit(
        HOME, at=NEW, **filled(contact, paste="Please add\r\nBo Dahl", paste_seen=seen[1])
    )
    assert answer.status_code == 303


def test_a_pasted_text_is_not_lost_by_saving(browser: FlaskClient, contact: Contact) -> None:
    answer = browser.submit(HOME, at=NEW, **filled(contact, paste="ida@elm.example"))

    assert answer.status_code == 422
    assert "This is not added yet." in answer.text
    assert ">\r\nida@elm.example</textarea>" in answer.text


def test_pasted_people_who_find_no_room_are_named_and_not_lost(
    browser: FlaskClient, contact: Contact
) -> None:
    pasted = " ".join(f"p{number}@maple.example" for number in range(52))
    nobody = filled(contact, **{"people-0-first_name": "", "people-0-last_name": "", "people-0-will_do": ""})

    page = browser.submit(HOME, at=NEW, **{**nobody, "people-0-email": ""}, paste=pasted, rows="paste").text

    assert len(re.findall(r'value="p\d+@', page)) == 50
    assert "A request holds 50 people." in page
    assert "p50@maple.example\np51@maple.example</textarea>" in page.replace("\r\n", "\n")


def test_a_draft_can_be_changed_and_people_keep_their_rows(
    browser: FlaskClient, draft: AccessRequest, contact: Contact
) -> None:
    before = draft.people[0].id
    changed = filled(
        contact, **{"people-0-email": draft.people[0].email, "people-1-email": "new@maple.example"}
    )
    answer = browser.submit(f"{HOME}/1/edit", at=f"{HOME}/1/edit", **changed)

    assert answer.status_code == 303
    assert [person.email for person in the_request().people] == [draft.people[0].email, "new@maple.example"]
    assert the_request().people[0].id == before


def test_the_preview_shows_the_mail_and_sends_nothing(browser: FlaskClient, draft: AccessRequest) -> None:
    page = browser.get(f"{HOME}/1/preview")

    assert page.status_code == 200
    assert "Anna Smith &lt;anna@maple.example&gt;" in page.text
    assert "/r/preview" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert db.session.scalars(select(OutboxMessage)).all() == []


def test_sending_asks_the_contact_by_mail_once(browser: FlaskClient, draft: AccessRequest) -> None:
    answer = browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")
    again = browser.submit(f"{HOME}/1/send", at=f"{HOME}/1")

    assert (answer.status_code, answer.location) == (303, f"{HOME}/1")
    assert again.status_code == 409
    mail = db.session.scalars(select(OutboxMessage)).one()
    assert (mail.recipient, mail.kind, mail.language) == ("anna@maple.example", "access_request", "en")
    assert f"Reply-To: {the_request().started_by.email}".encode() in mail.raw
    assert the_request().state is RequestState.WAITING


def test_the_mail_speaks_the_language_of_the_request(browser: FlaskClient, draft: AccessRequest) -> None:
    draft.language = "fr"
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")

    assert db.session.scalars(select(OutboxMessage.language)).one() == "fr"


def test_only_the_fingerprint_of_a_link_is_stored(browser: FlaskClient, draft: AccessRequest) -> None:
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")

    link = db.session.scalars(select(AnswerLink)).one()
    assert len(link.secret_hash) == 64
    assert (link.expires_at - link.created_at).days in {13, 14}


def test_asking_again_makes_a_second_mail_with_its_own_link(
    browser: FlaskClient, draft: AccessRequest
) -> None:
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")
    answer = browser.submit(f"{HOME}/1/resend", at=f"{HOME}/1")

    assert answer.status_code == 303
    assert len(db.session.scalars(select(OutboxMessage)).all()) == 2
    assert len(db.session.scalars(select(AnswerLink)).all()) == 2


def test_a_draft_cannot_be_asked_again(browser: FlaskClient, draft: AccessRequest) -> None:
    assert browser.submit(f"{HOME}/1/resend", at=f"{HOME}/1").status_code == 409


def test_a_copied_link_is_fresh_shown_once_and_recorded(browser: FlaskClient, draft: AccessRequest) -> None:
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")
    answer = browser.submit(f"{HOME}/1/copy-link", at=f"{HOME}/1")

    link = db.session.scalars(select(AnswerLink).order_by(AnswerLink.id.desc())).first()
    assert answer.status_code == 200
    assert f"http://localhost/r/{link.selector}." in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"/r/{link.selector}." not in browser.get(f"{HOME}/1").text
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)).all()
    assert actions[-1] == "access_request.link_copied"


def test_the_page_keeps_up_by_itself_while_others_are_at_it(
    browser: FlaskClient, draft: AccessRequest
) -> None:
    asks_again = f'hx-get="{HOME}/1" hx-trigger="every 3s"'
    as_draft = browser.get(f"{HOME}/1").text
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1")
    waiting = browser.get(f"{HOME}/1").text
    again = browser.htmx(f"{HOME}/1").text

    assert [asks_again in page for page in (as_draft, waiting, again)] == [False, True, True]
    assert again.lstrip().startswith('<div id="now"')


def test_a_link_that_is_shown_once_is_not_swept_away(browser: FlaskClient, draft: AccessRequest) -> None:
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1")

    page = browser.submit(f"{HOME}/1/copy-link", at=f"{HOME}/1").text

    assert ('id="answer-link"' in page, "every 3s" in page) == (True, False)


def test_the_contact_who_may_approve_is_offered_first(browser: FlaskClient, contact: Contact) -> None:
    ContactFactory(account=contact.account, name="Aaron", may_approve=False)

    page = browser.get(NEW).text

    [first] = re.findall(r'<select[^>]*name="contact"[^>]*>\s*<option[^>]*value="(\w+)"', page)
    assert first == str(contact.id)


def test_withdrawing_ends_every_link_at_once(browser: FlaskClient, draft: AccessRequest) -> None:
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")
    answer = browser.submit(f"{HOME}/1/withdraw", at=f"{HOME}/1", reason="Asked by mistake")

    assert answer.status_code == 303
    assert db.session.scalars(select(AnswerLink.revoked_at)).one() is not None
    page = browser.get(f"{HOME}/1").text
    assert "Withdrawn. Its links do not work any more." in page
    assert "Why: Asked by mistake" in page


def test_withdrawing_stops_the_mail_that_has_not_left(browser: FlaskClient, draft: AccessRequest) -> None:
    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")
    browser.submit(f"{HOME}/1/withdraw", at=f"{HOME}/1")

    assert db.session.scalars(select(OutboxMessage.state)).all() == ["cancelled"]


def test_somebody_who_was_a_contact_before_is_one_again(browser: FlaskClient, contact: Contact) -> None:
    before = ContactFactory(account_id=contact.account_id, email="ben@maple.example", ended_at=clock.now())
    new = {"contact": "new", "contact_name": "Ben Ode", "contact_email": "ben@maple.example"}
    browser.submit(HOME, at=NEW, **filled(contact, **new))

    assert (the_request().contact_id, the_request().contact.ended_at) == (before.id, None)


def test_an_archived_account_is_not_asked(
    browser: FlaskClient, draft: AccessRequest, account: Account
) -> None:
    account.archived_at = clock.now()

    assert browser.submit(f"{HOME}/1/send", at=f"{HOME}/1").status_code == 409
    assert the_request().state is RequestState.DRAFT


def test_the_counters_of_the_account_follow_every_move(
    browser: FlaskClient, draft: AccessRequest, account: Account
) -> None:
    def counters() -> tuple[int, int]:
        db.session.refresh(account)
        return account.waiting_for_client, account.waiting_for_us

    browser.submit(f"{HOME}/1/send", at=f"{HOME}/1/preview")
    assert counters() == (1, 0)
    the_request().move_to(RequestState.ANSWERED)
    db.session.commit()
    assert counters() == (0, 1)
    browser.submit(f"{HOME}/1/withdraw", at=f"{HOME}/1")
    assert counters() == (0, 0)


def test_the_page_warns_of_known_users_and_of_other_requests(
    browser: FlaskClient, draft: AccessRequest, contact: Contact
) -> None:
    other = AccessRequestFactory(contact_to_ask=contact, number=2, people=0)
    RequestPersonFactory(request_id=draft.id, account_id=draft.account_id, email="twice@maple.example")
    RequestPersonFactory(request_id=other.id, account_id=draft.account_id, email="twice@maple.example")
    known = {"external_id": "1", "email": draft.people[0].email, "sort_name": "nina"}
    db.session.add(User(account_id=draft.account_id, **known))

    page = browser.get(f"{HOME}/1").text

    assert "is already a user of Maple &amp; Sons." in page
    assert "is also in another open request." in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Mine Waiting", "Other Draft"}),
        ("?mine=1", {"Mine Waiting"}),
        ("?state=draft", {"Other Draft"}),
        ("?waiting=client", {"Mine Waiting"}),
        ("?waiting=us", set()),
        ("?search=mine+wai", {"Mine Waiting"}),
        ("?search=other@x", {"Other Draft"}),
        ("?search=%25", set()),
        ("?state=nonsense&waiting=nonsense", {"Mine Waiting", "Other Draft"}),
    ],
)
def test_lists_are_narrowed_by_state_owner_waiting_and_person(
    browser: FlaskClient, draft: AccessRequest, query: str, found: set[str]
) -> None:
    mine, other = draft, AccessRequestFactory(people=0)
    mine.people[0].first_name, mine.people[0].last_name = "Mine", "Waiting"
    mine.move_to(RequestState.WAITING)
    RequestPersonFactory(
        request_id=other.id,
        account_id=other.account_id,
        first_name="Other",
        last_name="Draft",
        email="other@x.example",
    )

    page = browser.htmx(f"/access-requests{query}").text

    assert {name for name in ("Mine Waiting", "Other Draft") if name in page} == found


def test_a_list_of_one_account_shows_no_other(browser: FlaskClient, draft: AccessRequest) -> None:
    AccessRequestFactory(people=0)

    assert browser.get(HOME).text.count("#1</span>") == 1
    assert browser.get(f"{HOME}?search=nobody").text.count("No access request fits this search.") == 1


@pytest.mark.parametrize(
    "path", ["/1", "/1/edit", "/1/preview", "/1/preview/mail", "/99", "/99999999999999999999"]
)
def test_requests_of_other_agencies_and_unknown_ones_are_not_found(
    browser: FlaskClient, account: Account, other_agency: Agency, path: str
) -> None:
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        foreign = AccountFactory(slug="canary", name="Canary Account")
        AccessRequestFactory(contact_to_ask=ContactFactory(account_id=foreign.id), number=1)
        db.session.commit()

    answer = browser.get(f"/accounts/canary/access-requests{path}")
    assert answer.status_code == 404
    assert "Canary Account" not in answer.text
    assert browser.get(f"{HOME}{path}").status_code == 404
    assert browser.submit(f"{HOME}/1/send", at=NEW).status_code == 404


@pytest.mark.parametrize("path", ["", "/1/edit", "/1/send", "/1/resend", "/1/copy-link", "/1/withdraw"])
def test_a_viewer_reads_and_changes_nothing(
    viewer: Member, signed_in: SignIn, draft: AccessRequest, path: str
) -> None:
    browser = signed_in(viewer)

    assert browser.get(f"{HOME}/1").status_code == 200
    assert browser.submit(f"{HOME}{path}", at=HOME).status_code == 403
    assert the_request().state is RequestState.DRAFT


def test_steps_need_a_token_and_the_right_method(browser: FlaskClient, draft: AccessRequest) -> None:
    assert browser.post(f"{HOME}/1/send").status_code == 400
    assert browser.get(f"{HOME}/1/send").status_code == 405
    assert the_request().state is RequestState.DRAFT


def test_people_stay_when_a_foreign_contact_is_named(browser: FlaskClient, draft: AccessRequest) -> None:
    elsewhere = ContactFactory()
    answer = browser.submit(HOME, at=NEW, **filled(elsewhere))

    assert answer.status_code == 422
    assert len(db.session.scalars(select(RequestPerson)).all()) == 1


@pytest.mark.parametrize("url", [HOME, "/access-requests"])
def test_a_list_takes_the_same_statements_however_long(
    browser: FlaskClient, draft: AccessRequest, contact: Contact, url: str
) -> None:
    browser.get(url)  # the first visit to an account is remembered
    one = statements(lambda: browser.get(url))
    for number in (2, 3):
        AccessRequestFactory(contact_to_ask=contact, number=number, people=2)

    assert statements(lambda: browser.get(url)) == one


def statements(load: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    load()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_long_list_has_pages(browser: FlaskClient, draft: AccessRequest, contact: Contact) -> None:
    for number in range(2, 53):
        AccessRequestFactory(contact_to_ask=contact, number=number, people=0)
    first = browser.get(HOME)
    [onward] = re.findall(r'rel="next" href="([^"]+)"', first.text)

    assert first.text.count("Anna Smith") == 50
    assert browser.get(onward.replace("&amp;", "&")).text.count("Anna Smith") == 2
    assert browser.get(f"{HOME}?page=nonsense").status_code == 400


def test_a_held_mail_asked_nobody_and_the_page_says_so(browser: FlaskClient, draft: AccessRequest) -> None:
    actions.send_request(draft, draft.started_by)
    mail = db.session.scalars(select(OutboxMessage)).one()
    page = f"{HOME}/{draft.number}"
    before = browser.get(page).text
    mail.state = MailState.HELD
    db.session.commit()
    after = browser.get(page).text

    assert f"Waiting for {draft.contact.name}, asked" in before
    assert f"{draft.contact.name} was not asked yet: the mail is held." in after
    assert f'href="/mails/{mail.id}"' in after
    assert f"Waiting for {draft.contact.name}, asked" not in after
