from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from tests.fixtures.mailbox import Mailbox

Send = Callable[..., None]
LINK = "http://localhost/r/k3v9x2m7q4tz.hM2kq8Zt0vWcY5rJx1nBdLs7GfAe3PuQ9iTo6XyKwCE"


def test_the_mailbox_is_there_in_a_demo_only(app: Flask, client: FlaskClient) -> None:
    assert client.get("/demo/mailbox").status_code == 404


def test_an_empty_mailbox_says_how_to_fill_it(demo: Flask) -> None:
    page = demo.test_client().get("/demo/mailbox")

    assert page.status_code == 200
    assert "nothing left this machine" in page.text
    assert "No mail yet" in page.text


def test_mails_stand_under_their_receiver_newest_first(visitor: FlaskClient, send: Send) -> None:
    for to, subject in [("claire", "One"), ("tom", "Two"), ("claire", "Three")]:
        send(f"{to}@maple.example", subject)

    page = visitor.get("/demo/mailbox").text

    places = [
        page.index(word) for word in ("claire@maple.example", "Three", "One", "tom@maple.example", "Two")
    ]
    assert places == sorted(places)


def test_a_search_finds_receivers_and_subjects(visitor: FlaskClient, send: Send) -> None:
    send("claire@maple.example", "Access for Ana")
    send("tom@agency.example", "Closed")

    by_receiver = visitor.htmx("/demo/mailbox?search=CLAIRE").text
    by_subject = visitor.get("/demo/mailbox?search=closed").text

    assert ("Access for Ana" in by_receiver, "Closed" in by_receiver) == (True, False)
    assert ("Access for Ana" in by_subject, "Closed" in by_subject) == (False, True)
    assert "No mail found" in visitor.get("/demo/mailbox?search=nothing").text


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing_but_open_links(
    visitor: FlaskClient, send: Send, mailbox: Mailbox
) -> None:
    html = f'<html><head><title>A</title></head><body><a href="{LINK}">Answer</a></body></html>'
    send("claire@maple.example", "Access", html=html)
    mail_id = mailbox.messages()[0].id

    page = visitor.get(f"/demo/mailbox/{mail_id}")
    frame = visitor.get(f"/demo/mailbox/{mail_id}/html")

    assert f'src="/demo/mailbox/{mail_id}/html"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in frame.headers["Content-Security-Policy"]
    assert '<base target="_blank">' in frame.text
    assert f'<a href="{LINK}">Answer</a>' in frame.text


def test_the_text_of_a_mail_is_shown_as_text_with_its_links(
    visitor: FlaskClient, send: Send, mailbox: Mailbox
) -> None:
    send("claire@maple.example", "Access", text=f"<b>\n{LINK}", html="<p>Hi</p>")
    mail_id = mailbox.messages()[0].id

    page = visitor.get(f"/demo/mailbox/{mail_id}?as=text").text

    assert f'href="{LINK}"' in page
    assert "<b>\n" not in page


def test_a_mail_without_a_page_is_shown_as_text(visitor: FlaskClient, send: Send, mailbox: Mailbox) -> None:
    send("claire@maple.example", "", text="Just words")

    page = visitor.get(f"/demo/mailbox/{mailbox.messages()[0].id}").text

    assert ("Just words" in page, "<iframe" in page) == (True, False)


def test_a_mail_that_is_not_there_is_a_page_not_found(visitor: FlaskClient) -> None:
    assert visitor.get("/demo/mailbox/4711").status_code == 404
    assert visitor.get("/demo/mailbox/4711/html").status_code == 404
