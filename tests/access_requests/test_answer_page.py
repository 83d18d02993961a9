import logging
import re
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.serving import make_server

from portal.access_requests import links
from portal.access_requests.models import AccessRequest, Answer, AnswerLink, RequestPerson
from portal.access_requests.states import RequestState
from portal.accounts.models import Account, Contact
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Theme
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.job_roles.models import JobRole
from portal.mail.models import OutboxMessage
from tests.access_requests.answering import Client, filled, job_role, sent, the_link, the_person_id
from tests.factories.access_requests import RequestPersonFactory
from tests.fixtures.portal import PASSWORD

NAMES = {"fr": "Vente", "nl": "Verkoop", "de": "Vertrieb", "es": "Ventas"}


@pytest.fixture
def sales(agency: object) -> JobRole:
    return job_role("Sales", **NAMES)


@pytest.fixture
def admin(agency: object) -> JobRole:
    return job_role("Administrator", is_admin=True)


@pytest.fixture
def token(draft: AccessRequest, sales: JobRole) -> str:
    return sent(draft)


@pytest.fixture
def anna(client: FlaskClient, token: str) -> Client:
    return Client(client, token)


def the_request() -> AccessRequest:
    return db.session.scalars(select(AccessRequest)).one()


def mails(kind: str) -> list[OutboxMessage]:
    written = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return list(db.session.scalars(written))


def test_a_link_leads_to_an_address_without_its_secret(client: FlaskClient, token: str) -> None:
    page = client.get(f"/r/{token}", follow_redirects=True)
    selector, _dot, secret = token.partition(".")

    assert page.status_code == 200
    assert page.request.full_path.rstrip("?") == f"/answer/{selector}"
    assert secret not in page.text
    assert "What will this person do?" in page.text


@pytest.mark.parametrize(
    "path", ["/r/{token}", "/answer/{selector}", "/answer/{selector}/not-for-me", "/r/x.y"]
)
def test_every_page_of_an_answer_is_private(client: FlaskClient, token: str, path: str) -> None:
    client.get(f"/r/{token}")
    answer = client.get(path.format(token=token, selector=token[:12]))

    kept = {name: answer.headers[name] for name in ("Referrer-Policy", "Cache-Control", "X-Robots-Tag")}
    assert kept == {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def test_the_cookie_is_short_lived_and_kept_from_scripts(client: FlaskClient, token: str) -> None:
    cookie = client.get(f"/r/{token}").headers["Set-Cookie"]

    assert cookie.startswith(f"answer-{token[:12]}=")
    assert {part.strip() for part in cookie.split(";")[2:]} == {
        "Max-Age=1800",
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    }


def test_with_tls_the_cookie_is_bound_to_the_host(app: Flask, client: FlaskClient, token: str) -> None:
    app.config["SESSION_COOKIE_SECURE"] = True
    try:
        cookie = client.get(f"/r/{token}", base_url="https://localhost").headers["Set-Cookie"]
    finally:
        app.config["SESSION_COOKIE_SECURE"] = False

    assert cookie.startswith(f"__Host-answer-{token[:12]}=")
    assert "; Secure" in cookie


def test_opening_changes_nothing_but_a_throttled_count(client: FlaskClient, token: str) -> None:
    before = len(db.session.scalars(select(AuditEntry)).all())
    for _time in range(5):
        client.get(f"/r/{token}", follow_redirects=True)

    assert the_link().opened == 1
    assert the_request().state is RequestState.WAITING
    assert len(db.session.scalars(select(AuditEntry)).all()) == before


def test_an_answer_counts_only_after_its_summary(anna: Client, sales: JobRole) -> None:
    summary = anna.answer(sales, path="")

    assert summary.status_code == 200
    assert "Is this right?" in summary.text
    assert "Sales 1" in summary.text
    assert the_request().state is RequestState.WAITING
    assert anna.answer(sales).status_code == 303
    assert the_request().state is RequestState.ANSWERED


def test_the_answer_is_kept_word_for_word_with_who_gave_it(anna: Client, sales: JobRole) -> None:
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    anna.answer(sales, **{f"person-{the_person_id()}-start_date": day})

    row = db.session.scalars(select(Answer)).one()
    [person] = row.people
    assert (row.given_name, row.remark, row.address) == ("Anna Smith", "Thank you", "127.0.0.1")
    assert row.browser.startswith("Werkzeug/")
    assert (person["job_role"], person["text"], person["start_date"]) == ("Sales", "Sells in the north", day)
    asked = db.session.scalars(select(RequestPerson)).one()
    assert (asked.answered_job_role_id, asked.job_role_id) == (sales.id, sales.id)
    assert (asked.answered_text, asked.is_declined) == ("Sells in the north", False)


def test_the_consultant_hears_of_the_answer_once(anna: Client, sales: JobRole) -> None:
    anna.answer(sales)
    anna.answer(sales)

    [mail] = mails("answer_arrived")
    assert mail.recipient == the_request().started_by.email


def test_the_counters_follow_the_answer(anna: Client, sales: JobRole) -> None:
    anna.answer(sales)
    account = db.session.scalars(select(Account)).one()

    assert (account.waiting_for_client, account.waiting_for_us) == (0, 1)


def test_after_the_answer_the_link_shows_it_and_lets_it_be_corrected(
    anna: Client, sales: JobRole, admin: JobRole
) -> None:
    anna.answer(sales)
    page = anna.browser.get(anna.url)
    assert "by Anna Smith." in page.text
    assert "Correct the answer" in page.text

    form = anna.browser.get(f"{anna.url}?again=1")
    assert "You are correcting the answer of Anna Smith." in form.text
    assert anna.answer(admin, turn=1).status_code == 303
    assert db.session.scalars(select(RequestPerson.answered_job_role_id)).one() == admin.id
    assert len(db.session.scalars(select(Answer)).all()) == 2


def test_once_it_is_used_an_answer_cannot_be_corrected(anna: Client, sales: JobRole, admin: JobRole) -> None:
    anna.answer(sales)
    the_request().move_to(RequestState.PROVISIONING)
    db.session.commit()

    page = anna.browser.get(f"{anna.url}?again=1")
    assert "Thank you" in page.text
    assert "Correct the answer" not in page.text
    late = anna.answer(admin, turn=1)
    assert late.status_code == 409
    assert "Thank you</h1>" not in late.text
    assert "What you wanted to send" in late.text
    assert "Administrator" in late.text
    assert db.session.scalars(select(RequestPerson.answered_job_role_id)).one() == sales.id


def test_no_access_for_anybody_declines_the_request(anna: Client) -> None:
    anna.answer(None)

    assert the_request().state is RequestState.DECLINED
    assert db.session.scalars(select(RequestPerson.is_declined)).one() is True
    [mail] = mails("request_news")
    assert mail.recipient == the_request().started_by.email


def test_a_declined_request_can_still_be_answered_otherwise(anna: Client, sales: JobRole) -> None:
    anna.answer(None)
    anna.answer(sales, turn=1)

    assert the_request().state is RequestState.ANSWERED


def test_each_person_gets_an_own_answer(draft: AccessRequest, client: FlaskClient, sales: JobRole) -> None:
    RequestPersonFactory(request_id=draft.id, account_id=draft.account_id)
    db.session.refresh(draft)
    client_with_link = Client(client, sent(draft))
    first, second = (person.id for person in the_request().people)
    fields = filled(first, sales) | filled(second, None)

    assert "What will these people do?" in client_with_link.page.text
    assert client_with_link.post("/confirm", **fields).status_code == 303
    people = db.session.scalars(select(RequestPerson).order_by(RequestPerson.id))
    assert [person.is_declined for person in people] == [False, True]
    assert the_request().state is RequestState.ANSWERED


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("job_role", "", "Please choose one."),
        ("job_role", "999999", "Not a valid choice."),
        ("job_role", "x", "Invalid Choice: could not coerce."),
        ("text", "x" * 1001, "Field cannot be longer than 1000 characters."),
        ("text", "a\x00b", "This contains characters that cannot be stored."),
        ("start_date", "1925-01-01", "Please check the year."),
        ("start_date", "soon", "Not a valid date value."),
    ],
)
def test_a_mistake_is_said_at_its_place_and_nothing_is_stored(
    anna: Client, sales: JobRole, field: str, value: str, message: str
) -> None:
    wrong = {f"person-{the_person_id()}-{field}": value}
    for path in ("", "/confirm"):
        answer = anna.answer(sales, path=path, **wrong)
        assert answer.status_code == 422
        assert message in answer.text
        assert "Thank you" in answer.text  # what else was typed is still there
    assert db.session.scalars(select(Answer)).all() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("given_name", ""),
        ("given_name", "Win at evil.example"),
        ("given_name", "x" * 121),
        ("remark", "x" * 2001),
    ],
)
def test_who_answers_must_be_said_and_fits(anna: Client, sales: JobRole, field: str, value: str) -> None:
    assert anna.answer(sales, **{field: value}).status_code == 422
    assert db.session.scalars(select(Answer)).all() == []


@pytest.mark.parametrize("turn", ["", "x", "-1", "99", "9" * 30])
def test_a_turn_that_is_not_the_next_changes_nothing(anna: Client, sales: JobRole, turn: str) -> None:
    assert anna.answer(sales, turn=turn).status_code in {303, 422}
    assert db.session.scalars(select(Answer)).all() == []


def test_going_back_from_the_summary_loses_nothing(anna: Client, sales: JobRole) -> None:
    page = anna.answer(sales, path="", change="1")

    assert page.status_code == 200
    assert "Sells in the north" in page.text


def test_the_language_can_be_switched_without_losing_what_was_typed(anna: Client, sales: JobRole) -> None:
    page = anna.answer(sales, path="", language="de")

    assert '<html lang="de"' in page.text
    assert "Vertrieb" in page.text
    assert "Sells in the north" in page.text
    assert '<html lang="de"' in anna.browser.get(anna.url).text


@pytest.mark.parametrize(("language", "name"), NAMES.items())
def test_the_page_speaks_the_language_of_the_request(
    client: FlaskClient, draft: AccessRequest, sales: JobRole, language: str, name: str
) -> None:
    draft.language = language
    page = Client(client, sent(draft)).page

    assert f'<html lang="{language}"' in page.text
    assert name in page.text


def test_admin_rights_are_marked_as_still_to_be_confirmed(
    client: FlaskClient, draft: AccessRequest, admin: JobRole
) -> None:
    assert "Will be confirmed by Northlight first." in Client(client, sent(draft)).page.text


def test_without_cookies_it_works_all_the_same(app: Flask, token: str, sales: JobRole) -> None:
    browser = app.test_client(use_cookies=False)
    page = browser.get(f"/r/{token}", follow_redirects=True)
    assert page.status_code == 200

    anna = Client(browser, token)
    answer = anna.post("/confirm", page, **filled(the_person_id(), sales))
    assert answer.status_code == 303
    assert "by Anna Smith." in browser.get(answer.location).text


@pytest.mark.parametrize("path", ["/answer/{selector}", "/answer/{selector}/not-for-me"])
def test_a_selector_alone_opens_nothing(client: FlaskClient, token: str, path: str) -> None:
    answer = client.get(path.format(selector=token[:12]))

    assert answer.status_code == 404
    assert "This link does not work any more" in answer.text


def test_a_pass_is_good_for_its_own_link_only(anna: Client, draft: AccessRequest, sales: JobRole) -> None:
    other, _token = links.make_link(the_request(), the_request().contact)
    db.session.commit()

    answer = anna.browser.post(
        f"/answer/{other.selector}/confirm",
        data={"csrf_token": anna.token(), **filled(the_person_id(), sales)},
    )
    assert answer.status_code == 404
    assert db.session.scalars(select(Answer)).all() == []


@pytest.fixture
def half_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make every pass that was given out so far too old."""

    def wait() -> None:
        later = int(clock.now().timestamp()) + 31 * 60
        monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _signer: later)

    return wait


def test_a_pass_ends_after_half_an_hour(
    anna: Client, token: str, app: Flask, half_an_hour_later: Callable[[], None]
) -> None:
    without_cookies = app.test_client(use_cookies=False)
    onward = without_cookies.get(f"/r/{token}").location
    half_an_hour_later()

    assert anna.browser.get(anna.url).status_code == 404
    assert without_cookies.get(onward).status_code == 404


@pytest.mark.parametrize("path", ["", "/confirm"])
def test_a_late_answer_is_shown_again_as_it_was_typed(
    anna: Client, sales: JobRole, half_an_hour_later: Callable[[], None], path: str
) -> None:
    half_an_hour_later()
    page = anna.answer(sales, path=path, remark="Only <from> Monday")

    assert page.status_code == 422
    assert "nothing was sent yet" in page.text
    assert "Only &lt;from&gt; Monday" in page.text
    assert "Sells in the north" in page.text
    assert re.search(rf'value="{sales.id}" required checked', page.text)
    assert db.session.scalars(select(Answer)).all() == []
    fields = filled(the_person_id(), sales)
    assert anna.post("/confirm", page, **fields).status_code == 303  # the page carried a fresh pass
    assert the_request().state is RequestState.ANSWERED


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/not-for-me", {"remark": "Ask Toby Stone"}),
        ("/ask-someone-else", {"name": "Toby Stone", "email": "toby@maple.example"}),
    ],
)
def test_what_is_said_late_about_others_is_shown_again_too(
    anna: Client, half_an_hour_later: Callable[[], None], path: str, fields: dict[str, str]
) -> None:
    half_an_hour_later()
    page = anna.post(path, turn="0", given_name="Anna Smith", **fields)

    assert page.status_code == 422
    assert "nothing was sent yet" in page.text
    assert "Toby Stone" in page.text
    assert the_request().state is RequestState.WAITING


def test_being_late_opens_no_link_that_has_ended_and_no_other_link(
    anna: Client, sales: JobRole, half_an_hour_later: Callable[[], None]
) -> None:
    other, _token = links.make_link(the_request(), the_request().contact)
    db.session.commit()
    half_an_hour_later()
    fields = {"csrf_token": anna.token(), **filled(the_person_id(), sales)}

    assert anna.browser.post(f"/answer/{other.selector}", data=fields).status_code == 404
    links.revoke_links(the_request())
    db.session.commit()
    assert anna.browser.post(anna.url, data=fields).status_code == 404


def test_the_pass_of_an_address_is_good_for_no_form(app: Flask, token: str, sales: JobRole) -> None:
    browser = app.test_client(use_cookies=False)
    in_the_address = parse_qs(urlsplit(browser.get(f"/r/{token}").location).query)["pass"][0]
    fields = {"csrf_token": in_the_address, **filled(the_person_id(), sales)}

    assert browser.post(f"/answer/{token[:12]}", data=fields).status_code == 400


def test_the_second_tab_is_told_of_the_first_and_can_correct_it(
    anna: Client, sales: JobRole, admin: JobRole
) -> None:
    anna.answer(sales, given_name="Toby Stone")
    for path in ("", "/confirm"):
        page = anna.answer(admin, path=path, remark="From the second tab")
        assert page.status_code == 409
        assert "This was already answered by Toby Stone" in page.text
        assert "Sales</li>" in page.text
        assert "From the second tab" in page.text
        assert "Thank you</h1>" not in page.text
    assert db.session.scalars(select(RequestPerson.answered_job_role_id)).one() == sales.id

    turn = re.search(r'name="turn" value="(\d+)"', page.text)
    assert turn
    assert anna.answer(admin, turn=int(turn[1])).status_code == 303
    assert db.session.scalars(select(RequestPerson.answered_job_role_id)).one() == admin.id


def test_a_no_is_told_of_the_answer_that_was_faster(anna: Client, sales: JobRole) -> None:
    anna.answer(sales)
    page = anna.post("/not-for-me", turn="0", given_name="Toby", remark="Ask Ben")

    assert page.status_code == 409
    assert "This question was already answered" in page.text
    assert "Ask Ben" in page.text
    assert the_request().state is RequestState.ANSWERED


def test_scanners_do_not_open_a_link(app: Flask, token: str) -> None:
    scanner = app.test_client(use_cookies=False)
    scanner.head(f"/r/{token}")
    scanner.get(f"/r/{token}", follow_redirects=True)
    with_cookies = app.test_client()
    with_cookies.head(f"/r/{token}", follow_redirects=True)
    assert the_link().opened == 0

    with_cookies.get(f"/answer/{token[:12]}")
    assert the_link().opened == 1


def test_without_cookies_a_link_counts_as_opened_once_a_form_is_sent(
    app: Flask, token: str, sales: JobRole
) -> None:
    anna = Client(app.test_client(use_cookies=False), token)
    assert the_link().opened == 0

    anna.answer(sales, path="")
    assert the_link().opened == 1


def test_the_first_working_day_is_said_once_for_all_and_can_differ(
    draft: AccessRequest, client: FlaskClient, sales: JobRole
) -> None:
    for _person in range(2):
        RequestPersonFactory(request_id=draft.id, account_id=draft.account_id)
    db.session.refresh(draft)
    anna = Client(client, sent(draft))
    first, second, third = (person.id for person in the_request().people)
    day, other = ((clock.now() + timedelta(days=ahead)).date() for ahead in (9, 20))
    fields = filled(first, sales) | filled(second, sales) | filled(third, None)
    fields |= {"start_date": day.isoformat(), f"person-{second}-start_date": other.isoformat()}

    assert anna.post("/confirm", **fields).status_code == 303
    people = db.session.scalars(select(RequestPerson).order_by(RequestPerson.id))
    assert [person.start_date for person in people] == [day, other, None]


@pytest.mark.parametrize("forged", ["", "x", "W10.x.y"])
def test_a_post_without_a_genuine_pass_is_refused(anna: Client, sales: JobRole, forged: str) -> None:
    fields = {**filled(the_person_id(), sales), "csrf_token": forged}
    for path in ("", "/confirm", "/not-for-me", "/ask-someone-else"):
        assert anna.browser.post(f"{anna.url}{path}", data=fields).status_code == 400
    assert anna.browser.post(f"{anna.url}/confirm").status_code == 400
    assert db.session.scalars(select(Answer)).all() == []


def test_a_pass_signed_for_something_else_is_refused(app: Flask, anna: Client) -> None:
    other = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="elsewhere").dumps([anna.selector, "en"])

    assert anna.browser.post(f"{anna.url}/confirm", data={"csrf_token": other}).status_code == 400


def test_wrong_methods_are_refused(anna: Client) -> None:
    assert anna.browser.get(f"{anna.url}/confirm").status_code == 405
    assert anna.browser.post(f"/r/{anna.selector}.x").status_code == 405


def test_unknown_forged_expired_and_withdrawn_links_look_the_same(
    client: FlaskClient, draft: AccessRequest, sales: JobRole
) -> None:
    token = sent(draft)
    selector = token[:12]
    pages = [client.get("/r/unknown.unknown"), client.get(f"/r/{selector}.{'x' * 43}")]
    the_link().expires_at = clock.now() - timedelta(seconds=1)
    pages.append(client.get(f"/r/{token}"))
    the_link().expires_at, the_link().revoked_at = clock.now() + timedelta(days=1), clock.now()
    pages.append(client.get(f"/r/{token}"))

    assert {page.status_code for page in pages} == {404}
    texts = {page.text.replace(Client.token(Client.__new__(Client), page), "") for page in pages}
    assert len(texts) == 1


def test_a_link_that_ends_while_the_page_is_open_takes_no_answer(anna: Client, sales: JobRole) -> None:
    links.revoke_links(the_request())
    db.session.commit()

    assert anna.answer(sales).status_code == 404
    assert db.session.scalars(select(Answer)).all() == []


def test_a_new_link_goes_to_the_address_on_file_only(
    client: FlaskClient, token: str, contact: Contact
) -> None:
    the_link().expires_at = clock.now() - timedelta(seconds=1)
    page = client.get(f"/r/{token}")
    ticket = Client.token(Client.__new__(Client), page)
    answer = client.post("/answer/new-link", data={"csrf_token": ticket}, follow_redirects=True)

    assert "If the question is still open, a new link is on its way" in answer.text
    [mail] = mails("answer_link")
    assert mail.recipient == contact.email


def test_asking_for_a_new_link_says_the_same_whatever_the_link(
    client: FlaskClient, draft: AccessRequest, token: str
) -> None:
    the_request().move_to(RequestState.WITHDRAWN)
    tickets = [
        Client.token(Client.__new__(Client), client.get(f"/r/{text}")) for text in ("a.b", f"{token[:12]}.x")
    ]
    answers = [
        client.post("/answer/new-link", data={"csrf_token": ticket}, follow_redirects=True).text
        for ticket in tickets
    ]

    assert answers[0] == answers[1]
    assert mails("answer_link") == []
    assert client.post("/answer/new-link", data={"csrf_token": "x"}).status_code == 400


def test_a_member_who_is_signed_in_elsewhere_answers_like_anybody(
    app: Flask, draft: AccessRequest, sales: JobRole, other_agency: Agency
) -> None:
    token, browser = sent(draft), app.test_client()
    with scope.every_agency(reason="test"):
        stranger = db.session.scalars(select(Member).where(Member.name == "Canary Owner")).one()
        stranger.theme, email = Theme.DARK, stranger.email
        db.session.commit()
    assert browser.submit("/sign-in", email=email, password=PASSWORD).status_code == 303

    anna = Client(browser, token)

    assert 'data-bs-theme="auto"' in anna.page.text
    assert anna.answer(sales).status_code == 303
    assert the_request().state is RequestState.ANSWERED


def test_not_for_me_returns_the_request_to_the_consultant(anna: Client) -> None:
    fields = {"turn": "0", "given_name": "Anna", "remark": "Ask Ben"}
    assert anna.post("/not-for-me", **fields).status_code == 303
    anna.post("/not-for-me", **fields)

    assert the_request().state is RequestState.RETURNED
    assert len(mails("request_news")) == 1
    assert "now knows that somebody else should answer" in anna.browser.get(anna.url).text


def test_whoever_said_not_for_me_may_answer_after_all(anna: Client, sales: JobRole) -> None:
    anna.post("/not-for-me", turn="0", given_name="Anna", remark="")
    anna.answer(sales, turn=1)

    assert the_request().state is RequestState.ANSWERED


def test_a_colleague_gets_an_own_link_and_stays_unconfirmed(anna: Client, sales: JobRole) -> None:
    fields = {"turn": "0", "given_name": "Anna", "name": "Ben Ode", "email": "Ben@Maple.example"}
    assert anna.post("/ask-someone-else", **fields).status_code == 303

    mail = mails("access_request")[-1]
    assert (mail.recipient, the_link().contact.email) == ("ben@maple.example", "ben@maple.example")
    assert (the_link().is_passed_on, the_link().contact.may_approve) == (True, False)
    assert the_request().contact.name == "Anna Smith"
    assert len(mails("request_news")) == 1


def test_the_answer_of_a_colleague_is_shown_as_unconfirmed(
    anna: Client, sales: JobRole, browser: FlaskClient
) -> None:
    anna.post("/ask-someone-else", turn="0", given_name="Anna", name="Ben Ode", email="ben@maple.example")
    _link, token = links.make_link(the_request(), the_link().contact)
    db.session.commit()
    Client(anna.browser, token).answer(sales, turn=1, given_name="Ben")

    page = browser.get("/accounts/maple/access-requests/1").text
    assert (
        "Ben Ode (ben@maple.example) is not among the contacts who may approve access to Maple &amp; Sons."
        in page
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": "anna@maple.example"}, "This is your own address."),
        ({"email": "gone@maple.example"}, "We cannot write to this address."),
        ({"email": "no address"}, "This is not an email address."),
        ({"name": ""}, "Please tell us the name of your colleague."),
        ({"name": "Win at evil.example"}, "Write the name alone, without a web or email address."),
        ({"name": "x" * 121}, "Field cannot be longer than 120 characters."),
    ],
)
def test_a_colleague_must_be_somebody_we_can_write_to(
    anna: Client, contact: Contact, fields: dict[str, str], message: str
) -> None:
    db.session.add(
        Contact(account_id=contact.account_id, name="Gone", email="gone@maple.example", ended_at=clock.now())
    )
    given = {"turn": "0", "given_name": "Anna", "name": "Ben", "email": "ben@maple.example", **fields}
    answer = anna.post("/ask-someone-else", **given)

    assert answer.status_code == 422
    assert message in answer.text
    assert the_link().is_passed_on is False


def test_the_question_is_passed_on_three_times_at_most(anna: Client) -> None:
    for turn in range(4):
        fields = {"turn": str(turn), "given_name": "Anna", "name": "Ben", "email": f"ben{turn}@maple.example"}
        answer = anna.post("/ask-someone-else", **fields)

    assert answer.status_code == 409
    assert "Please reply to our mail" in answer.text
    assert len(db.session.scalars(select(AnswerLink).where(AnswerLink.is_passed_on)).all()) == 3


def test_guessing_is_slowed_down(client: FlaskClient, token: str) -> None:
    answers = [client.get(f"/r/{token[:12]}.{number}").status_code for number in range(61)]

    assert answers == [404] * 60 + [429]


def test_no_secret_is_logged(app: Flask, token: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    opened = fetch(server.server_port, f"/r/{token}")
    given = parse_qs(urlsplit(opened.headers["Location"]).query)["pass"][0]
    assert fetch(server.server_port, f"/answer/{token[:12]}?pass={given}").status == 200
    server.shutdown()
    thread.join()
    server.server_close()

    assert f"GET /r/{token[:12]}...." in caplog.text
    assert token.partition(".")[2] not in caplog.text
    assert given not in caplog.text
    assert given.rpartition(".")[2] not in caplog.text


def fetch(port: int, path: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Connection": "close"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    "path", ["/r/%00", "/r/" + "x" * 3000, "/answer/%00", "/answer/%F0%9F%98%80/not-for-me"]
)
def test_strange_addresses_get_the_same_page(client: FlaskClient, agency: object, path: str) -> None:
    assert client.get(path).status_code == 404
