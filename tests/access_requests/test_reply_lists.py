"""Lists of people that come along with a reply: offered, and added once a consultant says so."""

import re
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.access_requests.models import AccessRequest
from portal.access_requests.suggesting import lists_in, suggestions
from portal.core.db import db
from portal.core.email_addresses import Doubt
from portal.inbox import actions as inbox
from portal.inbox.models import InboundMail
from portal.job_roles.queries import get_job_role
from portal.mail.models import OutboxMessage
from tests.factories.lists import bomb, workbook
from tests.inbox.judged import reply_address, take_in, the_mail
from tests.inbox.letters import TRACE, proved

REQUEST = "/accounts/maple/access-requests/1"
PEOPLE = workbook(
    People=[
        ["Name", "Email", "Job role"],
        ["Carla Reyes", "carla@maple.example", "Sales rep"],
        ["Ben <b>Ode</b>", "ben@maple.example", ""],
    ]
)


def replied(
    app: Flask,
    question: OutboxMessage,
    text: str,
    *,
    is_proved: bool = True,
    headers: dict[str, str] | None = None,
    **files: bytes,
) -> InboundMail:
    """Let the contact reply with files, ``people_xlsx`` for people.xlsx, and the portal take the mail in."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Anna Smith <anna@maple.example>", reply_address(question)
    message["Subject"], message["Message-ID"] = "Re: Access", "<list-1@maple.example>"
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    for name, content in files.items():
        named = ".".join(name.rsplit("_", 1))
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=named)
    top = "\r\n".join(proved() if is_proved else (TRACE,)).encode()
    take_in(app, top + b"\r\n" + message.as_bytes())
    return the_mail()


def role_id(key: str) -> int:
    return get_job_role(key).id


def address(mail: InboundMail) -> str:
    return f"{REQUEST}/replies/{mail.id}"


def test_the_people_of_a_list_are_offered_ticked_each_with_its_row(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(
        app, asked_about_ana, "Ana Silva: sales rep. The others are in the list.", people_xlsx=PEOPLE
    )

    found = [(each.name, each.email, each.job_role_id, each.source) for each in suggestions(draft, mail)]
    assert found == [
        ("Ana Silva", "ana@maple.example", role_id("sales_rep"), ""),
        ("Carla Reyes", "carla@maple.example", role_id("sales_rep"), "people.xlsx, row 2"),
        ("Ben <b>Ode</b>", "ben@maple.example", None, "people.xlsx, row 3"),
    ]
    page = browser.get(address(mail)).text
    assert "people.xlsx: 2 people found." in page
    assert "people.xlsx, row 2" in page
    assert "Ben &lt;b&gt;Ode&lt;/b&gt;" in page
    assert page.count("checked") == 2


def test_the_people_of_a_list_are_added_as_they_were_corrected(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "See the list.", people_xlsx=PEOPLE)
    fields = {
        "turn": "0",
        f"person-{draft.people[0].id}-job_role": "0",
        "new-0-is_added": "y",
        "new-0-first_name": "Carla",
        "new-0-last_name": "Reyes Soto",
        "new-0-email": "carla@maple.example",
        "new-0-job_role": role_id("marketer"),
    }

    assert browser.submit(address(mail), at=address(mail), **fields).status_code == 303
    assert [(each.name, each.job_role_id) for each in draft.people] == [
        ("Ana Silva", None),
        ("Carla Reyes Soto", role_id("marketer")),
    ]


def test_a_list_says_what_the_mail_does_not_say_of_somebody_asked_about(
    app: Flask, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    rows = b"Email,Role\nana@maple.example,marketing\n"
    mail = replied(app, asked_about_ana, "Please see the list.", people_csv=rows)

    [ana] = suggestions(draft, mail)
    assert (ana.person, ana.job_role_id, ana.is_clear, ana.source) == (
        draft.people[0],
        role_id("marketer"),
        True,
        "people.csv, row 2",
    )


def test_somebody_in_the_mail_and_in_the_list_is_offered_once(
    app: Flask, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Carla Reyes <carla@maple.example>: marketing", people_xlsx=PEOPLE)

    found = [(each.email, each.job_role_id) for each in suggestions(draft, mail)]
    assert sorted(found, key=str) == [
        ("ana@maple.example", None),
        ("ben@maple.example", None),
        ("carla@maple.example", role_id("marketer")),
    ]


def test_a_list_that_cannot_be_read_says_why(
    app: Flask, browser: FlaskClient, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "See the list.", people_xlsx=bomb(), old_csv=b"")

    page = browser.get(address(mail)).text
    assert "people.xlsx cannot be read." in page
    assert "more than 50 MB unpacked" in page
    assert "We found no people in it" in page


@pytest.mark.parametrize("count", [49, 50])
def test_a_request_holds_fifty_people_and_says_when_there_are_more(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage, count: int
) -> None:
    rows = "".join(f"p{number}@maple.example,sales\n" for number in range(count))
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep", people_csv=rows.encode())

    page = browser.get(address(mail)).text
    assert page.count("checked") == 49
    assert ("A request holds at most 50 people." in page) is (count == 50)

    fields = {"turn": "0", f"person-{draft.people[0].id}-job_role": "0"}
    for number in range(count):
        fields[f"new-{number}-is_added"] = "y"
        fields[f"new-{number}-email"] = f"p{number}@maple.example"
        fields[f"new-{number}-job_role"] = str(role_id("sales_rep"))
    answer = browser.submit(address(mail), at=address(mail), **fields)
    assert (answer.status_code, len(draft.people)) == ((303, 50) if count == 49 else (422, 1))


def test_nothing_is_opened_for_a_sender_whom_nobody_proved_until_a_member_vouches(
    app: Flask, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "See the list.", is_proved=False, people_xlsx=PEOPLE)
    assert (mail.fate, list(lists_in(mail))) == ("unconfirmed", [])

    inbox.attach(mail, asked_about_ana, draft.started_by)
    db.session.commit()
    app.extensions["jobs"].drain()

    assert [(each.name, each.total) for each in lists_in(the_mail())] == [("people.xlsx", 2)]


def test_nothing_is_opened_of_an_automatic_reply(app: Flask, asked_about_ana: OutboxMessage) -> None:
    mail = replied(
        app, asked_about_ana, "I am away.", headers={"Auto-Submitted": "auto-replied"}, people_xlsx=PEOPLE
    )

    assert (mail.fate, list(lists_in(mail))) == ("auto_reply", [])


def test_a_doubtful_address_in_a_list_is_not_ticked_and_says_why(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    rows = "Name;Email\nErin;erin.o’dowd@maple.example\n"  # noqa: RUF001
    rows += "Two;a@maple.example, b@maple.example\nP;p&l@maple.example\n"
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep", people_csv=rows.encode())

    page = browser.get(address(mail)).text
    ticked = re.findall(r'<input checked[^>]*name="(new-\d+)-is_added"', page)

    assert [(each.email, each.doubt) for each in suggestions(draft, mail)[1:]] == [
        ("erin.o'dowd@maple.example", Doubt.APOSTROPHE),
        ("a@maple.example", Doubt.SHARED),
        ("b@maple.example", Doubt.SHARED),
        ("p&l@maple.example", None),
    ]
    assert ticked == ["new-3"]
    assert "It has a curly apostrophe in place of a straight one." in page
    assert page.count("There are two addresses here, or more. Keep one.") == 2


def test_somebody_new_with_a_doubtful_address_says_why(
    app: Flask, browser: FlaskClient, draft: AccessRequest, asked_about_ana: OutboxMessage
) -> None:
    mail = replied(app, asked_about_ana, "Ana Silva: sales rep\njörn@maple.example: marketing")

    page = browser.get(address(mail)).text
    assert "The address is not certain: correct it before you add this person." in page
    assert "Before the @, use only letters without accents, digits, and signs such as . - _ +" in page

    asked = f"person-{draft.people[0].id}-job_role"
    added = {"new-0-is_added": "y", "new-0-email": "jörn@maple.example", "new-0-job_role": "0"}
    answer = browser.submit(address(mail), at=address(mail), turn="0", **{asked: "0"}, **added)
    assert (answer.status_code, len(draft.people)) == (422, 1)
