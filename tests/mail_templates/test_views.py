import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests.models import AccessRequest
from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.audit.words import SENTENCES
from portal.core import clock
from portal.core.db import db
from portal.core.texts import LANGUAGES
from portal.mail.kinds import MailKind
from portal.mail.models import OutboxMessage
from portal.mail.starters import starter_source
from portal.mail.template_models import TemplateDraft, TemplateVersion
from tests.factories.access_requests import AccessRequestFactory, RequestPersonFactory
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.agencies import MemberFactory
from tests.factories.mails import TemplateVersionFactory, post
from tests.fixtures.statements import count_statements

EDITOR_STATEMENTS = 24
SignIn = Callable[[Member], FlaskClient]
ALL = "/mails/templates"
ONE = f"{ALL}/access_request/en"
OF_ACCOUNT = "/accounts/maple/mail-templates/access_request/en"
SUBJECT = "About ((account_name))"
BODY = "Dear ((contact_name)),\n\n((answer_link))\n\n((note??They say: ((note))))"
TEXT = {"subject": SUBJECT, "body": BODY, "base": "0", "about": ""}


def versions() -> list[tuple[int, str, bool, bool]]:
    statement = select(TemplateVersion).order_by(TemplateVersion.id)
    found = db.session.scalars(statement.execution_options(populate_existing=True))
    return [(each.number, each.subject, each.is_own, each.is_in_force) for each in found]


def actions_recorded() -> list[str]:
    statement = select(AuditEntry.action).where(AuditEntry.action.startswith("mail_template."))
    return list(db.session.scalars(statement.order_by(AuditEntry.sequence)))


def request_of(account: Account, name: str = "Nina", **given: object) -> AccessRequest:
    contact = ContactFactory(account_id=account.id, name="Claire Dubois")
    made = AccessRequestFactory(contact_to_ask=contact, people=0, **given)
    RequestPersonFactory(request_id=made.id, account_id=account.id, first_name=name, last_name="Newcomer")
    return made


def test_the_overview_says_of_each_mail_and_language_whose_text_is_used(browser: FlaskClient) -> None:
    TemplateVersionFactory(language="fr", number=3)

    page = browser.get(ALL).text

    assert re.findall(r"(own text|agency) · (\d+)", page) == [("agency", "3")]
    assert page.count('class="btn btn-sm" href="/mails/templates/') == len(MailKind) * len(LANGUAGES)


def test_what_is_not_sent_yet_says_so(browser: FlaskClient) -> None:
    assert "No part of the portal sends it so far" in browser.get(f"{ALL}/review/en").text
    assert "No part of the portal sends it so far" not in browser.get(ONE).text


@pytest.mark.parametrize("texts", [1, 12])
def test_the_overview_takes_as_many_statements_however_many_texts_there_are(
    texts: int, browser: FlaskClient
) -> None:
    for kind in list(MailKind)[:texts]:
        TemplateVersionFactory(kind=kind)
        TemplateVersionFactory(kind=kind, account_id=AccountFactory().id)
    db.session.commit()

    with count_statements() as statements:
        browser.get(ALL)

    assert len([sql for sql in statements if "mail_template_versions" in sql]) == 2


def test_the_editor_begins_with_the_text_in_use_and_says_why_it_is_used(browser: FlaskClient) -> None:
    page = browser.get(ONE).text

    assert "the text that comes with the portal, because your agency has none of its own" in page
    assert starter_source(MailKind.ACCESS_REQUEST, "en")[0] in page


def test_a_saved_text_is_what_the_next_mail_says(browser: FlaskClient, partner_admin: Member) -> None:
    answer = browser.submit(ONE, at=ONE, **TEXT)

    assert (answer.status_code, answer.location) == (303, ONE)
    assert versions() == [(1, SUBJECT, True, True)]
    assert actions_recorded() == ["mail_template.changed"]
    assert post().subject == "About Maple & Sons"
    assert "your agency's text, version 1" in browser.get(ONE).text


def test_what_is_recorded_has_its_sentence() -> None:
    actions = ("changed", "restored", "given_up", "tested")

    assert [name for name in actions if f"mail_template.{name}" not in SENTENCES] == []


def test_an_account_gets_a_text_of_its_own(browser: FlaskClient, account: Account) -> None:
    browser.submit(ONE, at=ONE, **TEXT)
    assert f"because {'Maple &amp; Sons'} has none of its own" in browser.get(OF_ACCOUNT).text

    browser.submit(OF_ACCOUNT, at=OF_ACCOUNT, **{**TEXT, "subject": "For Maple alone"})

    assert post(account=account).subject == "For Maple alone"
    assert post(account=AccountFactory()).subject == "About Maple & Sons"
    assert "the text of Maple &amp; Sons itself, version 1" in browser.get(OF_ACCOUNT).text
    assert "/accounts/maple/mail-templates" in browser.get(ALL).text


def test_only_mails_about_an_account_can_differ_in_one(browser: FlaskClient, account: Account) -> None:
    assert browser.get("/accounts/maple/mail-templates/password_reset/en").status_code == 404
    assert browser.get(f"{ALL}/password_reset/en").status_code == 200
    assert "Invites a new member" not in browser.get("/accounts/maple/mail-templates").text


@pytest.mark.parametrize("address", ["nonsense/en", "access_request/pt", "ACCESS_REQUEST/en"])
def test_a_text_that_nobody_can_write_is_a_page_not_found(address: str, browser: FlaskClient) -> None:
    assert browser.get(f"{ALL}/{address}").status_code == 404


def test_what_is_wrong_is_named_at_its_place_and_nothing_is_saved(browser: FlaskClient) -> None:
    answer = browser.submit(ONE, at=ONE, **{**TEXT, "body": "Dear\n\nsee ((answr_link))", "subject": ""})

    assert (answer.status_code, versions()) == (422, [])
    said = " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())
    assert "Line 1, column 1: A mail needs a subject." in said
    assert "Line 3, column 5: There is no ((answr_link)) in this mail. Did you mean ((answer_link))?" in said
    assert "Line 1, column 1: ((answer_link)) is missing: without it this mail is of no use." in said
    assert "see ((answr_link))" in answer.text


def test_the_second_to_save_is_told_who_was_quicker_and_loses_nothing(
    browser: FlaskClient, owner: Member, signed_in: SignIn
) -> None:
    signed_in(owner).submit(ONE, at=ONE, **{**TEXT, "body": BODY.replace("Dear", "Hello")})

    answer = browser.submit(ONE, at=ONE, **TEXT)

    assert (answer.status_code, len(versions())) == (409, 1)
    assert "Olga Owner saved version 1 while you were typing." in answer.text
    assert "<del>Dear</del><ins>Hello</ins>" in re.sub(r"\s*(</?(del|ins)>)\s*", r"\1", answer.text)
    assert "Dear ((contact_name))," in answer.text.split("<textarea")[1]
    [base] = re.findall(r'name="base"[^>]*value="(\d+)"', answer.text)
    assert browser.submit(ONE, at=ONE, **{**TEXT, "base": base}).status_code == 303
    assert [(number, is_in_force) for number, _subject, _own, is_in_force in versions()] == [
        (1, False),
        (2, True),
    ]


def test_the_preview_shows_what_is_typed_with_the_data_of_a_real_request(
    browser: FlaskClient, account: Account
) -> None:
    request = request_of(account, note="They start on Monday.")

    answer = browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "about": str(request.id)})
    [frame] = re.findall(r'<iframe class="mail-frame" src="([^"]+)"', answer.text)
    mail = browser.get(frame.replace("&amp;", "&"))

    assert (answer.status_code, versions()) == (200, [])
    assert "About Maple &amp; Sons" in answer.text
    assert "They say: They start on Monday." in answer.text
    assert "Dear Claire Dubois," in mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]


def test_the_link_of_a_preview_opens_nothing(browser: FlaskClient, account: Account) -> None:
    request = request_of(account)

    answer = browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "about": str(request.id)})

    assert "http://localhost/r/preview" in answer.text
    assert browser.get("/r/preview").status_code != 200


def test_an_error_leaves_the_preview_as_it_was(browser: FlaskClient) -> None:
    answer = browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "body": "((answer_link"})

    assert "Line 1, column 1:" in answer.text
    assert "mail-preview" not in answer.text
    assert "The preview shows the last text that could be used." in answer.text


def test_lines_are_counted_as_they_stand_on_screen(browser: FlaskClient) -> None:
    answer = browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "body": "\r\n\r\n  ((oops))"})

    assert "Line 3, column 3:" in answer.text


def test_without_javascript_the_preview_is_a_page(browser: FlaskClient) -> None:
    answer = browser.submit(f"{ONE}/preview", at=ONE, **TEXT)

    assert "<!doctype html>" in answer.text
    assert "Dear ((contact_name))," in answer.text.split("<textarea")[1]
    assert "They say: They start on Monday." in answer.text


def test_without_a_request_the_preview_shows_samples_and_says_so(browser: FlaskClient) -> None:
    page = browser.get(ONE).text

    assert "Made-up sample data" in page
    assert "<code>contact_name</code>" in page.split("Made up, because no request tells it:")[1]


def test_a_real_request_leaves_nothing_to_make_up(browser: FlaskClient, account: Account) -> None:
    request_of(account)

    assert "Made up, because" not in browser.get(ONE).text


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_mail_can_be_shown_with_a_real_request(
    kind: MailKind, language: str, browser: FlaskClient, account: Account
) -> None:
    request_of(account)

    assert browser.get(f"{ALL}/{kind}/{language}").status_code == 200
    assert browser.get(f"{ALL}/{kind}/{language}/mail").status_code == 200


def test_an_account_shows_its_own_requests_only(browser: FlaskClient, account: Account) -> None:
    request_of(account, "Ines")
    request_of(AccountFactory(), "Otto")

    page = browser.get(OF_ACCOUNT).text

    assert ("Ines Newcomer" in page, "Otto Newcomer" in page) == (True, False)


@pytest.mark.parametrize("requests", [1, 3])
def test_the_editor_takes_as_many_statements_however_many_requests_there_are(
    requests: int, browser: FlaskClient
) -> None:
    for _number in range(requests):
        request_of(AccountFactory())
    browser.get(ONE)

    with count_statements() as statements:
        browser.get(ONE)

    assert len(statements) == EDITOR_STATEMENTS


def test_what_was_typed_and_not_saved_is_offered_again(browser: FlaskClient) -> None:
    browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "subject": "Half a tho"})

    assert "You typed something here that was not saved" in browser.get(ONE).text
    assert 'value="Half a tho"' in browser.get(f"{ONE}?typed=1").text
    browser.submit(f"{ONE}/forget", at=ONE)
    assert "You typed something here" not in browser.get(ONE).text


def test_what_was_typed_is_shown_to_nobody_else(
    browser: FlaskClient, owner: Member, signed_in: SignIn
) -> None:
    browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "subject": "Half a tho"})

    assert "Half a tho" not in signed_in(owner).get(f"{ONE}?typed=1").text


def test_saving_forgets_what_was_typed(browser: FlaskClient) -> None:
    browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **TEXT)
    browser.submit(ONE, at=ONE, **TEXT)

    assert db.session.scalars(select(TemplateDraft)).all() == []


def test_a_test_goes_to_whoever_sends_it_and_is_marked(browser: FlaskClient, partner_admin: Member) -> None:
    browser.submit(f"{ONE}/test", at=ONE, **{**TEXT, "recipient": "somebody@else.example"})

    [mail] = db.session.scalars(select(OutboxMessage))
    assert (mail.recipient, mail.subject) == (partner_admin.email, "[Test] About Maple & Sons")
    assert str(message_from_bytes(mail.raw, policy=default)["To"]) == f"Pat Admin <{partner_admin.email}>"
    assert versions() == []
    assert actions_recorded() == ["mail_template.tested"]


def test_a_text_that_cannot_be_used_is_not_tested(browser: FlaskClient) -> None:
    answer = browser.submit(f"{ONE}/test", at=ONE, **{**TEXT, "body": "((oops))"})

    assert answer.status_code == 422
    assert db.session.scalars(select(OutboxMessage)).all() == []


def test_tests_are_limited_and_the_limit_passes(browser: FlaskClient) -> None:
    for _number in range(10):
        assert browser.submit(f"{ONE}/test", at=ONE, **TEXT).status_code == 200

    refused = browser.submit(f"{ONE}/test", at=ONE, **TEXT)
    for mail in db.session.scalars(select(OutboxMessage)):
        mail.created_at = clock.now() - timedelta(hours=1, seconds=1)

    assert (refused.status_code, "10 tests an hour" in refused.text) == (429, True)
    assert browser.submit(f"{ONE}/test", at=ONE, **TEXT).status_code == 200


def test_versions_are_listed_with_who_and_when(browser: FlaskClient) -> None:
    browser.submit(ONE, at=ONE, **TEXT)
    browser.submit(ONE, at=ONE, **{**TEXT, "subject": "Second", "base": "1"})

    page = browser.get(f"{ONE}/versions").text

    places = [page.index(words) for words in ("Version 2", "Pat Admin", "Version 1", "Pat Admin")]
    assert places[0] < places[2]
    assert "The text that comes with the portal" in page


@pytest.mark.parametrize("versions", [1, 3])
def test_the_list_of_versions_takes_one_statement_however_many_there_are(
    versions: int, browser: FlaskClient
) -> None:
    for number in range(versions):
        TemplateVersionFactory(number=number + 1, is_in_force=number + 1 == versions)
    db.session.commit()

    with count_statements() as statements:
        browser.get(f"{ONE}/versions")

    assert len([sql for sql in statements if "mail_template_versions" in sql]) == 2


def test_a_version_shows_what_it_changed(browser: FlaskClient) -> None:
    browser.submit(ONE, at=ONE, **TEXT)
    browser.submit(ONE, at=ONE, **{**TEXT, "subject": "About your ((account_name))", "base": "1"})

    page = browser.get(f"{ONE}/versions/2").text

    assert "From version 1 to version 2" in page
    assert "<ins>your </ins>" in page
    assert "From the text that comes with the portal to version 1" in browser.get(f"{ONE}/versions/1").text
    assert "From version 1 to the newest, version 2" in browser.get(f"{ONE}/versions/1?newest=1").text
    assert browser.get(f"{ONE}/versions/3").status_code == 404


def test_a_version_is_brought_back_as_a_new_one(browser: FlaskClient) -> None:
    browser.submit(ONE, at=ONE, **TEXT)
    browser.submit(ONE, at=ONE, **{**TEXT, "subject": "Second", "base": "1"})

    browser.submit(f"{ONE}/versions/1/restore", at=ONE)

    assert [number for number, *_rest in versions()] == [1, 2, 3]
    assert versions()[2] == (3, SUBJECT, True, True)
    assert actions_recorded()[-1] == "mail_template.restored"
    assert browser.submit(f"{ONE}/versions/3/restore", at=ONE).status_code == 409


def test_an_own_text_is_given_up_and_can_be_brought_back(browser: FlaskClient) -> None:
    browser.submit(ONE, at=ONE, **TEXT)

    browser.submit(f"{ONE}/give-up", at=ONE)

    assert post().subject == "Access to Maple & Sons: a quick question about Ana Silva and Ben Ode"
    assert (versions()[1], actions_recorded()[-1]) == ((2, "", False, True), "mail_template.given_up")
    assert browser.submit(f"{ONE}/give-up", at=ONE).status_code == 409
    browser.submit(f"{ONE}/versions/1/restore", at=ONE)
    assert post().subject == "About Maple & Sons"


def test_a_text_that_an_update_made_unusable_is_pointed_out(browser: FlaskClient) -> None:
    TemplateVersionFactory(subject="((gone_since))")

    assert "can no longer be used since the portal was updated" in browser.get(ONE).text
    assert "This text cannot be used any more" in browser.get(ALL).text


CHANGES = ["", "/preview", "/test", "/forget", "/give-up", "/versions/1/restore"]


@pytest.mark.parametrize("way", CHANGES)
def test_a_consultant_reads_and_changes_nothing(way: str, consultant: Member, signed_in: SignIn) -> None:
    TemplateVersionFactory(number=1, is_in_force=False)
    TemplateVersionFactory(number=2)
    browser = signed_in(consultant)
    before = versions()

    assert "Owners and partner admins can change this text." in browser.get(ONE).text
    assert [browser.get(f"{ONE}{page}").status_code for page in ("/versions", "/versions/1")] == [200, 200]
    assert browser.submit(f"{ONE}{way}", at="/mails", **TEXT).status_code == 403
    assert (versions(), actions_recorded()) == (before, [])


def test_the_texts_of_an_account_not_given_are_not_there(account: Account, signed_in: SignIn) -> None:
    TemplateVersionFactory(account_id=account.id, subject="Hidden words")
    browser = signed_in(MemberFactory(sees_all_accounts=False))

    assert "maple" not in browser.get(ALL).text
    assert browser.get(OF_ACCOUNT).status_code == 404


def test_the_texts_and_requests_of_another_agency_are_not_there(
    other_agency: Agency, browser: FlaskClient
) -> None:
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        member = MemberFactory(agency_id=other_id)
        TemplateVersionFactory(subject="Foreign words", written_by_id=member.id)
        request = request_of(AccountFactory(slug="foreign"), "Foreign", consultant=member)
        request_id = request.id
        db.session.commit()

    pages = [ALL, ONE, f"{ONE}/versions", f"{ONE}/mail?about={request_id}"]
    assert [page for page in pages if "Foreign" in browser.get(page).text] == []
    assert browser.get(f"{ONE}/versions/1").status_code == 404
    assert browser.get("/accounts/foreign/mail-templates").status_code == 404
    answer = browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "about": str(request_id)})
    assert "Foreign" not in answer.text


def test_what_users_write_is_shown_and_never_obeyed(browser: FlaskClient) -> None:
    attack = "<script>alert(1)</script>{{ 7*7 }}{% include 'x' %}"

    answer = browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "body": f"{BODY}{attack}"})
    mail = browser.get(f"{ONE}/mail?typed=1").text

    assert "<script>" not in answer.text + mail
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in mail


@pytest.mark.parametrize("way", ["", "/preview", "/test"])
@pytest.mark.parametrize(
    "typed",
    [{"body": "\0 ((answer_link))"}, {"body": "x" * 20_001}, {"subject": "x" * 201}, {"subject": "\x07"}],
    ids=["nul", "long body", "long subject", "bell"],
)
def test_any_text_gets_an_answer(way: str, typed: dict[str, str], browser: FlaskClient) -> None:
    answer = browser.submit(f"{ONE}{way}", at=ONE, **{**TEXT, **typed})

    assert answer.status_code in {200, 422}
    assert versions() == []


@pytest.mark.parametrize("way", ["", "/preview", "/test"])
def test_a_form_without_fields_gets_an_answer(way: str, browser: FlaskClient) -> None:
    assert browser.submit(f"{ONE}{way}", at=ONE).status_code in {200, 422}


def test_a_text_longer_than_a_mail_is_not_kept(browser: FlaskClient) -> None:
    browser.submit(f"{ONE}/preview", at=ONE, htmx=True, **{**TEXT, "body": "x" * 20_001})

    assert db.session.scalars(select(TemplateDraft)).all() == []


def test_a_version_that_can_no_longer_be_used_is_not_brought_back(browser: FlaskClient) -> None:
    TemplateVersionFactory(number=1, subject="((gone_since))", is_in_force=False)
    TemplateVersionFactory(number=2)

    assert browser.submit(f"{ONE}/versions/1/restore", at=ONE).status_code == 422
    assert [number for number, *_rest in versions()] == [1, 2]
