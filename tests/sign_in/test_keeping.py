import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse
from wtforms import PasswordField
from wtforms.fields.core import UnboundField

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.app import ROOMS
from portal.core import clock
from portal.core.db import db
from portal.job_roles.actions import copy_shipped_job_roles
from portal.jobs import work
from portal.sign_in import keeping
from portal.sign_in.models import KeptForm, MemberSession
from portal.web.forms import PortalForm
from tests.access_requests.proposing import answered_request
from tests.factories.access_requests import AccessRequestFactory
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.fixtures.crm_account import Place
from tests.fixtures.portal import PASSWORD

SignIn = Callable[[Member], FlaskClient]
NOTICE = "You were signed out. What you typed is still here; nothing was saved yet."
NOW_ON = "/profile?x=1"


def end_sessions() -> None:
    db.session.execute(update(MemberSession).values(ended_at=clock.now()))


def send_late(browser: FlaskClient, url: str, at: str, *, htmx: bool = False, **words: str) -> TestResponse:
    """Send a form whose member was signed out since it was opened."""
    token = browser.csrf_token(at)
    end_sessions()
    page = f"http://localhost{at}"
    headers = {"HX-Request": "true", "HX-Current-URL": page} if htmx else {"Referer": page}
    return browser.post(url, data={"csrf_token": token, **words}, headers=headers)


def come_back(browser: FlaskClient, answer: TestResponse, member: Member) -> TestResponse:
    """Sign in where an answer leads, and open the page after it."""
    way = answer.headers.get("HX-Redirect") or answer.location
    wanted = re.search(r'name="next"[^>]* value="([^"]*)"', browser.get(way).text)[1].replace("&amp;", "&")
    then = browser.submit("/sign-in", at=way, next=wanted, email=member.email, password=PASSWORD)
    return browser.get(then.location)


def fields_of(shown: FlaskClient | TestResponse, url: str, action: str = "") -> dict[str, str]:
    """Return what a page's form would send, and as ``action`` where to, unless that was given."""
    page = shown if isinstance(shown, TestResponse) else shown.get(url)
    forms = html5lib.parse(page.text, namespaceHTMLElements=False).iter("form")
    form = next(form for form in forms if _matches(form, action))
    found = {field.get("name"): _value(field) for field in form.iter() if _is_sent(field)}
    return found if action else {**found, "action": form.get("action")}


def _matches(form: Element, action: str) -> bool:
    if action:
        return form.get("action") == action
    return form.get("method") == "post" and any(_is_sent(field) for field in form.iter())


def _is_sent(field: Element) -> bool:
    if field.get("type") in {"checkbox", "radio"} and field.get("checked") is None:
        return False
    return field.tag in {"input", "select", "textarea"} and field.get("name") not in {None, "csrf_token"}


def _value(field: Element) -> str:
    if field.tag == "textarea":
        return (field.text or "").strip()
    if field.tag == "select":
        options = list(field.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return chosen[0].get("value", "") if chosen else ""
    return field.get("value", "")


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(KeptForm)) or 0


@pytest.mark.parametrize("htmx", [False, True])
def test_a_form_sent_after_the_session_ended_comes_back_filled_and_unsent(
    owner: Member, signed_in: SignIn, *, htmx: bool
) -> None:
    browser = signed_in(owner)
    before = owner.name
    answer = send_late(
        browser, "/profile", NOW_ON, htmx=htmx, name="Ana Typed", language="nl", time_zone="Europe/Paris"
    )
    page = come_back(browser, answer, owner)

    assert (page.request.path, page.request.args["x"], NOTICE in page.text) == ("/profile", "1", True)
    assert 'value="Ana Typed"' in page.text
    assert owner.name == before


@pytest.fixture
def account() -> Account:
    return AccountFactory(slug="maple")


def test_a_new_access_request_comes_back_with_every_person(
    owner: Member, signed_in: SignIn, account: Account
) -> None:
    browser, url = signed_in(owner), "/accounts/maple/access-requests"
    ContactFactory(account_id=account.id)
    rows = {f"people-{at}-email": f"person{at}@maple.example" for at in range(3)}
    words = {**fields_of(browser, f"{url}/new", url), **rows}
    page = come_back(browser, send_late(browser, url, f"{url}/new", htmx=True, **words), owner)

    assert (page.request.path, NOTICE in page.text) == (f"{url}/new", True)
    assert all(f'value="{email}"' in page.text for email in rows.values())


def test_a_contact_comes_back_and_still_knows_what_it_was_begun_from(
    owner: Member, signed_in: SignIn, account: Account
) -> None:
    browser, contact = signed_in(owner), ContactFactory(account_id=account.id)
    url = f"/accounts/maple/contacts/{contact.id}"
    words = fields_of(browser, url, url)
    answer = send_late(browser, url, url, **{**words, "name": "Typed Name"})
    contact.name = "Saved meanwhile"
    page = come_back(browser, answer, owner)

    assert fields_of(page, url, url) == {**words, "name": "Typed Name"}
    saved = browser.submit(url, at=url, **fields_of(page, url, url))
    assert (saved.status_code, contact.name) == (409, "Saved meanwhile")


FORMS = [
    ("/accounts/maple/contacts/new", "name"),
    ("/accounts/maple/settings", "name"),
    ("/job-roles/new", "description"),
    ("/job-roles/sales_rep", "description"),
    ("/mails/look", "footer_de"),
    ("/mails/reminders", "remind_after"),
    ("/mails/templates/access_request/en", "body"),
    ("/team/invite", "email"),
]


@pytest.mark.parametrize(("url", "field"), FORMS)
def test_other_forms_come_back_filled_too(
    owner: Member, signed_in: SignIn, account: Account, url: str, field: str
) -> None:
    copy_shipped_job_roles()
    browser = signed_in(owner)
    words = {**fields_of(browser, url), field: "Typed here"}
    to = words.pop("action")
    page = come_back(browser, send_late(browser, to, url, **words), owner)

    assert NOTICE in page.text
    assert fields_of(page, url, to) == words


@pytest.mark.parametrize("url", [url for url, _field in FORMS])
def test_what_makes_no_sense_comes_back_too(
    owner: Member, signed_in: SignIn, account: Account, url: str
) -> None:
    copy_shipped_job_roles()
    browser = signed_in(owner)
    words = fields_of(browser, url)
    to = words.pop("action")
    page = come_back(browser, send_late(browser, to, url, **dict.fromkeys(words, "{{ \x00 <b>")), owner)

    assert (page.status_code, NOTICE in page.text) == (200, True)


def test_a_proposal_comes_back(app: Flask, consultant: Member, place: Place, signed_in: SignIn) -> None:
    answered = answered_request(app, place, consultant)
    browser = signed_in(answered.consultant)
    person = answered.request.people[0].id
    url = f"{answered.url}/proposal"
    words = {**fields_of(browser, url, url), f"person-{person}-first_name": "Typed"}
    page = come_back(browser, send_late(browser, url, url, **words), answered.consultant)

    assert fields_of(page, url, url) == words


def test_the_reason_to_withdraw_comes_back(owner: Member, signed_in: SignIn) -> None:
    browser, asked = signed_in(owner), AccessRequestFactory(state="waiting")
    url = f"/accounts/{asked.account.slug}/access-requests/{asked.number}"
    page = come_back(browser, send_late(browser, f"{url}/withdraw", url, reason="Typed reason"), owner)

    assert (page.request.path, "Typed reason" in page.text) == (url, NOTICE in page.text)


def test_somebody_else_who_signs_in_there_leaves_none_of_it(
    owner: Member, viewer: Member, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    answer = send_late(browser, "/profile", NOW_ON, name="Ana Typed", language="en", time_zone="UTC")
    page = come_back(browser, answer, viewer)

    assert "Ana Typed" not in page.text
    assert NOTICE not in page.text
    assert count() == 0


def test_another_browser_of_the_same_member_sees_none_of_it(
    app: Flask, owner: Member, signed_in: SignIn
) -> None:
    browser, elsewhere = signed_in(owner), app.test_client()
    answer = send_late(browser, "/profile", NOW_ON, name="Ana Typed", language="en", time_zone="UTC")

    assert "Ana Typed" not in come_back(elsewhere, answer, owner).text
    assert "Ana Typed" in come_back(browser, answer, owner).text


def test_after_an_hour_it_is_neither_shown_nor_there(owner: Member, signed_in: SignIn, app: Flask) -> None:
    browser = signed_in(owner)
    answer = send_late(browser, "/profile", NOW_ON, name="Ana Typed", language="en", time_zone="UTC")
    db.session.execute(update(KeptForm).values(kept_at=clock.now() - timedelta(hours=1)))
    page = come_back(browser, answer, owner)
    db.session.commit()
    work.find_left_behind(app)

    assert "Ana Typed" not in page.text
    assert count() == 0


def test_it_is_shown_on_its_own_page_alone(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    answer = send_late(browser, "/profile", NOW_ON, name="Ana Typed", language="en", time_zone="UTC")
    mark = come_back(browser, answer, owner).request.args["kept"]

    assert "Ana Typed" in browser.get(f"/profile?kept={mark}").text
    assert "Ana Typed" not in browser.get(f"/job-roles/new?kept={mark}").text
    assert "Ana Typed" not in browser.get("/profile").text
    assert browser.get("/profile?kept=99999999999999999999").status_code == 200


def test_strangers_and_ended_members_store_nothing(
    owner: Member, signed_in: SignIn, client: FlaskClient
) -> None:
    client.post("/profile", data={"csrf_token": client.csrf_token(), "name": "Stranger"})
    browser = signed_in(owner)
    token = browser.csrf_token("/profile")
    owner.ended_at = clock.now()
    browser.post("/profile", data={"csrf_token": token, "name": "Ended"})

    assert count() == 0


def test_without_the_token_of_the_session_nothing_is_stored(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    end_sessions()

    assert browser.post("/profile", data={"name": "Planted"}).status_code == 400
    assert count() == 0


def test_a_session_keeps_a_few_forms_the_newest(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    token = browser.csrf_token("/profile")
    end_sessions()
    for at in range(keeping.MOST + 2):
        browser.post("/profile", data={"csrf_token": token, "name": f"Ana {at}"})

    assert count() == keeping.MOST
    assert db.session.scalar(select(func.max(KeptForm.id))) == keeping.MOST + 2


def test_passwords_are_not_kept_and_words_are_sealed(
    app: Flask, owner: Member, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed: list[str] = []
    vault = app.extensions["vault"]
    seal = vault.seal
    monkeypatch.setattr(
        vault, "seal", lambda secret, **named: sealed.append(secret) or seal(secret, **named), raising=True
    )
    words = {"name": "Ana Typed", "current_password": PASSWORD, "token": "pat-1", "client_secret": "s"}
    send_late(signed_in(owner), "/profile", NOW_ON, **words)

    assert sealed == ['[["name", "Ana Typed"]]']
    assert b"Ana" not in db.session.scalars(select(KeptForm.sealed)).one()


def _secret_fields(kind: type[PortalForm]) -> Iterator[str]:
    for name in dir(kind):
        field = getattr(kind, name)
        if isinstance(field, UnboundField) and issubclass(field.field_class, PasswordField):
            yield name
    for below in kind.__subclasses__():
        yield from _secret_fields(below)


def test_every_field_for_a_password_has_a_name_that_is_never_kept(app: Flask) -> None:
    for room in ROOMS:
        import_module(f"portal.{room}")
    names = set(_secret_fields(PortalForm))

    assert names >= {"password", "token", "new_password"}
    assert all(keeping.is_secret(name) for name in names)


def test_words_that_no_form_takes_are_listed(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    page = come_back(browser, send_late(browser, "/profile", NOW_ON, gone="<i>Typed"), owner)

    assert "&lt;i&gt;Typed" in page.text
    assert "cannot be filled in again" in page.text
