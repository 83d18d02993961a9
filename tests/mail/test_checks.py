from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.config import Mode
from portal.core import clock
from portal.core.db import db
from portal.mail import checks, domains, jobs
from portal.mail.models import MailCheck, SenderAddress
from portal.mail.reading import read_mail
from portal.mail.states import CheckState, CheckSubject
from tests.factories.mails import post
from tests.fixtures.dns import NameServer
from tests.fixtures.smtp import ScriptedServer

SignIn = Callable[[Member], FlaskClient]
PAGE = "/mails/sending"
HELLO = "hello@agency.example"


@pytest.fixture
def browser(owner: Member, signed_in: SignIn) -> FlaskClient:
    """A browser of an owner."""
    return signed_in(owner)


@pytest.fixture(autouse=True)
def dns(name_server: NameServer, monkeypatch: pytest.MonkeyPatch) -> NameServer:
    """The name server on loopback answers every question."""
    monkeypatch.setattr(jobs, "new_resolver", name_server.resolver)
    monkeypatch.setattr(domains, "SECONDS", 1.0)
    return name_server


def run_jobs(app: Flask) -> None:
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def choose(browser: FlaskClient, address: str = HELLO, selector: str = "s1") -> None:
    answer = browser.submit(f"{PAGE}/from", at=PAGE, address=address, selector=selector)
    assert answer.status_code == 303


def publish(server: NameServer) -> None:
    wanted = db.session.scalars(select(SenderAddress)).one()
    server.texts["_portal.agency.example"] = [f"portal-sender={wanted.token}"]
    server.texts["s1._domainkey.agency.example"] = ["v=DKIM1; p=MIG"]
    db.session.commit()


def recorded() -> list[str]:
    wanted = AuditEntry.action.startswith("sender.")
    return list(db.session.scalars(select(AuditEntry.action).where(wanted).order_by(AuditEntry.sequence)))


def sender_of_a_mail() -> str:
    return read_mail(post().raw).sender


def test_an_address_is_used_only_once_its_domain_is_proved(
    app: Flask, browser: FlaskClient, dns: NameServer
) -> None:
    choose(browser)
    run_jobs(app)
    assert sender_of_a_mail() == "Northlight <portal@portal.example>"
    page = browser.get(PAGE).text
    assert "_portal.agency.example" in page
    assert "s1._domainkey.agency.example" in page
    assert "until the domain of hello@agency.example is proved" in page

    publish(dns)
    browser.submit(f"{PAGE}/from/look", at=PAGE)
    run_jobs(app)

    assert sender_of_a_mail() == "Northlight <hello@agency.example>"
    assert "Its domain is proved." in browser.get(PAGE).text
    assert recorded() == ["sender.wanted", "sender.proved"]


def test_a_domain_whose_record_is_gone_is_not_used_any_more(
    app: Flask, browser: FlaskClient, dns: NameServer
) -> None:
    choose(browser)
    publish(dns)
    run_jobs(app)
    dns.texts.clear()

    with clock.at(clock.now() + timedelta(days=1, minutes=1)):
        app.extensions["jobs"].sweep()
    run_jobs(app)

    assert sender_of_a_mail() == "Northlight <portal@portal.example>"
    assert recorded() == ["sender.wanted", "sender.proved", "sender.lost"]


def test_silent_name_servers_change_nothing(app: Flask, browser: FlaskClient, dns: NameServer) -> None:
    choose(browser)
    publish(dns)
    run_jobs(app)
    dns.silent = set(dns.texts)

    browser.submit(f"{PAGE}/from/look", at=PAGE)
    run_jobs(app)

    assert sender_of_a_mail() == "Northlight <hello@agency.example>"
    assert "The name servers did not answer." in browser.get(PAGE).text


def test_another_address_has_to_be_proved_anew(app: Flask, browser: FlaskClient, dns: NameServer) -> None:
    choose(browser)
    publish(dns)
    run_jobs(app)

    choose(browser, "boss@agency.example")
    run_jobs(app)

    assert sender_of_a_mail() == "Northlight <portal@portal.example>"


def test_without_an_address_of_its_own_mails_come_from_the_portal(
    app: Flask, browser: FlaskClient, dns: NameServer
) -> None:
    choose(browser)
    publish(dns)
    run_jobs(app)

    browser.submit(f"{PAGE}/from/drop", at=PAGE)

    assert sender_of_a_mail() == "Northlight <portal@portal.example>"
    assert (checks.find_sender(), checks.find_check(CheckSubject.SENDER)) == (None, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"address": "", "selector": "s1"}, "Say which address mails should come from."),
        (
            {"address": "hello", "selector": "s1"},
            "This is not an email address. It should look like hello@agency.com.",
        ),
        ({"address": HELLO, "selector": ""}, "Whoever runs your mail server tells you"),
        ({"address": HELLO, "selector": "a b"}, "A selector has letters"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_at_its_place(
    given: dict[str, str], words: str, browser: FlaskClient
) -> None:
    answer = browser.submit(f"{PAGE}/from", at=PAGE, htmx=True, **given)

    assert (answer.status_code, checks.find_sender()) == (422, None)
    assert words in answer.text


@pytest.mark.parametrize("verb", ["from", "from/look", "from/drop", "from/try"])
def test_only_owners_choose_where_mails_come_from(
    verb: str, partner_admin: Member, signed_in: SignIn
) -> None:
    browser = signed_in(partner_admin)

    assert f'action="{PAGE}/{verb}"' not in browser.get(PAGE).text
    answer = browser.submit(f"{PAGE}/{verb}", at="/profile", address=HELLO, selector="s1")
    assert answer.status_code == 403
    assert checks.find_sender() is None


def test_in_a_demo_no_name_server_is_asked(
    app: Flask, browser: FlaskClient, dns: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "mode", Mode.DEMO)
    choose(browser)
    run_jobs(app)

    assert dns.asked == []
    assert "no domain is looked up" in browser.get(PAGE).text


def test_the_mail_server_is_tried_without_sending_anything(
    app: Flask, browser: FlaskClient, mail_server: ScriptedServer
) -> None:
    browser.submit(f"{PAGE}/look", at=PAGE)
    assert 'hx-trigger="every 2s"' in browser.get(PAGE).text
    run_jobs(app)

    page = browser.get(PAGE).text
    assert "It takes mail from our address" in page
    assert "All is well. Nothing was sent." in page
    assert [said.split()[0].lower() for said in mail_server.commands] == ["ehlo", "mail", "rset", "quit"]
    assert mail_server.mails == []


def test_what_stopped_the_conversation_is_shown(
    app: Flask, browser: FlaskClient, mail_server: ScriptedServer
) -> None:
    mail_server.answers["mail"] = "550 sender not allowed"
    browser.submit(f"{PAGE}/look", at=PAGE)
    run_jobs(app)

    page = browser.get(PAGE).text
    assert "It answers" in page
    assert "It takes mail from our address" not in page
    assert "550 sender not allowed" in page


def test_a_server_that_is_not_there_is_shown_as_such(app: Flask, browser: FlaskClient) -> None:
    browser.submit(f"{PAGE}/look", at=PAGE)
    run_jobs(app)

    assert "Then it stopped:" in browser.get(PAGE).text


def test_news_come_until_the_look_is_done(
    app: Flask, browser: FlaskClient, mail_server: ScriptedServer
) -> None:
    browser.submit(f"{PAGE}/look", at=PAGE)
    assert "Somebody looks." in browser.htmx(f"{PAGE}/news").text
    run_jobs(app)

    assert browser.htmx(f"{PAGE}/news").headers["HX-Redirect"] == PAGE


def test_a_look_whose_worker_vanished_is_taken_up_again(
    app: Flask, browser: FlaskClient, mail_server: ScriptedServer
) -> None:
    checks.ask_for(CheckSubject.SERVER)
    assert checks.claim(CheckSubject.SERVER)
    assert not checks.claim(CheckSubject.SERVER)
    db.session.commit()
    app.extensions["jobs"].huey.storage.flush_all()

    with clock.at(clock.now() + checks.LEASE + timedelta(seconds=1)):
        app.extensions["jobs"].sweep()
        app.extensions["jobs"].drain()
    db.session.expire_all()

    assert db.session.scalars(select(MailCheck)).one().state is CheckState.DONE


def test_a_test_mail_comes_to_whoever_asked(
    app: Flask, browser: FlaskClient, owner: Member, mail_server: ScriptedServer
) -> None:
    answer = browser.submit(f"{PAGE}/from/try", at=PAGE)
    run_jobs(app)

    assert answer.status_code == 303
    assert f"rcpt TO:<{owner.email}>" in mail_server.commands
    page = browser.get(answer.location).text
    assert "Test mail from the portal" in page
    assert "Handed to the mail server on" in page
