from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.accounts.models import Account, AccountAccess
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.inbox.models import InboundMail, InboundMailbox
from portal.inbox.states import Fate, Why
from portal.jobs import work
from portal.mail.models import OutboxMessage
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory
from tests.inbox.judged import asked, reply_address, take_in, the_mail
from tests.inbox.letters import QUOTES, letter, proved

SignIn = Callable[[Member], FlaskClient]
LINK = "https://portal.example/r/k3v9x2m7q4tz.hM2kq8Zt0vWcY5rJx1nBdLs7GfAe3PuQ9iTo6XyKwCE"


@pytest.fixture
def browser(consultant: Member, signed_in: SignIn) -> FlaskClient:
    return signed_in(consultant)


def recorded() -> list[str]:
    statement = select(AuditEntry.action).where(AuditEntry.action.startswith("inbox."))
    return list(db.session.scalars(statement.order_by(AuditEntry.sequence)))


def html_mail(question: OutboxMessage, html: str) -> bytes:
    return letter(html, to=reply_address(question), top=proved(), Content_Type="text/html; charset=utf-8")


def test_an_empty_inbox_says_what_will_arrive(browser: FlaskClient) -> None:
    assert "When a client replies to one of your emails" in browser.get("/mails/inbox").text


def test_without_a_domain_the_page_says_what_to_set(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "inbound_domain", "")

    assert "PORTAL_INBOUND_DOMAIN" in browser.get("/mails/inbox").text


def test_each_mail_stands_in_its_tray(app: Flask, browser: FlaskClient, question: OutboxMessage) -> None:
    take_in(app, letter(to=reply_address(question), top=proved(), subject="Proved"), letter(subject="Lost"))

    shown = {
        tray: browser.get(f"/mails/inbox?tray={tray}").text for tray in ("undecided", "attached", "spam")
    }
    names = {tray: [name for name in ("Proved", "Lost") if name in page] for tray, page in shown.items()}
    assert names == {"undecided": ["Lost"], "attached": ["Proved"], "spam": []}


def test_an_unknown_tray_is_no_tray(browser: FlaskClient) -> None:
    assert browser.get("/mails/inbox?tray=other").status_code == 400


def test_mails_are_found_by_sender_and_subject(app: Flask, browser: FlaskClient, account: Account) -> None:
    take_in(app, letter(subject="Oak"), letter(subject="Elm", sender="eve@stranger.example"))

    assert "Oak" not in browser.get("/mails/inbox?search=stranger").text
    assert "Elm" not in browser.get("/mails/inbox?search=oak").text


def test_a_mail_reads_answer_first_and_its_links_are_cut(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    text = f"Sales <b>please</b>.\r\n\r\n{QUOTES}\r\n> Answer: {LINK}"
    take_in(app, letter(text, to=reply_address(question), top=proved()))

    page = browser.get(f"/mails/inbox/{the_mail().id}").text

    assert "Sales &lt;b&gt;please&lt;/b&gt;.</div>" in page
    assert "r/k3v9x2m7q4tz.•••" in page
    assert LINK not in page


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a handler": '<p onclick="alert(1)">',
    "a picture": '<img src="https://elsewhere.example/a.png">',
    "a form": '<form action="https://elsewhere.example">',
    "a frame": '<iframe src="https://elsewhere.example"></iframe>',
    "a style sheet": "<style>p{background:url(https://elsewhere.example)}</style>",
    "a style": '<p style="background:url(https://elsewhere.example)">',
    "a scheme": '<a href="javascript:alert(1)">',
    "a base": '<base href="https://elsewhere.example">',
    "a refresh": '<meta http-equiv="refresh" content="0;url=https://elsewhere.example">',
    "a drawing": '<svg onload="alert(1)"><use href="https://elsewhere.example"/></svg>',
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_the_page_of_a_mail_holds_nothing_that_acts(
    app: Flask, browser: FlaskClient, question: OutboxMessage, html: str
) -> None:
    take_in(app, html_mail(question, f"<p>Sales please</p>{html}"))

    answer = browser.get(f"/mails/inbox/{the_mail().id}/html")

    assert "Sales please" in answer.text
    assert "elsewhere.example" not in answer.text
    assert "alert" not in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_links_in_the_page_of_a_mail_are_cut_too(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, html_mail(question, f'<p>Fine</p><a href="{LINK}">answer</a>'))

    assert LINK not in browser.get(f"/mails/inbox/{the_mail().id}/html").text


def test_the_raw_mail_is_a_download(app: Flask, browser: FlaskClient, account: Account) -> None:
    raw = letter()
    take_in(app, raw)

    answer = browser.get(f"/mails/inbox/{the_mail().id}/raw")

    assert (answer.data, answer.content_type) == (raw, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=mail-{the_mail().id}.eml"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


FILES = {
    "people.csv": "text/csv",
    "page.html": "application/octet-stream",
    "drawing.svg": "application/octet-stream",
    "overview.pdf": "application/pdf",
}


@pytest.mark.parametrize(("name", "kind"), FILES.items())
def test_a_file_is_a_download_that_no_browser_runs(
    app: Flask, browser: FlaskClient, question: OutboxMessage, name: str, kind: str
) -> None:
    body = (
        "--=_b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--=_b\r\nContent-Type: text/html\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n<script>alert(1)</script>\r\n--=_b--'
    )
    boundary = 'multipart/mixed; boundary="=_b"'
    take_in(app, letter(body, to=reply_address(question), top=proved(), Content_Type=boundary))

    answer = browser.get(f"/mails/inbox/{the_mail().id}/files/0")

    assert answer.content_type == kind
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.get(f"/mails/inbox/{the_mail().id}/files/1").status_code == 404


def test_suggestions_come_from_whom_we_wrote_to(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, letter())

    page = browser.get(f"/mails/inbox/{the_mail().id}").text

    assert "Maple &amp; Sons" in page
    assert "We wrote to this sender" in page


def test_a_record_can_be_searched_for(app: Flask, browser: FlaskClient, question: OutboxMessage) -> None:
    take_in(app, letter(sender="eve@stranger.example", subject="Hello"))
    page = f"/mails/inbox/{the_mail().id}"

    assert "Maple &amp; Sons" not in browser.get(page).text
    assert "Maple &amp; Sons" in browser.get(f"{page}?find=maple").text
    assert "Nothing found" in browser.get(f"{page}?find=nowhere").text


def test_attaching_lets_a_mail_count(
    app: Flask,
    browser: FlaskClient,
    consultant: Member,
    question: OutboxMessage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[int] = []
    monkeypatch.setitem(work.HANDLERS, "test.heard", heard.append)
    monkeypatch.setattr("portal.inbox.judging.LISTENERS", {"accounts": "test.heard"})
    take_in(app, letter())
    page = f"/mails/inbox/{the_mail().id}"

    answer = browser.submit(f"{page}/attach/{question.id}", at=page)
    app.extensions["jobs"].drain()

    mail = the_mail()
    assert (answer.status_code, answer.location) == (303, page)
    assert (mail.fate, mail.why, mail.topic_id) == (Fate.ATTACHED, Why.BY_A_MEMBER, question.topic_id)
    assert (heard, recorded()) == ([mail.id], ["inbox.attached"])


def test_who_wrote_a_mail_is_a_contact_of_the_account_where_it_stands(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, letter(to=reply_address(question)))
    page = f"/mails/inbox/{the_mail().id}"
    known = the_mail().contact_id
    other = AccountFactory(name="Oak")
    elsewhere = asked(account=other, topic=other, key="elsewhere")

    browser.submit(f"{page}/attach/{elsewhere.id}", at=page)

    assert known is not None
    assert (the_mail().account_id, the_mail().contact_id) == (other.id, None)


def test_a_mail_that_is_about_nothing_has_nothing_to_stand_at(
    app: Flask, browser: FlaskClient, account: Account
) -> None:
    take_in(app, letter())
    page = f"/mails/inbox/{the_mail().id}"
    about_nothing = asked(account=account, key="about nothing")

    assert browser.submit(f"{page}/attach/{about_nothing.id}", at=page).status_code == 409
    assert the_mail().fate is Fate.UNMATCHED


def test_what_stands_somewhere_cannot_be_attached_elsewhere(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, letter(to=reply_address(question), top=proved()))
    page = f"/mails/inbox/{the_mail().id}"

    assert browser.submit(f"{page}/attach/{question.id}", at="/mails").status_code == 409


def test_spam_is_put_aside_and_can_be_put_back(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, letter(to=reply_address(question)))
    page = f"/mails/inbox/{the_mail().id}"

    browser.submit(f"{page}/spam", at=page)
    put_aside = (the_mail().fate, the_mail().topic_id, the_mail().account_id)
    browser.submit(f"{page}/put-back", at=page)

    assert put_aside == (Fate.SPAM, None, None)
    assert (the_mail().fate, the_mail().why) == (Fate.UNMATCHED, "")
    assert recorded() == ["inbox.marked_as_spam", "inbox.put_back"]


def test_what_the_portal_judged_cannot_be_put_back(
    app: Flask, browser: FlaskClient, question: OutboxMessage
) -> None:
    take_in(app, letter(to=reply_address(question), top=proved()))

    assert browser.submit(f"/mails/inbox/{the_mail().id}/put-back", at="/mails").status_code == 409


STEPS = ("attach/1", "spam", "put-back")


@pytest.mark.parametrize("step", STEPS)
def test_a_viewer_decides_nothing(
    app: Flask, viewer: Member, signed_in: SignIn, question: OutboxMessage, step: str
) -> None:
    take_in(app, letter())
    browser = signed_in(viewer)

    answer = browser.submit(f"/mails/inbox/{the_mail().id}/{step}", at="/mails")

    assert (answer.status_code, the_mail().fate) == (403, Fate.UNMATCHED)


PAGES = ("", "/html", "/raw", "/files/0")


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_reads_no_mail_that_came_in(
    app: Flask, viewer: Member, signed_in: SignIn, question: OutboxMessage, page: str
) -> None:
    take_in(app, letter())

    assert signed_in(viewer).get(f"/mails/inbox/{the_mail().id}{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_mail_of_another_agency_is_not_there(
    app: Flask, browser: FlaskClient, other_agency: Agency, page: str
) -> None:
    with scope.every_agency(reason="set-up"):
        theirs = other_agency.id
        db.session.add(InboundMailbox(name="theirs", serves_agency_id=theirs))
        db.session.commit()
    take_in(app, letter(subject="Canary"), mailbox="theirs")
    with scope.agency(theirs):
        mail_id = the_mail().id

    assert browser.get(f"/mails/inbox/{mail_id}{page}").status_code == 404
    assert "Canary" not in browser.get("/mails/inbox").text


def test_a_member_of_some_accounts_sees_only_what_stands_at_them(
    app: Flask, signed_in: SignIn, account: Account, question: OutboxMessage
) -> None:
    member = MemberFactory(sees_all_accounts=False)
    db.session.add(AccountAccess(account_id=account.id, member_id=member.id))
    elsewhere = asked(account=AccountFactory(), topic=AccountFactory())
    take_in(app, letter(to=reply_address(question), subject="Ours"))
    take_in(app, letter(to=reply_address(elsewhere), subject="Elsewhere"), letter(subject="Nowhere"))

    page = signed_in(member).get("/mails/inbox").text

    assert [name for name in ("Ours", "Elsewhere", "Nowhere") if name in page] == ["Ours"]


def test_a_late_mailbox_is_said_on_the_page(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "imap_host", "127.0.0.1")
    long_ago = clock.now() - timedelta(minutes=11)
    box = InboundMailbox(name="imap", created_at=long_ago, trouble="gone", skipped={"7": "odd"})
    db.session.add(box)

    page = browser.get("/mails/inbox").text

    assert "could not be checked yet" in page
    assert "“gone”" in page
    assert "One email in the mailbox could not be fetched" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_statements_whatever_its_length(
    app: Flask, browser: FlaskClient, account: Account, rows: int
) -> None:
    take_in(app, *(letter() for _row in range(rows)))
    browser.get("/mails/inbox")
    count = 0

    def counted(*_given: object) -> None:
        nonlocal count
        count += 1

    event.listen(db.engine, "before_cursor_execute", counted)
    browser.get("/mails/inbox")
    event.remove(db.engine, "before_cursor_execute", counted)

    assert count == 3
    assert db.session.query(InboundMail).count() == rows
