import random
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from portal.mail.rendering import (
    MAX_RENDERED,
    Block,
    Bullets,
    Button,
    Inline,
    Paragraph,
    as_text,
    blocks,
    subject_line,
)
from portal.mail.templating import MAX_SUBJECT, Rules, Shape, read_template
from portal.mail.values import MAX_ITEMS, MAX_VALUE, Value, ValueRefused, prepare

DECLARED = {
    "name": Rules(optional=True),
    "note": Rules(optional=True),
    "people": Rules(Shape.LIST, optional=True),
    "link": Rules(Shape.LINK, optional=True),
}
HOSTILE = [
    "((name))",
    "((note??x))",
    "<b>x</b>",
    "- item",
    "a\r\nBcc: all@maple.example",
    "\x00\x1b[31m\x85",
    "https://evil.example",
    "{{ 7*7 }}",
    "\u202eevil\u2028x",
    "\ud800",
    "))",
    "",
]


def rendered(body: str, values: Mapping[str, Value], language: str = "en") -> tuple[Block, ...]:
    return blocks(read_template("x", body, DECLARED), prepare(DECLARED, values, language))


def subject(text: str, values: Mapping[str, Value], language: str = "en") -> str:
    return subject_line(read_template(text, "x", DECLARED), prepare(DECLARED, values, language))


def paragraph(*lines: str) -> Paragraph:
    return Paragraph(tuple((Inline(line),) for line in lines))


def test_blank_lines_part_paragraphs_and_single_line_ends_stay() -> None:
    assert rendered("one\ntwo\n\n\n three", {}) == (paragraph("one", "two"), paragraph(" three"))


def test_dashes_make_a_list() -> None:
    assert rendered("See:\n- one\n- two\nEnd", {}) == (
        paragraph("See:"),
        Bullets(((Inline("one"),), (Inline("two"),))),
        paragraph("End"),
    )


@pytest.mark.parametrize("body", ["((people))", "- ((people))"])
def test_a_list_alone_on_its_line_becomes_a_list(body: str) -> None:
    assert rendered(body, {"people": ["Ana", "Ben"]}) == (Bullets(((Inline("Ana"),), (Inline("Ben"),))),)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "For Ana, Ben, and Cem."), ("fr", "For Ana, Ben et Cem."), ("de", "For Ana, Ben und Cem.")],
)
def test_a_list_inside_a_sentence_reads_as_one(language: str, expected: str) -> None:
    parts = rendered("For ((people)).", {"people": ["Ana", "Ben", "Cem"]}, language)

    assert as_text(parts) == expected


def test_the_first_link_alone_on_its_line_becomes_the_button_and_any_other_stays_a_link() -> None:
    url = "https://portal.example/r/1"

    assert rendered("((link))\n\n((link))", {"link": url}) == (
        Button("link", url),
        Paragraph(((Inline(url, url),),)),
    )


def test_an_address_written_in_the_template_becomes_a_link_and_one_in_a_value_does_not() -> None:
    [block] = rendered("See https://agency.example/help. ((note))", {"note": "https://evil.example"})

    url = "https://agency.example/help"
    assert isinstance(block, Paragraph)
    assert [inline for inline in block.lines[0] if inline.url] == [Inline(url, url)]
    assert as_text([block]) == "See https://agency.example/help. https://evil.example"


def test_a_condition_shows_its_text_only_when_the_value_is_there() -> None:
    body = "one\n((note??Note: ((note))))\ntwo"

    assert as_text(rendered(body, {"note": "yes"})) == "one\nNote: yes\ntwo"
    assert as_text(rendered(body, {"note": " \x00"})) == "one\ntwo"


def test_a_condition_may_hold_whole_paragraphs() -> None:
    body = "one\n((note??\n- a\n\nb\n))two"

    assert as_text(rendered(body, {"note": "yes"})) == "one\n\n- a\n\nb\ntwo"
    assert as_text(rendered(body, {})) == "one\ntwo"


@pytest.mark.parametrize("value", ["- a\n- b", "((name))", "<ul><li>", "https://evil.example"])
def test_a_value_never_changes_the_shape_of_a_mail(value: str) -> None:
    [block] = rendered("((note))", {"note": value, "name": "Ana"})

    assert block == paragraph(*value.split("\n"))


def test_the_line_ends_of_a_value_stay_in_a_paragraph_and_become_spaces_in_a_list() -> None:
    assert as_text(rendered("See ((note))", {"note": "a\r\nb\rc"})) == "See a\nb\nc"
    assert as_text(rendered("- ((note))!", {"note": "a\r\nb"})) == "- a b!"


def test_control_characters_and_direction_overrides_are_dropped() -> None:
    assert as_text(rendered("((note))", {"note": "a\x00\x1b\u202e\u2066\x85\ud800\tb"})) == "a b"


def test_dates_and_times_are_written_in_the_mails_language() -> None:
    when = datetime(2027, 3, 15, 16, 30, tzinfo=UTC)

    assert as_text(rendered("((note))", {"note": date(2027, 3, 15)}, "nl")) == "15 maart 2027"
    assert as_text(rendered("((note))", {"note": when}, "de")) == "15. März 2027, 16:30 UTC"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://", "https://a b", 'https://a"b', "//a.example", "https://a\\b"]
)
def test_only_the_address_of_a_page_is_a_link(url: str, app_texts: None) -> None:
    with pytest.raises(ValueRefused, match=r"^The link for link is not the address of a web page\.$"):
        rendered("((link))", {"link": url})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"other": "x"}, "This mail has no place for other."),
        ({"note": "x" * (MAX_VALUE + 1)}, "The text for note is too long for a mail."),
        ({"note": ["x"]}, "The list for note does not fit in this mail."),
        ({"people": ["x"] * (MAX_ITEMS + 1)}, "The list for people does not fit in this mail."),
        ({"people": ["x" * MAX_VALUE, "y"]}, "The list for people does not fit in this mail."),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    values: Mapping[str, Value], message: str, app_texts: None
) -> None:
    with pytest.raises(ValueRefused) as refused:
        rendered("x", values)

    assert str(refused.value) == message


@pytest.mark.parametrize("values", [{}, {"must": ""}, {"must": "\r\n\x00"}])
def test_a_value_that_must_be_there_is_asked_for(values: Mapping[str, Value], app_texts: None) -> None:
    with pytest.raises(ValueRefused, match=r"^This mail cannot be written without must\.$"):
        prepare({"must": Rules()}, values, "en")


def test_a_mail_cannot_be_blown_up_by_repeating_a_long_value(app_texts: None) -> None:
    body = "((note))" * (MAX_RENDERED // MAX_VALUE + 1)

    with pytest.raises(ValueRefused, match=r"^This mail is too long to send\."):
        rendered(body, {"note": "x" * MAX_VALUE})


def test_a_subject_is_one_short_line_whatever_its_values_hold() -> None:
    line = subject("For ((name))", {"name": "a\r\nBcc: b@c.example\u2028\x00" + "x" * 500})

    assert line.startswith("For a Bcc: b@c.example xxx")
    assert len(line) == MAX_SUBJECT
    assert line.endswith("x…")


def test_no_hostile_value_is_expanded_or_leaves_its_place() -> None:
    rng = random.Random(21)  # noqa: S311 - the same values on every run
    body = "Dear ((name)),\n\n((note??A note: ((note))))\n\n((people))\n\n- ((name))\n\nEnd"
    for _round in range(500):
        values = {
            "name": "".join(rng.choices(HOSTILE, k=3)) + "n",
            "note": "".join(rng.choices(HOSTILE, k=3)) + "n",
            "people": [*rng.choices(HOSTILE, k=2), "n"],
        }
        parts = rendered(body, values)
        assert [type(part) for part in parts] == [Paragraph, Paragraph, Bullets, Bullets, Paragraph]
        assert as_text(parts).endswith("\n\nEnd")
        assert "".join(subject("((name))", values).splitlines()) == subject("((name))", values)
        as_text(parts).encode()
