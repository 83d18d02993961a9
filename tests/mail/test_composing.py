import re
from dataclasses import replace
from io import BytesIO

import html5lib
import pytest
from PIL import Image

from portal.core.texts import LANGUAGES
from portal.mail.composing import DARK_PAGE, MailLook, compose
from portal.mail.kinds import MailKind, rules_of, sample_values
from portal.mail.templating import read_template
from portal.mail.values import ValueRefused
from tests.architecture.sources import ROOT, text_of

LOOK = MailLook("Bright Harbour", "#0f766e", "Maple & Sons", "#d97706")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_is_written_in_every_language_without_a_place_left_open(
    kind: MailKind, language: str
) -> None:
    mail = compose(kind, language, sample_values(kind), LOOK)

    assert mail.language == language
    assert f'<html lang="{language}">' in mail.html
    for text in (mail.subject, mail.text, mail.html):
        assert "((" not in text
        assert "??" not in text


@pytest.mark.parametrize("kind", MailKind)
def test_the_text_and_the_page_say_the_same(kind: MailKind) -> None:
    mail = compose(kind, "en", sample_values(kind), LOOK)

    shown = " ".join(" ".join(html5lib.parse(mail.html, namespaceHTMLElements=False).itertext()).split())
    links = set(re.findall(r'href="([^"]+)"', mail.html))
    for line in filter(None, mail.text.split("\n")):
        words, colon, address = line.removeprefix("- ").partition(": https://")  # a link with a name
        is_named = line.startswith("- ") and f"https://{address}" in links
        assert " ".join((words if is_named else words + colon + address).split()) in shown


def test_an_access_request_in_plain_text_reads_like_a_letter() -> None:
    values = {**sample_values(MailKind.ACCESS_REQUEST), "note": ""}

    mail = compose(MailKind.ACCESS_REQUEST, "de", values, LOOK)

    assert mail.subject == "Zugang zu Maple & Sons: eine kurze Frage zu Ana Silva und Ben Ode"
    assert mail.text.split("\n\n")[:5] == [
        "Guten Tag Claire Dubois,",
        "wir bereiten den Zugang zu Ihrem CRM-Konto Maple & Sons vor. Es geht um:",
        "- Ana Silva\n- Ben Ode",
        "Vorab möchten wir von Ihnen wissen, was zur Arbeit gehört. Ein paar Häkchen genügen:",
        "https://portal.example/r/k3v9x2m7q4tz.sample",
    ]
    assert mail.text.endswith("\n\nAutomatisch versendet im Auftrag von Bright Harbour.\n")


def test_markup_in_values_and_names_is_shown_and_never_obeyed() -> None:
    attack = "<script>alert(1)</script>\"'><img src=x>{{ 7*7 }}((note))"
    values = {**sample_values(MailKind.ACCESS_REQUEST), "note": attack, "people": [attack]}

    mail = compose(MailKind.ACCESS_REQUEST, "en", values, MailLook(attack, "#ffffff", attack))

    tree = html5lib.parse(mail.html, namespaceHTMLElements=False)
    assert list(tree.iter("script")) == list(tree.iter("img")) == []
    assert f"A note from Tom Becker: {attack}" in [paragraph.text for paragraph in tree.iter("p")]
    assert attack in [item.text for item in tree.iter("li")]


def test_the_style_is_on_the_elements_and_the_dark_colours_are_kept() -> None:
    mail = compose(MailKind.INVITATION, "en", sample_values(MailKind.INVITATION), LOOK)

    assert '<a class="on-dark" href="https://portal.example/invitation/sample" style="' in mail.html
    assert mail.html.count("<style>") == 1
    assert "@media (prefers-color-scheme: dark)" in mail.html


def test_the_inbox_shows_the_first_paragraph_after_the_greeting() -> None:
    mail = compose(MailKind.ANSWER_ARRIVED, "en", sample_values(MailKind.ANSWER_ARRIVED), LOOK)

    tree = html5lib.parse(mail.html, namespaceHTMLElements=False)
    [preheader] = [part.text for part in tree.iter("div") if part.get("class") == "preheader"]
    assert preheader == (
        "Claire Dubois has answered your question about Ana Silva and Ben Ode in Maple & Sons."
    )


def test_a_mail_without_an_account_shows_none() -> None:
    look = MailLook("Bright Harbour", "#0f766e")

    mail = compose(MailKind.PASSWORD_RESET, "en", sample_values(MailKind.PASSWORD_RESET), look)

    assert 'class="account"' not in mail.html


@pytest.mark.parametrize(
    ("colour", "contrast"),
    [("#ffffff", "on-light"), ("#000000", "on-dark"), ("#fde047", "on-light"), ("#0F766E", "on-dark")],
)
def test_the_button_can_be_read_on_any_colour(colour: str, contrast: str) -> None:
    assert MailLook("x", colour).text_colour == contrast


@pytest.mark.parametrize("colour", ["red", "#fff", '#000000"', "", "#0000001", "#00000g"])
def test_only_a_colour_is_a_colour(colour: str) -> None:
    with pytest.raises(ValueRefused):
        MailLook("x", colour)


def test_a_language_the_portal_does_not_speak_becomes_english_dates_and_all() -> None:
    values = sample_values(MailKind.INVITATION)

    assert compose(MailKind.INVITATION, "pt_BR", values, LOOK) == compose(
        MailKind.INVITATION, "en", values, LOOK
    )


def test_a_mail_without_a_value_it_needs_is_not_written(app_texts: None) -> None:
    values = {**sample_values(MailKind.INVITATION), "invitation_link": ""}

    with pytest.raises(ValueRefused, match=r"^This mail cannot be written without invitation_link\.$"):
        compose(MailKind.INVITATION, "en", values, LOOK)


def picture(width: int, height: int) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), "#0f766e").save(made, "PNG")
    return made.getvalue()


def test_the_logo_is_shown_in_place_of_the_name_and_says_it_where_pictures_are_not_shown() -> None:
    look = MailLook("Bright Harbour", "#0f766e", logo=picture(800, 112))

    mail = compose(MailKind.INVITATION, "en", sample_values(MailKind.INVITATION), look)

    [shown] = html5lib.parse(mail.html, namespaceHTMLElements=False).iter("img")
    facts = {name: shown.get(name) for name in ("src", "width", "height", "alt")}
    assert facts == {"src": "cid:logo", "width": "200", "height": "28", "alt": "Bright Harbour"}
    assert 'class="agency"' not in mail.html


def test_a_small_logo_is_not_enlarged() -> None:
    assert MailLook("x", "#0f766e", logo=picture(40, 20)).logo_size == (40, 20)


def test_the_agencys_own_footer_stands_above_who_sent_it_and_is_taken_as_it_is() -> None:
    look = replace(
        LOOK, footers={"de": "Hafenstr. 1\n((note)) <b>https://harbour.example</b>", "fr": "Quai 1"}
    )

    mail = compose(MailKind.INVITATION, "de", sample_values(MailKind.INVITATION), look)

    own = "Hafenstr. 1\n((note)) <b>https://harbour.example</b>"
    assert mail.text.endswith(f"\n\n{own}\n\nAutomatisch versendet im Auftrag von Bright Harbour.\n")
    assert '((note)) &lt;b&gt;<a href="https://harbour.example"' in mail.html
    assert "Quai" not in mail.text


@pytest.mark.parametrize(
    ("colour", "edge"),
    [("#ffffff", "edged"), ("#fde047", "edged"), ("#0b2a5b", "edged-in-dark"), ("#0e8a80", "")],
)
def test_a_button_whose_colour_is_lost_on_its_page_gets_an_edge(colour: str, edge: str) -> None:
    assert MailLook("x", colour).edge == edge


def test_the_dark_page_is_the_one_of_the_style_sheet() -> None:
    assert f".card {{ background-color: {DARK_PAGE} !important; }}" in text_of(
        ROOT / "templates/mail/mail.css"
    )


def test_a_mail_can_be_a_button_alone() -> None:
    kind = MailKind.INVITATION
    template = read_template("Come in", "((invitation_link))", rules_of(kind))

    mail = compose(kind, "en", sample_values(kind), LOOK, template)

    assert mail.text.startswith("https://portal.example/invitation/sample\n\n")
