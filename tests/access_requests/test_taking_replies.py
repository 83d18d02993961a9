"""A reply by mail becomes the answer, once a consultant has looked at how it was understood."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests.models import AccessRequest, Answer
from portal.access_requests.suggesting import suggestions
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.inbox.models import InboundMail
from portal.inbox.states import Fate
from portal.job_roles.queries import get_job_role
from portal.mail.models import OutboxMessage
from portal.reminders.models import Chase
from tests.factories.access_requests import RequestPersonFactory
from tests.inbox.judged import reply_address, take_in, the_mail
from tests.inbox.letters import letter, proved

REQUEST = "/accounts/maple/access-requests/1"
FIRST_DAY = clock.now().date() + timedelta(days=14)


def replied(app: Flask, question: OutboxMessage, text: str, **more: object) -> InboundMail:
    """Let the contact reply, and the portal take the mail in."""
    take_in(app, letter(text, **{"to": reply_address(question), "top": proved(), **more}))
    return the_mail()


def role_id(key: str) -> int:
    return get_job_role(key).id


def address(mail: InboundMail) -> str:
    return f"{REQUEST}/replies/{mail.id}"


def test_a_clear_reply_is_filled_in_and_takes_one_click(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep")
    [found] = suggestions(draft, mail)
    assert (found.job_role_id, found.is_clear) == (role_id("sales_rep"), True)
    assert f'href="{address(mail)}"' in browser.get(REQUEST).text

    person = f"person-{draft.people[0].id}"
    fields = {"turn": "0", f"{person}-job_role": role_id("sales_rep"), f"{person}-text": found.words}
    fields[f"{person}-start_date"] = FIRST_DAY.isoformat()
    answer = browser.submit(address(mail), at=address(mail), **fields)

    assert (answer.status_code, answer.location) == (303, REQUEST)
    assert (draft.state, draft.people[0].job_role_id) == ("answered", role_id("sales_rep"))
    assert draft.people[0].start_date == FIRST_DAY
    row = db.session.scalars(select(Answer)).one()
    assert (row.mail_id, row.given_name, row.taken_by) == (mail.id, "Anna Smith", "Cora Consultant")
    page = browser.get(REQUEST).text
    assert "By email, read by Cora Consultant" in page
    assert "Cora Consultant used this reply as the answer." in page
    assert f'href="{address(mail)}"' not in page
    recorded = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)).all()
    assert recorded[-1] == "access_request.reply_taken"


def test_a_consultant_chooses_in_their_own_language_what_is_kept_in_the_clients(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    draft.language = "es"
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep")
    assert ">Sales</option>" in browser.get(address(mail)).text

    fields = {"turn": "0", f"person-{draft.people[0].id}-job_role": role_id("sales_rep")}
    browser.submit(address(mail), at=address(mail), **fields)

    assert db.session.scalars(select(Answer)).one().people[0]["job_role"] == "Ventas"


def test_what_was_not_understood_must_be_chosen(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Let me think about it and come back to you.")
    assert "We could not tell what is wanted." in browser.get(address(mail)).text

    person = f"person-{draft.people[0].id}"
    answer = browser.submit(
        address(mail), at=address(mail), htmx=True, turn="0", **{f"{person}-job_role": ""}
    )

    assert answer.status_code == 422
    assert "Choose a job role, or no access." in answer.text
    assert draft.state == "replied"


def test_no_access_for_anybody_declines_once_it_was_asked_again(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Nobody should get access, please.")
    person = f"person-{draft.people[0].id}"

    fields = {"turn": "0", f"{person}-job_role": "0"}
    first = browser.submit(address(mail), at=address(mail), **fields)
    assert (first.status_code, draft.state) == (422, "replied")
    assert "Nobody gets access this way, and the request is declined." in first.text
    assert 'name="declines"' in first.text

    browser.submit(address(mail), at=address(mail), **fields, declines="y")
    assert draft.state == "declined"


def test_whom_a_reply_wants_removed_is_a_note_and_no_answer(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana: sales. Please remove Tom Wilson, he left.")

    [ana] = suggestions(draft, mail)
    assert ana.job_role_id == role_id("sales_rep")
    for page in (address(mail), REQUEST):
        assert "Also asks to remove: Tom Wilson" in browser.get(page).text


def test_the_first_working_day_of_a_reply_is_suggested(
    app: Flask, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    day = (clock.now() + timedelta(days=20)).date()
    mail = replied(app, asked_about_ana, f"Ana does sales and starts on {day:%d %B %Y}.")

    assert [found.first_day for found in suggestions(draft, mail)] == [day]


def test_somebody_instead_of_another_can_be_added(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(
        app, asked_about_ana, "Not Ana, please, but Carla Reyes <carla@maple.example> instead: sales rep."
    )
    [ana, carla] = suggestions(draft, mail)
    assert (ana.job_role_id, carla.person, carla.email) == (0, None, "carla@maple.example")

    fields = {
        "turn": "0",
        f"person-{draft.people[0].id}-job_role": "0",
        "new-0-is_added": "y",
        "new-0-first_name": "Carla",
        "new-0-last_name": "Reyes",
        "new-0-email": "Carla@maple.example",
        "new-0-job_role": role_id("sales_rep"),
    }
    browser.submit(address(mail), at=address(mail), **fields)

    assert draft.state == "answered"
    assert [(each.email, each.is_declined, each.job_role_id) for each in draft.people] == [
        ("ana@maple.example", True, None),
        ("carla@maple.example", False, role_id("sales_rep")),
    ]


def test_somebody_who_is_added_needs_an_address(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Not Ana, please, but Carla Reyes instead: sales rep.")
    person = f"person-{draft.people[0].id}"

    fields = {"turn": "0", f"{person}-job_role": "0", "new-0-is_added": "y", "new-0-email": ""}
    answer = browser.submit(address(mail), at=address(mail), **fields)

    assert answer.status_code == 422
    assert "it becomes the person&#39;s login" in answer.text
    assert len(draft.people) == 1


def test_several_people_each_get_what_was_said_of_them(
    app: Flask, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    RequestPersonFactory(
        request_id=draft.id,
        account_id=draft.account_id,
        first_name="Ben",
        last_name="Ode",
        email="ben@maple.example",
        place=draft.people[0].place + 1,
    )
    db.session.commit()
    db.session.refresh(draft)

    mail = replied(app, asked_about_ana, "1) Ana Silva - sales manager\n2) Ben Ode - no access")

    assert [each.job_role_id for each in suggestions(draft, mail)] == [role_id("sales_manager"), 0]


def test_a_reply_is_taken_once(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep")
    fields = {"turn": "0", f"person-{draft.people[0].id}-job_role": role_id("sales_rep")}
    token = browser.csrf_token(address(mail))

    answers = [
        browser.post(address(mail), data={"csrf_token": token, **fields, "turn": turn}).status_code
        for turn in ("0", "0", "1")
    ]

    assert answers == [303, 409, 409]
    assert "already used this reply as the answer" in browser.get(address(mail)).text


def test_a_reply_that_is_the_answer_stays_at_its_request(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep", top=())
    inbox = f"/mails/inbox/{mail.id}"
    browser.submit(f"{inbox}/attach/{asked_about_ana.id}", at=inbox)
    app.extensions["jobs"].drain()
    fields = {"turn": "0", f"person-{draft.people[0].id}-job_role": role_id("sales_rep")}
    taken = browser.submit(address(mail), at=address(mail), **fields)

    put_back = browser.submit(f"{inbox}/put-back", at=inbox)

    db.session.expire_all()
    assert (taken.status_code, put_back.status_code) == (303, 409)
    assert (the_mail().fate, the_mail().topic_id) == (Fate.ATTACHED, draft.id)


def test_an_unproved_reply_cannot_be_taken(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep", top=())
    fields = {"turn": "0", f"person-{draft.people[0].id}-job_role": role_id("sales_rep")}

    assert browser.submit(address(mail), at=address(mail), **fields).status_code == 409
    assert draft.state == "waiting"


def test_the_reply_of_another_request_is_not_there(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep")
    mail.topic_id = draft.id + 1

    assert browser.get(address(mail)).status_code == 404


@pytest.mark.parametrize(("top", "waits"), [(proved(), True), ((), False)])
def test_reminders_wait_until_a_contact_is_back_if_that_is_proved(
    app: Flask, asked_about_ana: OutboxMessage, top: tuple[str, ...], *, waits: bool
) -> None:
    back = clock.now().date() + timedelta(days=20)
    text = f"I am out of office until {back:%d %B %Y}."

    replied(
        app, asked_about_ana, text, top=top, subject="Automatic reply: Access", Auto_Submitted="auto-replied"
    )

    assert the_mail().fate == "auto_reply"
    chase = db.session.scalars(select(Chase)).one()
    assert (chase.next_at.date() > back) is waits
