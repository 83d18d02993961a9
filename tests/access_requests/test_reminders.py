import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.access_requests import actions, answers, chasing, jobs, links, queries
from portal.access_requests.models import AccessRequest
from portal.accounts.actions import ContactFacts, change_contact
from portal.accounts.models import Contact
from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.jobs import work
from portal.mail import delivery, suppressions
from portal.mail.models import OutboxMessage
from portal.mail.readdressing import send_to
from portal.mail.states import Event, MailState
from portal.reminders import actions as reminders
from portal.reminders.models import Chase
from portal.reminders.states import ChaseEnd, Question
from tests.access_requests.answering import Client, job_role
from tests.factories.access_requests import AccessRequestFactory
from tests.factories.accounts import ContactFactory

MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)  # 11:00 in Brussels, the agency's zone
DAY = timedelta(days=1)
OUR = answers.Visitor("Anna Smith", "127.0.0.1", "a browser")


@pytest.fixture
def asked(draft: AccessRequest, consultant: Member) -> AccessRequest:
    with clock.at(MONDAY):
        actions.send_request(draft, consultant)
        db.session.commit()
    return draft


def sweep_at(app: Flask, moment: datetime) -> None:
    """Let the minute's sweep come by, and work off what it found."""
    agency_id = scope.current_agency_id()
    db.session.commit()
    with clock.at(moment):
        for nudge in work.find_left_behind(app):
            if nudge.name.startswith("access_requests"):
                work.run(app, nudge)
    db.session.expire_all()
    scope.enter(agency_id)


def mails(recipient: str = "anna@maple.example") -> list[str]:
    statement = select(OutboxMessage.kind).where(OutboxMessage.recipient == recipient)
    return list(db.session.scalars(statement.order_by(OutboxMessage.id)))


def chase() -> Chase:
    return db.session.scalars(select(Chase).order_by(Chase.id)).first()


def latest_mail() -> OutboxMessage:
    return db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()


def latest_mail_to_the_client() -> OutboxMessage:
    asked = OutboxMessage.kind == "access_request"
    return db.session.scalars(select(OutboxMessage).where(asked).order_by(OutboxMessage.id.desc())).first()


def text_of(mail: OutboxMessage) -> str:
    """Return the plain text of a mail."""
    return message_from_bytes(mail.raw, policy=policy.default).get_body(("plain",)).get_content()


def test_each_reminder_comes_on_its_day_with_its_own_text(app: Flask, asked: AccessRequest) -> None:
    for day in range(1, 15):
        sweep_at(app, MONDAY + day * DAY + timedelta(minutes=1))

    assert mails() == ["access_request", "reminder", "reminder_again", "last_reminder"]
    in_order = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    days = [(mail.created_at - MONDAY).days for mail in in_order][1:]
    assert days[:3] == [2, 7, 11]  # two, five and nine working days


def test_nothing_comes_before_its_day_and_nothing_twice(app: Flask, asked: AccessRequest) -> None:
    sweep_at(app, MONDAY + 2 * DAY - timedelta(minutes=1))
    assert mails() == ["access_request"]

    for _ in range(3):
        sweep_at(app, MONDAY + 2 * DAY)
    with clock.at(MONDAY + 2 * DAY):
        jobs.remind(asked.contact_id)
    assert mails() == ["access_request", "reminder"]


def test_a_worker_that_was_away_reminds_once_and_in_office_hours(app: Flask, asked: AccessRequest) -> None:
    sunday = datetime(2026, 12, 20, 3, 0, tzinfo=UTC)
    sweep_at(app, sunday)
    assert mails() == ["access_request"]

    for minute in range(5):
        sweep_at(app, datetime(2026, 12, 21, 9, minute, tzinfo=UTC))
    assert mails() == ["access_request", "reminder"]
    assert chase().next_at > datetime(2026, 12, 22, 0, 0, tzinfo=UTC)


def test_the_hours_are_those_of_the_contacts_zone(app: Flask, asked: AccessRequest) -> None:
    asked.contact.time_zone = "America/New_York"
    sweep_at(app, MONDAY + 2 * DAY)  # five in the morning there
    assert mails() == ["access_request"]

    sweep_at(app, datetime(2026, 12, 2, 14, 30, tzinfo=UTC))
    assert mails() == ["access_request", "reminder"]


def test_the_link_in_it_answers_the_question_and_ends_the_reminders(
    app: Flask, asked: AccessRequest, client: FlaskClient
) -> None:
    role = job_role("Sales")
    sweep_at(app, MONDAY + 2 * DAY)
    [token] = re.findall(r"/r/([a-z2-7]{12}\.[\w-]{43})", text_of(latest_mail()))[:1]

    Client(client, token).answer(role)

    assert asked.state == "answered"
    assert (chase().next_at, chase().ended) == (None, ChaseEnd.SETTLED)


def test_an_answer_stops_them(app: Flask, asked: AccessRequest) -> None:
    link, _token = links.make_link(asked, asked.contact)
    answers.say_not_for_me(link, 0, OUR, "")

    sweep_at(app, MONDAY + 30 * DAY)

    assert mails() == ["access_request"]
    assert (chase().next_at, chase().ended) == (None, ChaseEnd.SETTLED)


def test_withdrawing_stops_them(app: Flask, asked: AccessRequest, consultant: Member) -> None:
    actions.withdraw_request(asked, consultant, "")

    sweep_at(app, MONDAY + 30 * DAY)

    assert mails() == ["access_request"]


def test_one_who_passed_the_question_on_is_left_alone_and_the_colleague_is_reminded(
    app: Flask, asked: AccessRequest
) -> None:
    link, _token = links.make_link(asked, asked.contact)
    with clock.at(MONDAY + DAY):
        answers.ask_someone_else(link, 0, ("Ben Ode", "ben@maple.example"), OUR)

    sweep_at(app, MONDAY + 3 * DAY)

    assert mails() == ["access_request"]
    assert mails("ben@maple.example") == ["access_request", "reminder"]


def test_a_contact_who_ended_is_not_reminded(app: Flask, asked: AccessRequest) -> None:
    asked.contact.ended_at = MONDAY

    sweep_at(app, MONDAY + 2 * DAY)

    assert mails() == ["access_request"]
    assert chase().ended == ChaseEnd.SETTLED


def test_several_questions_to_one_contact_come_in_one_mail(
    app: Flask, asked: AccessRequest, contact: Contact, consultant: Member
) -> None:
    second = AccessRequestFactory(contact_to_ask=contact, consultant=consultant, number=2)
    with clock.at(MONDAY + timedelta(hours=3)):  # due later on the same day
        actions.send_request(second, consultant)

    sweep_at(app, MONDAY + 2 * DAY)
    sweep_at(app, MONDAY + 2 * DAY + timedelta(hours=4))

    assert mails() == ["access_request", "access_request", "reminder_digest"]
    assert [each.reminded for each in db.session.scalars(select(Chase))] == [1, 1]
    assert text_of(latest_mail()).count("/r/") == 2


def test_a_mail_about_several_questions_names_people_in_its_readers_language(
    app: Flask, asked: AccessRequest, contact: Contact, consultant: Member
) -> None:
    contact.language = "fr"
    second = AccessRequestFactory(contact_to_ask=contact, consultant=consultant, number=2, people=2)
    with clock.at(MONDAY + timedelta(hours=3)):
        actions.send_request(second, consultant)

    sweep_at(app, MONDAY + 2 * DAY)

    assert f"{second.people[0].name} et une autre personne" in text_of(latest_mail())


@pytest.mark.parametrize("hears", ["at once", "later"])
def test_a_mail_that_does_not_arrive_stops_them_and_tells_the_consultant(
    app: Flask, asked: AccessRequest, consultant: Member, hears: str
) -> None:
    mail = latest_mail()
    mail.move_to(MailState.SENDING)
    if hears == "at once":
        delivery.fail(mail, MailState.REFUSED, "550 no such user")
        db.session.commit()
        app.extensions["jobs"].drain()
    else:
        mail.move_to(MailState.REFUSED)

    sweep_at(app, MONDAY + 2 * DAY)
    sweep_at(app, MONDAY + 5 * DAY)

    assert mails() == ["access_request"]
    assert (chase().next_at, chase().ended) == (None, ChaseEnd.BOUNCED)
    assert mails(consultant.email) == ["request_news"]


def bounced(app: Flask, mail: OutboxMessage) -> None:
    """Let a mail come back, and the worker hear of it."""
    mail.move_to(MailState.SENDING)
    delivery.accept(mail)
    delivery.fail(mail, MailState.BOUNCED, "550 no such user")
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def waits_for(asked: AccessRequest) -> tuple[str, int, int]:
    """Return where the request is, and whom the account says it waits for: the client, us."""
    return asked.state.value, asked.account.waiting_for_client, asked.account.waiting_for_us


def test_a_question_that_came_back_waits_for_us(
    app: Flask, asked: AccessRequest, browser: FlaskClient
) -> None:
    assert waits_for(asked) == ("waiting", 1, 0)
    bounced(app, latest_mail())

    assert waits_for(asked) == ("unreached", 0, 1)
    page = browser.get("/accounts/maple/access-requests/1").text
    assert "Email bounced" in page
    assert "nobody has seen the question" in page


def test_without_reminders_it_waits_for_us_all_the_same(
    app: Flask, asked: AccessRequest, consultant: Member
) -> None:
    chasing.stop(asked, consultant)
    bounced(app, latest_mail())

    assert waits_for(asked) == ("unreached", 0, 1)
    assert mails(consultant.email) == ["request_news"]


def test_with_a_corrected_address_and_sent_again_it_waits_for_the_client(
    app: Flask, asked: AccessRequest, consultant: Member
) -> None:
    bounced(app, latest_mail())
    facts = ContactFacts("Anna Smith", "anna.smith@maple.example")
    change_contact(asked.contact, facts, by=consultant)
    db.session.commit()
    actions.send_request(asked, consultant)
    db.session.commit()

    assert waits_for(asked) == ("waiting", 1, 0)
    assert chase().next_at is not None


@pytest.mark.parametrize("correct_contact", [True, False])
def test_sent_anew_to_another_address_it_waits_for_the_client(
    app: Flask, asked: AccessRequest, consultant: Member, *, correct_contact: bool
) -> None:
    bounced(app, latest_mail())
    new = "anna.smith@maple.example"
    send_to(latest_mail_to_the_client(), new, consultant, correct_contact=correct_contact)
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()
    assert waits_for(asked) == ("waiting", 1, 0)

    bounced(app, latest_mail_to_the_client())
    assert waits_for(asked) == ("unreached", 0, 1)


def test_a_late_bounce_of_an_earlier_mail_changes_nothing(
    app: Flask, asked: AccessRequest, consultant: Member
) -> None:
    first = latest_mail()
    actions.send_again(asked, consultant)
    db.session.commit()
    bounced(app, first)

    assert waits_for(asked) == ("waiting", 1, 0)


def test_who_is_not_reached_can_still_answer(app: Flask, asked: AccessRequest, client: FlaskClient) -> None:
    role = job_role("Sales")
    bounced(app, latest_mail())
    token = actions.copy_link(asked, asked.started_by)
    db.session.commit()
    Client(client, token).answer(role)

    assert waits_for(asked) == ("answered", 0, 1)


def test_after_the_last_one_the_consultant_hears_of_it(
    app: Flask, asked: AccessRequest, consultant: Member
) -> None:
    for day in range(1, 30):
        sweep_at(app, MONDAY + day * DAY)

    assert mails(consultant.email) == ["request_news"]
    words = " ".join(text_of(latest_mail()).split())
    assert "Anna Smith has not answered, though we sent 3 reminders." in words
    assert chase().ended == ChaseEnd.GAVE_UP


def test_after_the_last_one_the_second_contact_is_asked_and_reminded(
    app: Flask, asked: AccessRequest, consultant: Member
) -> None:
    ben = ContactFactory(account_id=asked.account_id, name="Ben Ode", email="ben@maple.example")
    asked.second_contact_id = ben.id

    for day in range(1, 60):
        sweep_at(app, MONDAY + day * DAY)

    assert mails("ben@maple.example") == ["access_request", "reminder", "reminder_again", "last_reminder"]
    assert mails(consultant.email) == ["request_news", "request_news"]
    recorded = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)).all()
    assert recorded.count("access_request.escalated") == 1
    assert recorded.count("access_request.not_answered") == 2


def test_sending_again_begins_anew(app: Flask, asked: AccessRequest, consultant: Member) -> None:
    sweep_at(app, MONDAY + 2 * DAY)
    with clock.at(MONDAY + 3 * DAY):
        actions.send_again(asked, consultant)

    assert chase().reminded == 0
    assert (chase().next_at - MONDAY).days == 7  # two working days after Thursday


def test_leaving_a_contact_alone_until_they_are_back(app: Flask, asked: AccessRequest) -> None:
    reminders.wait_until(chase(), datetime(2026, 12, 13, 12, 0, tzinfo=UTC))  # a Sunday

    sweep_at(app, MONDAY + 3 * DAY)
    assert mails() == ["access_request"]
    sweep_at(app, datetime(2026, 12, 14, 9, 0, tzinfo=UTC))
    assert mails() == ["access_request", "reminder"]


def test_who_is_away_far_in_the_west_is_left_alone_until_the_day_is_over_there(
    asked: AccessRequest, contact: Contact
) -> None:
    contact.time_zone = "America/Los_Angeles"
    with clock.at(MONDAY):
        chasing.leave_alone(asked, contact, date(2026, 12, 4))  # a Friday

    assert chase().next_at == datetime(2026, 12, 7, 17, 0, tzinfo=UTC)  # nine o'clock there, on Monday


def test_what_is_stopped_while_a_worker_puts_it_off_stays_stopped(
    app: Flask, asked: AccessRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = queries.lock_requests

    def stopped_meanwhile(request_ids: set[int]) -> Sequence[AccessRequest]:
        stopped = update(Chase).values(next_at=None, ended=ChaseEnd.STOPPED_BY_CONTACT)
        db.session.execute(stopped.execution_options(synchronize_session=False))
        return lock(request_ids)

    monkeypatch.setattr(queries, "lock_requests", stopped_meanwhile)
    sweep_at(app, MONDAY + 4.5 * DAY)  # at night

    assert (chase().next_at, chase().ended) == (None, ChaseEnd.STOPPED_BY_CONTACT)


def test_a_reminder_that_is_held_back_at_the_last_moment_was_the_last_one(
    app: Flask, asked: AccessRequest
) -> None:
    sweep_at(app, MONDAY + 2 * DAY)
    reminder = latest_mail()
    suppressions.suppress(reminder, Event.BOUNCED, "no such user")
    with clock.at(MONDAY + 2 * DAY + timedelta(minutes=1)):
        delivery.claim(reminder.id, "mail.example", is_on=True)
        db.session.commit()
        app.extensions["jobs"].drain()
    db.session.expire_all()

    assert (latest_mail().kind, chase().ended) == ("request_news", ChaseEnd.BOUNCED)


@pytest.fixture
def address(app: Flask, asked: AccessRequest) -> str:
    sweep_at(app, MONDAY + 2 * DAY)
    header = message_from_bytes(latest_mail().raw)["List-Unsubscribe"]
    return header.strip("<>").removeprefix(app.extensions["settings"].base_url)


def test_looking_changes_nothing(client: FlaskClient, address: str) -> None:
    page = client.get(address)

    assert page.status_code == 200
    assert "Stop the reminders?" in page.text
    assert chase().ended is None


def test_the_button_stops_them_and_tells_the_consultant(
    app: Flask, client: FlaskClient, address: str, consultant: Member
) -> None:
    answer = client.post(address)

    assert "The reminders have stopped" in answer.text
    assert (chase().next_at, chase().ended) == (None, ChaseEnd.STOPPED_BY_CONTACT)
    assert mails(consultant.email) == ["request_news"]
    sweep_at(app, MONDAY + 30 * DAY)
    assert mails() == ["access_request", "reminder"]


def test_a_mail_program_stops_them_with_one_click(client: FlaskClient, address: str) -> None:
    raw = message_from_bytes(latest_mail().raw)
    assert raw["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    answer = client.post(address, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert chase().ended == ChaseEnd.STOPPED_BY_CONTACT


def test_doing_it_twice_tells_once(client: FlaskClient, address: str, consultant: Member) -> None:
    client.post(address)
    client.post(address)

    assert mails(consultant.email) == ["request_news"]


def test_stopping_them_anew_tells_anew(
    client: FlaskClient, address: str, asked: AccessRequest, consultant: Member
) -> None:
    client.post(address)
    chasing.start_again(asked, consultant)
    db.session.commit()
    client.post(address)

    assert mails(consultant.email) == ["request_news", "request_news"]


def test_the_question_stays_open(client: FlaskClient, address: str, asked: AccessRequest) -> None:
    client.post(address)
    db.session.refresh(asked)

    assert asked.state == "waiting"


@pytest.mark.parametrize("token", ["x", "WzEsMV0.AAAA", "%00"])
def test_a_token_that_is_not_ours_stops_nothing(client: FlaskClient, address: str, token: str) -> None:
    assert client.post(f"/stop-reminders/{token}").status_code == 404
    assert chase().ended is None


def test_a_consultant_stops_them_and_starts_them_again(asked: AccessRequest, browser: FlaskClient) -> None:
    page = f"/accounts/maple/access-requests/{asked.number}"
    browser.submit(f"{page}/stop-reminders", at=page)
    assert chase().ended == ChaseEnd.STOPPED_BY_MEMBER

    assert browser.submit(f"{page}/stop-reminders", at=page).status_code == 409
    browser.submit(f"{page}/start-reminders", at=page)
    assert (chase().ended, chase().reminded) == (None, 0)
    assert "Next step" in browser.get(page).text


def test_the_second_contact_is_chosen_in_the_form(
    browser: FlaskClient, contact: Contact, consultant: Member
) -> None:
    ben = ContactFactory(account_id=contact.account_id, name="Ben Ode")
    given = {"people-0-email": "ana@maple.example", "contact": contact.id, "contact_language": "en"}
    home = "/accounts/maple/access-requests"

    same = browser.submit(home, at=f"{home}/new", **given, language="", second_contact=contact.id)
    browser.submit(home, at=f"{home}/new", **given, language="", second_contact=ben.id)

    assert same.status_code == 422
    assert "This contact is asked first already." in same.text
    made = db.session.scalars(select(AccessRequest)).one()
    assert made.second_contact_id == ben.id


def test_what_one_agency_reminds_of_another_cannot_see(asked: AccessRequest, other_agency: Agency) -> None:
    asked_id = asked.id
    with scope.every_agency(reason="test"):
        other_id = other_agency.id
    db.session.commit()
    with scope.agency(other_id):
        assert chasing.chases_of(Question.ACCESS_REQUEST, asked_id) == []
