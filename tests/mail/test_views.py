from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.config import MailSending
from portal.core.db import db
from portal.mail import queries
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import OutboxMessage, ServerPause
from portal.mail.reading import without_secrets
from portal.mail.states import MailState, Reason
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory
from tests.factories.mails import post
from tests.fixtures.smtp import ScriptedServer

SignIn = Callable[[Member], FlaskClient]
SECRET = "hM2kq8Zt0vWcY5rJx1nBdLs7GfAe3PuQ9iTo6XyKwCE"
LINKS = {
    MailKind.ACCESS_REQUEST: ("answer_link", f"https://portal.example/r/k3v9x2m7q4tz.{SECRET}"),
    MailKind.ANSWER_LINK: ("answer_link", f"https://portal.example/r/k3v9x2m7q4tz.{SECRET}?language=fr"),
    MailKind.INVITATION: ("invitation_link", f"https://portal.example/invitation/{SECRET}"),
    MailKind.PASSWORD_RESET: ("reset_link", f"https://portal.example/password?token={SECRET}#now"),
}


@pytest.fixture
def browser(consultant: Member, signed_in: SignIn) -> FlaskClient:
    return signed_in(consultant)


def in_state(state: MailState, reason: str = "", **given: object) -> OutboxMessage:
    mail = post(**given)
    mail.state, mail.reason = state, reason
    db.session.commit()
    return mail


def actions_recorded() -> list[str]:
    statement = select(AuditEntry.action).where(AuditEntry.action.startswith("mail."))
    return list(db.session.scalars(statement.order_by(AuditEntry.sequence)))


def test_an_empty_log_says_what_will_be_there(browser: FlaskClient) -> None:
    assert "No mail yet" in browser.get("/mails").text


def test_the_log_shows_each_mail_with_its_receiver_and_state(browser: FlaskClient) -> None:
    post(recipient_name="Claire Dubois", account=AccountFactory(name="Oak & Elm"))
    in_state(MailState.IN_DOUBT, Reason.NO_ANSWER, recipient_name="Tom Becker")

    page = browser.get("/mails").text

    words = ["Tom Becker", "In doubt", "Claire Dubois", "Oak &amp; Elm", "Waiting to be sent"]
    places = [page.index(word) for word in words]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("shelf", "shown"),
    [("undecided", MailState.HELD), ("waiting", MailState.QUEUED), ("sent", MailState.ACCEPTED)],
)
def test_the_log_can_be_narrowed_to_one_shelf(shelf: str, shown: MailState, agency: Agency) -> None:
    for state in (MailState.HELD, MailState.QUEUED, MailState.ACCEPTED, MailState.CANCELLED):
        in_state(state)

    assert [row.state for row in queries.mails(None, shelf).rows] == [shown]


@pytest.mark.parametrize("search", ["CLAIRE@", "dubois"])
def test_a_search_finds_the_receiver(search: str, browser: FlaskClient) -> None:
    post(recipient_name="Claire Dubois", recipient="claire@maple.example")
    post(recipient_name="Tom Becker", recipient="tom@oak.example")

    found = browser.htmx(f"/mails?search={search}").text

    assert ("Claire Dubois" in found, "Tom Becker" in found) == (True, False)


def test_a_short_word_is_looked_for_among_the_latest_mails_only(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_LATEST", 2)
    for name in ("Bo One", "Bo Two", "Bo Three"):
        post(recipient_name=name)

    page = browser.get("/mails?search=bo").text

    assert [name for name in ("Bo One", "Bo Two", "Bo Three") if name in page] == ["Bo Two", "Bo Three"]
    assert "among the latest mails only" in page
    assert "among the latest mails only" not in browser.get("/mails?search=bo+three").text


@pytest.mark.parametrize(
    ("search", "found"), [("DUBOIS maple", 1), ("élodie", 1), ('"or', 0), ("100%", 0), ("a_b", 0)]
)
def test_all_words_must_be_found_and_signs_mean_nothing(
    search: str, found: int, browser: FlaskClient
) -> None:
    post(recipient_name="Élodie Dubois", recipient="elodie@maple.example")

    page = browser.get("/mails", query_string={"search": search}).text

    assert page.count("elodie@maple.example") == found


@pytest.mark.parametrize("query", ["shelf=attic", "page=nonsense", "page=W10"])
def test_an_address_nobody_here_wrote_is_refused(query: str, browser: FlaskClient) -> None:
    assert browser.get(f"/mails?{query}").status_code == 400


@pytest.mark.parametrize("search", ["%25", "%00", "x" * 3000, "%F0%9F%92%8C"])
def test_any_search_gets_an_answer(search: str, browser: FlaskClient) -> None:
    post()

    assert browser.get(f"/mails?search={search}").status_code == 200


def test_the_log_pages_by_key(browser: FlaskClient) -> None:
    for number in range(60):
        post(recipient_name=f"Receiver-{number:02}")

    first = queries.mails(None)
    second = queries.mails(first.next)

    names = [row.recipient_name for row in [*first.rows, *second.rows]]
    assert names == [f"Receiver-{number:02}" for number in reversed(range(60))]
    assert 'rel="next"' in browser.get("/mails").text


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("way", ["", "?as=text", "/html"])
def test_no_page_shows_the_secret_of_a_link(kind: MailKind, way: str, browser: FlaskClient) -> None:
    name, link = LINKS[kind]
    mail = post(kind, values={**sample_values(kind), name: link})

    page = browser.get(f"/mails/{mail.id}{way}").text

    assert SECRET.encode() in mail.raw.replace(b"=\r\n", b"")
    assert SECRET not in page
    assert SECRET[:16] not in page
    if way:
        assert "•••" in page


def test_only_secrets_are_cut_out_of_links() -> None:
    text = "Open https://portal.example/accounts/maple-and-sons-of-the-north/access-requests/17 now."

    assert without_secrets(text) == text
    assert without_secrets(f"<https://x.example/r/a.{SECRET}>") == "<https://x.example/r/a.•••>"
    assert without_secrets(SECRET) == SECRET


def test_the_preview_is_framed_and_can_do_nothing(browser: FlaskClient) -> None:
    mail = post()

    page = browser.get(f"/mails/{mail.id}")
    frame = browser.get(f"/mails/{mail.id}/html")

    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in frame.headers["Content-Security-Policy"]


SAYINGS = [
    (MailState.QUEUED, "", "It is about to be handed to the mail server."),
    (MailState.SENDING, "", "It is being handed to the mail server."),
    (MailState.DEFERRED, "451 later", "The mail server could not take it: “451 later”."),
    (MailState.REFUSED, "550 no", "The mail server refused it: “550 no”. It was not sent."),
    (MailState.REFUSED, Reason.GAVE_UP, "put us off for three days"),
    (MailState.IN_DOUBT, Reason.NO_ANSWER, "The server may have sent it on; we do not know."),
    (MailState.IN_DOUBT, Reason.INTERRUPTED, "The server may have taken it; we do not know."),
    (MailState.HELD, Reason.ADDRESS_LIMIT, "This address already had as many automatic mails"),
    (MailState.DELIVERED, "", "mail server has it."),
    (MailState.BOUNCED, "550 5.1.1 nobody here", "It came back: “550 5.1.1 nobody here”."),
    (MailState.CANCELLED, Reason.LEFT_AT_THAT, "It came back, and somebody here left it at that."),
    (MailState.CANCELLED, "", "It was cancelled, and not sent."),
    (MailState.SUPPRESSED, "", "this address refused mail before"),
]


@pytest.mark.parametrize(("state", "reason", "words"), SAYINGS)
def test_each_state_is_said_in_plain_words(
    state: MailState, reason: str, words: str, browser: FlaskClient
) -> None:
    mail = in_state(state, reason)

    assert words in browser.get(f"/mails/{mail.id}").text


def test_a_sent_mail_says_when_it_was_handed_over(
    app: Flask, mail_server: ScriptedServer, browser: FlaskClient
) -> None:
    mail = post()
    db.session.commit()
    app.extensions["jobs"].drain()

    page = browser.get(f"/mails/{mail.id}").text

    assert "Handed to the mail server on " in page
    assert "250 fine" in page


def test_a_mail_on_its_way_asks_for_news_until_it_arrived(browser: FlaskClient) -> None:
    mail = post()

    assert 'hx-trigger="every 2s"' in browser.htmx(f"/mails/{mail.id}").text
    mail.state, mail.accepted_at = MailState.ACCEPTED, mail.created_at
    assert 'hx-trigger="every 2s"' not in browser.htmx(f"/mails/{mail.id}").text


DECISIONS = [
    (MailState.IN_DOUBT, "arrived", MailState.ACCEPTED, "mail.arrival_confirmed"),
    (MailState.IN_DOUBT, "send", MailState.QUEUED, "mail.sent_again"),
    (MailState.HELD, "send", MailState.QUEUED, "mail.sent_again"),
    (MailState.HELD, "cancel", MailState.CANCELLED, "mail.cancelled"),
    (MailState.REFUSED, "send", MailState.QUEUED, "mail.sent_again"),
    (MailState.REFUSED, "cancel", MailState.CANCELLED, "mail.cancelled"),
    (MailState.BOUNCED, "send", MailState.QUEUED, "mail.sent_again"),
    (MailState.BOUNCED, "cancel", MailState.CANCELLED, "mail.cancelled"),
    (MailState.SUPPRESSED, "send", MailState.QUEUED, "mail.sent_again"),
    (MailState.SUPPRESSED, "cancel", MailState.CANCELLED, "mail.cancelled"),
    (MailState.DEFERRED, "try-now", MailState.DEFERRED, "mail.tried_now"),
    (MailState.DEFERRED, "cancel", MailState.CANCELLED, "mail.cancelled"),
]


@pytest.mark.parametrize(("state", "verb", "then", "recorded"), DECISIONS)
def test_a_consultant_decides_and_it_is_recorded(
    state: MailState, verb: str, then: MailState, recorded: str, browser: FlaskClient
) -> None:
    mail = in_state(state)
    page = f"/mails/{mail.id}"

    assert f'action="{page}/{verb}"' in browser.get(page).text
    answer = browser.submit(f"{page}/{verb}", at=page)

    assert (answer.status_code, answer.location) == (303, page)
    assert (mail.state, actions_recorded()) == (then, [recorded])


ALLOWED = {(state, verb) for state, verb, *_rest in DECISIONS}
NOT_NOW = [
    (state, verb)
    for state in MailState
    for verb in ("arrived", "send", "try-now", "cancel")
    if (state, verb) not in ALLOWED | {(MailState.QUEUED, "cancel")}
]


@pytest.mark.parametrize(("state", "verb"), NOT_NOW)
def test_what_cannot_be_decided_now_changes_nothing(
    state: MailState, verb: str, browser: FlaskClient
) -> None:
    mail = in_state(state)

    assert browser.submit(f"/mails/{mail.id}/{verb}", at="/mails").status_code == 409
    assert (mail.state, actions_recorded()) == (state, [])


def test_sent_again_it_carries_the_same_bytes(
    app: Flask, mail_server: ScriptedServer, browser: FlaskClient
) -> None:
    mail = in_state(MailState.IN_DOUBT, Reason.NO_ANSWER)
    app.extensions["jobs"].huey.storage.flush_all()

    browser.submit(f"/mails/{mail.id}/send", at="/mails")
    app.extensions["jobs"].drain()
    db.session.expire_all()

    assert mail_server.mails == [mail.raw]
    assert mail.state is MailState.ACCEPTED


def test_a_viewer_sees_mails_and_decides_nothing(viewer: Member, signed_in: SignIn) -> None:
    mail = in_state(MailState.IN_DOUBT, Reason.NO_ANSWER)
    browser = signed_in(viewer)

    assert "It arrived" not in browser.get(f"/mails/{mail.id}").text
    assert browser.submit(f"/mails/{mail.id}/arrived", at="/mails").status_code == 403
    assert mail.state is MailState.IN_DOUBT


def test_after_a_refused_sign_in_a_member_lets_mail_go_on(browser: FlaskClient) -> None:
    db.session.add(ServerPause(server="mail.example:587", until=None))

    assert "refuses our sign-in" in browser.get("/mails").text
    browser.submit("/mails/resume", at="/mails")

    assert "refuses our sign-in" not in browser.get("/mails").text
    assert actions_recorded() == ["mail.sending_resumed"]


def test_while_sending_is_off_the_log_says_so(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "mail_sending", MailSending.HELD)

    assert "Sending is switched off" in browser.get("/mails").text


@pytest.mark.parametrize("number", ["4711", "99999999999999999999"])
def test_a_mail_that_is_not_there_is_a_page_not_found(number: str, browser: FlaskClient) -> None:
    assert browser.get(f"/mails/{number}").status_code == 404


def test_the_mails_of_another_agency_are_not_there(
    other_agency: Agency, consultant: Member, signed_in: SignIn
) -> None:
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        mail_id = post(recipient_name="Foreign Receiver").id
        db.session.commit()
    browser = signed_in(consultant)

    assert "Foreign Receiver" not in browser.get("/mails").text
    for page in (f"/mails/{mail_id}", f"/mails/{mail_id}/html"):
        assert browser.get(page).status_code == 404
    assert browser.submit(f"/mails/{mail_id}/cancel", at="/mails").status_code == 404


def test_the_mails_of_an_account_not_given_are_not_there(agency: Agency, signed_in: SignIn) -> None:
    mail = post(recipient_name="Hidden Receiver", account=AccountFactory())
    browser = signed_in(MemberFactory(sees_all_accounts=False))

    assert "Hidden Receiver" not in browser.get("/mails").text
    assert browser.get(f"/mails/{mail.id}").status_code == 404


def test_others_ask_for_the_mails_of_a_record_and_for_those_undecided(owner: Member) -> None:
    first, second = post(topic=owner), post(topic=owner)
    in_state(MailState.HELD, Reason.ADDRESS_LIMIT)

    assert queries.mails_about("members", owner.id) == [first, second]
    assert queries.undecided_count() == 1
