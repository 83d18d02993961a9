from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from portal.agencies.models import Agency, Member
from portal.audit.models import AuditEntry
from portal.audit.words import SENTENCES
from portal.core.db import db
from portal.mail.reading import read_mail
from tests.factories.mails import post

SignIn = Callable[[Member], FlaskClient]
LOOK = "/mails/look"
FACTS = {"name": "Bright Harbour", "colour": "#0f766e", "footer_en": "Harbour Street 1", "footer_fr": ""}


@pytest.fixture
def browser(owner: Member, signed_in: SignIn) -> FlaskClient:
    return signed_in(owner)


def png() -> BytesIO:
    made = BytesIO()
    Image.new("RGB", (300, 60), "#0f766e").save(made, "PNG")
    made.seek(0)
    return made


def actions_recorded() -> list[str]:
    statement = select(AuditEntry.action).where(AuditEntry.action.startswith("agency."))
    return list(db.session.scalars(statement.order_by(AuditEntry.sequence)))


def test_an_owner_changes_how_mails_look(browser: FlaskClient, agency: Agency) -> None:
    answer = browser.submit(LOOK, at=LOOK, **FACTS)

    assert (answer.status_code, answer.location) == (303, LOOK)
    assert (agency.name, agency.colour, agency.footers) == (
        "Bright Harbour",
        "#0f766e",
        {"en": "Harbour Street 1"},
    )
    read = read_mail(post().raw)
    assert 'bgcolor="#0f766e"' in read.html
    assert "Harbour Street 1" in read.text
    assert actions_recorded() == ["agency.look_changed"]


def test_saving_without_a_change_records_none(browser: FlaskClient) -> None:
    browser.submit(LOOK, at=LOOK, **FACTS)
    browser.submit(LOOK, at=LOOK, **FACTS)

    assert actions_recorded() == ["agency.look_changed"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Give the agency a name."),
        ({"colour": "red"}, "This is not a colour such as #1d4ed8."),
        ({"colour": '#000000";x:"'}, "This is not a colour such as #1d4ed8."),
        ({"footer_en": "x" * 501}, "Field cannot be longer than 500 characters."),
    ],
)
def test_a_mistake_is_named_at_its_place(
    changes: dict[str, str], words: str, browser: FlaskClient, agency: Agency
) -> None:
    answer = browser.submit(LOOK, at=LOOK, **{**FACTS, **changes})

    assert (answer.status_code, words in answer.text) == (422, True)
    assert agency.name == "Northlight"


@pytest.mark.parametrize(
    ("colour", "words"),
    [
        ("#0f766e", "Buttons get white text."),
        ("#fde047", "White text on #fde047 would have a contrast of only 1.3 to 1, and 4.5 is needed."),
        ("#fde047", "so buttons get a black edge"),
        ("#0b2a5b", "so buttons get a light edge there"),
    ],
)
def test_how_well_a_colour_reads_is_said_in_words(colour: str, words: str, browser: FlaskClient) -> None:
    assert words in browser.htmx(f"{LOOK}/contrast?colour=%23{colour[1:]}").text


def test_what_is_no_colour_is_not_weighed(browser: FlaskClient) -> None:
    assert browser.htmx(f"{LOOK}/contrast?colour=red").status_code == 400


def test_a_logo_travels_in_mails_and_is_shown_without_a_route_of_its_own(
    browser: FlaskClient, agency: Agency
) -> None:
    answer = browser.submit(f"{LOOK}/logo", at=LOOK, logo=(png(), "logo.png"))

    assert (answer.status_code, actions_recorded()) == (303, ["agency.logo_changed"])
    assert 'class="look-logo" src="data:image/png;base64,' in browser.get(LOOK).text
    assert 'src="data:image/png;base64,' in read_mail(post().raw).html
    assert b'src=3D"cid:logo"' in post().raw.replace(b"=\r\n", b"")


def test_a_logo_can_be_taken_away(browser: FlaskClient, agency: Agency) -> None:
    browser.submit(f"{LOOK}/logo", at=LOOK, logo=(png(), "logo.png"))

    browser.submit(f"{LOOK}/logo/remove", at=LOOK)

    assert (agency.logo, actions_recorded()[-1]) == (None, "agency.logo_removed")
    assert b"cid:logo" not in post().raw


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        ((BytesIO(b"<svg onload='alert(1)'/>"), "logo.png"), "not a PNG or JPEG picture"),
        ((BytesIO(b""), ""), "Choose a file first."),
    ],
    ids=["svg", "nothing"],
)
def test_what_is_no_logo_is_refused_at_its_field(
    upload: tuple[BytesIO, str], words: str, browser: FlaskClient, agency: Agency
) -> None:
    answer = browser.submit(f"{LOOK}/logo", at=LOOK, logo=upload)

    assert (answer.status_code, words in answer.text, agency.logo) == (422, True, None)


@pytest.mark.parametrize("way", ["", "/logo", "/logo/remove"])
def test_a_partner_admin_looks_and_changes_nothing(
    way: str, partner_admin: Member, signed_in: SignIn, agency: Agency
) -> None:
    browser = signed_in(partner_admin)

    assert "Owners can change it." in browser.get(LOOK).text
    assert browser.submit(f"{LOOK}{way}", at="/mails", **FACTS).status_code == 403
    assert (agency.name, actions_recorded()) == ("Northlight", [])


def test_what_is_recorded_has_its_sentence() -> None:
    names = ("look_changed", "logo_changed", "logo_removed")

    assert [name for name in names if f"agency.{name}" not in SENTENCES] == []


def test_a_colour_becomes_a_style_sheet_that_anybody_may_read(client: FlaskClient) -> None:
    answer = client.get("/colours/fde047.css")

    assert answer.mimetype == "text/css"
    assert answer.text == ":root { --brand: #fde047; --brand-text: #000000; }\n"


@pytest.mark.parametrize("digits", ["red", "fde04", "fde0477", "fde04g", "fde047;x"])
def test_only_a_colour_becomes_a_style_sheet(digits: str, client: FlaskClient) -> None:
    assert client.get(f"/colours/{digits}.css").status_code == 404
