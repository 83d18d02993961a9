import time

import pytest

from portal.core.email_addresses import (
    Doubt,
    canonical,
    contains_address,
    distinct,
    find_addresses,
    read_cell,
    readable,
    rest_of,
    visible,
)

CERTAIN = {
    "a plain one": ("kim@fern.example", "kim@fern.example"),
    "an apostrophe": ("erin.o'dowd@fern.example", "erin.o'dowd@fern.example"),
    "an ampersand": ("p&l@fern.example", "p&l@fern.example"),
    "the rest of RFC 5322": ("b#c$d%e^f~g+h_i-j@fern.example", "b#c$d%e^f~g+h_i-j@fern.example"),
    "capitals": ("Kim@FERN.Example", "kim@fern.example"),
    "paired quotes": ("'kim@fern.example'", "kim@fern.example"),
    "paired typographic quotes": ("‘kim@fern.example’", "kim@fern.example"),  # noqa: RUF001
    "double quotes": ("“kim@fern.example”", "kim@fern.example"),
    "guillemets": ("« kim@fern.example »", "kim@fern.example"),
    "stars": ("*kim@fern.example*", "kim@fern.example"),
    "backticks": ("`kim@fern.example`", "kim@fern.example"),
    "underscores": ("_kim@fern.example_", "kim@fern.example"),
    "braces": ("{kim@fern.example}", "kim@fern.example"),
    "a bullet": ("•kim@fern.example", "kim@fern.example"),
    "mailto": ("mailto:kim@fern.example?subject=Hello", "kim@fern.example"),
    "brackets": ("< kim@fern.example >", "kim@fern.example"),
    "a full stop": ("Ask kim@fern.example.", "kim@fern.example"),
    "a question mark": ("What of kim@fern.example?", "kim@fern.example"),
    "an exclamation mark": ("kim@fern.example!", "kim@fern.example"),
    "a colon": ("kim@fern.example: sales", "kim@fern.example"),
    "a label": ("E-mail:kim@fern.example", "kim@fern.example"),
    "a possessive": ("kim@fern.example's laptop", "kim@fern.example"),
    "zero width spaces": ("\u200bkim@fern.example\u200b", "kim@fern.example"),
    "a byte order mark": ("kim@fern.example\ufeff", "kim@fern.example"),
    "soft hyphens": ("kim@fern\u00ad.example", "kim@fern.example"),
    "direction marks": ("\u200ekim@fern.example\u202c", "kim@fern.example"),
    "a no-break space": ("\u00a0kim@fern.example\u00a0", "kim@fern.example"),
    "an umlaut in the domain": ("kim@grünfarn.example", "kim@xn--grnfarn-o2a.example"),
    "a decomposed umlaut": ("kim@gru\u0308nfarn.example", "kim@xn--grnfarn-o2a.example"),
}

DOUBTFUL = {
    "a typographic apostrophe": ("erin.o’dowd@fern.example", "erin.o'dowd@fern.example", Doubt.APOSTROPHE),  # noqa: RUF001
    "another apostrophe": ("erin.o\u02bcdowd@fern.example", "erin.o'dowd@fern.example", Doubt.APOSTROPHE),
    "an unpaired quote": ("'kim@fern.example", "'kim@fern.example", Doubt.QUOTE),
    "an unpaired curly quote": ("‘kim@fern.example", "'kim@fern.example", Doubt.QUOTE),  # noqa: RUF001
    "a blank before the sign": ("kim @fern.example", "kim@fern.example", Doubt.SPACE),
    "a blank behind the sign": ("kim@ fern.example", "kim@fern.example", Doubt.SPACE),
    "other letters": ("jörn@fern.example", "jörn@fern.example", Doubt.LETTERS),
    "a dash of the keyboard's": ("jan–piet@fern.example", "jan–piet@fern.example", Doubt.LETTERS),  # noqa: RUF001
    "two dots": ("kim..lee@fern.example", "kim..lee@fern.example", Doubt.LOCAL_PART),
    "a long local part": (f"{'k' * 65}@fern.example", f"{'k' * 65}@fern.example", Doubt.LOCAL_PART),
    "a quoted local part": ('"kim lee"@fern.example', '"kim lee"@fern.example', Doubt.LOCAL_PART),
    "no dot in the domain": ("kim@fern", "kim@fern", Doubt.DOMAIN),
    "a network number": ("kim@[192.0.2.1]", "kim@[192.0.2.1]", Doubt.DOMAIN),
    "an underscore in the domain": ("kim@fern_x.example", "kim@fern_x.example", Doubt.DOMAIN),
    "a column before it": ("Kim|kim@fern.example", "kim|kim@fern.example", Doubt.SIGNS),
    "a key before it": ("user=kim@fern.example", "user=kim@fern.example", Doubt.SIGNS),
    "a minus before it": ("-kim@fern.example", "-kim@fern.example", Doubt.SIGNS),
    "escaped letters": ("mailto:o%27dowd@fern.example", "o%27dowd@fern.example", Doubt.SIGNS),
    "two stuck together": ("a@fern.exampleb@oak.example", "a@fern.exampleb@oak.example", Doubt.JOINED),
    "the next sentence": ("kim@fern.example.Thanks", "kim@fern.example.thanks", Doubt.SENTENCE),
}

NAMED = {
    "a name before brackets": ("Kim Lee <kim@fern.example>", ("Kim", "Lee")),
    "no blank between": ("Kim Lee<mailto:kim@fern.example>", ("Kim", "Lee")),
    "a name like a particle": ("Ben Lee <ben@fern.example>", ("Ben", "Lee")),
    "a name like a particle behind": ("Lee, Ben <ben@fern.example>", ("Ben", "Lee")),
    "the last name first": ("Lee, Kim <kim@fern.example>", ("Kim", "Lee")),
    "a quoted name": ('"Kim Lee" <kim@fern.example>', ("Kim", "Lee")),
    "a quoted last name first": ('"Lee, Kim (Sales)" <kim@fern.example>', ("Kim", "Lee")),
    "two last names first": ("Ruiz Gil, Eva María <eva.ruiz@fern.example>", ("Eva María", "Ruiz Gil")),
    "particles": ("Kim van den Berg <kim@fern.example>", ("Kim", "van den Berg")),
    "particles first": ("van den Berg, Kim <kim@fern.example>", ("Kim", "van den Berg")),
    "a sentence before": ("Please add Kim Lee kim@fern.example.", ("Kim", "Lee")),
    "a verb at the start": ("Bitte Kim Lee <kim@fern.example>", ("Kim", "Lee")),
    "columns": ("Kim\tLee\tkim@fern.example", ("Kim", "Lee")),
    "another column": ("Sales\tKim Lee\tkim@fern.example", ("Kim", "Lee")),
    "a colon": ("Kim Lee: kim@fern.example", ("Kim", "Lee")),
    "a dash": ("Kim Lee - kim@fern.example", ("Kim", "Lee")),
    "a name behind": ("kim@fern.example (Kim Lee)", ("Kim", "Lee")),
    "a greeting to somebody else": ("Hi Claire, Kim Lee <kim@fern.example>", ("Kim", "Lee")),
    "somebody else without an address": ("Ana Ruiz, Kim Lee <kim@fern.example>", ("Kim", "Lee")),
    "no name, but a job role": ("kim@fern.example, Sales", ("", "")),
    "no name, but a label": ("Email: kim@fern.example", ("", "")),
}

NONE = (
    "",
    "Kim Lee; Bo Dahl",
    "@kim see above",
    "3@5 for 7",
    "https://blog.example/@kim",
    "kim@",
    "@fern.example",
)

HOSTILE = {
    "signs": "@" * 200_000,
    "quotes": "'" * 200_000 + "kim@fern.example" + "'" * 200_000,
    "signs and quotes": "'@" * 100_000,
    "signs and double quotes": '"@' * 100_000,
    "signs and blanks": " @" * 100_000,
    "letters": "a" * 200_000 + "@",
    "dots": "@" + "a." * 100_000,
    "names": "Aa " * 70_000 + "kim@fern.example",
    "brackets": "kim@fern.example" + ">" * 200_000,
    "links": "a://" * 50_000 + "@",
}


@pytest.mark.parametrize(("text", "address"), CERTAIN.values(), ids=CERTAIN)
def test_an_address_is_found_whole(text: str, address: str) -> None:
    assert [(found.address, found.doubt) for found in find_addresses(text)] == [(address, None)]


@pytest.mark.parametrize(("text", "address", "doubt"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_not_certain_is_found_whole_and_doubted(text: str, address: str, doubt: Doubt) -> None:
    (found,) = find_addresses(text)

    assert (found.address, found.doubt) == (address, doubt)
    assert found.words == text.removeprefix("mailto:")


@pytest.mark.parametrize(("text", "name"), NAMED.values(), ids=NAMED)
def test_the_name_beside_an_address_is_kept(text: str, name: tuple[str, str]) -> None:
    (found,) = find_addresses(text)

    assert (found.address.partition("@")[2], found.first_name, found.last_name) == ("fern.example", *name)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_address_is_left_alone(text: str) -> None:
    assert find_addresses(text) == []
    assert not contains_address(text)


@pytest.mark.parametrize("between", [";", ", ", "\n", "\t", "/", "|", " | ", " / ", "! ", " and "])
def test_addresses_are_told_apart(between: str) -> None:
    found = find_addresses(f"kim@fern.example{between}bo.o'dahl@oak.example")

    assert [(one.address, one.doubt) for one in found] == [
        ("kim@fern.example", None),
        ("bo.o'dahl@oak.example", None),
    ]


def test_each_entry_of_a_list_has_its_own_name() -> None:
    found = find_addresses(
        "Lee, Kim <kim@fern.example>; Dahl, Bo <bo@oak.example>, Ida Moe <ida@elm.example>"
    )

    assert [one.name for one in found] == ["Kim Lee", "Bo Dahl", "Ida Moe"]


def test_every_sign_of_a_local_part_stays_in_it() -> None:
    for sign in "!#$%&'*+-/=?^_`{|}~.":
        (found,) = find_addresses(f"p{sign}l@fern.example")
        assert found.address == f"p{sign}l@fern.example"


def test_one_mailbox_in_two_spellings_is_one_address() -> None:
    found = find_addresses("kim@GRÜNFARN.example, Kim Lee <kim@xn--grnfarn-o2a.example>")

    assert [(one.address, one.name) for one in distinct(found)] == [
        ("kim@xn--grnfarn-o2a.example", "Kim Lee")
    ]


def test_an_address_repeated_as_its_own_name_is_one() -> None:
    assert len(distinct(find_addresses("'kim@fern.example' <mailto:kim@fern.example>"))) == 1


def test_text_without_an_address_is_what_is_left() -> None:
    text = "Hello,\nKim Lee <kim@fern.example>; Bo Dahl\n\n* ida@elm.example,\nThanks"

    assert rest_of(text, find_addresses(text)) == "Hello\nBo Dahl\nThanks"


def test_places_include_the_name() -> None:
    text = visible("Add Kim Lee\u200b <kim@fern.example> as sales")
    (found,) = find_addresses(text)

    assert text[found.start : found.end] == "Kim Lee <kim@fern.example>"


@pytest.mark.parametrize(
    ("cell", "doubts"),
    [
        ("Kim Lee <kim@fern.example>", [None]),
        ("mailto:kim@fern.example.", [None]),
        ("kim@fern.example; bo@oak.example", [Doubt.SHARED, Doubt.SHARED]),
        ("not kim@fern.example any more", [Doubt.WORDS]),
        ("'kim@fern.example", [Doubt.QUOTE]),
        ("nobody", []),
    ],
)
def test_a_cell_should_hold_one_address_and_nothing_else(cell: str, doubts: list[Doubt | None]) -> None:
    assert [found.doubt for found in read_cell(cell)] == doubts


@pytest.mark.parametrize(
    ("written", "stored", "shown"),
    [
        ("Kim@GRÜNFARN.example", "kim@xn--grnfarn-o2a.example", "kim@grünfarn.example"),
        ("kim@XN--GRNFARN-O2A.example", "kim@xn--grnfarn-o2a.example", "kim@grünfarn.example"),
        ("kim@fern.example", "kim@fern.example", "kim@fern.example"),
        ("kim@xn--80ak6aa92e.example", "kim@xn--80ak6aa92e.example", "kim@xn--80ak6aa92e.example"),
        ("no address", "no address", "no address"),
        ("kim@-ü-.example", "kim@-ü-.example", "kim@-ü-.example"),
    ],
)
def test_an_address_has_one_stored_spelling_and_a_readable_one(written: str, stored: str, shown: str) -> None:
    assert (canonical(written), readable(stored)) == (stored, shown)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_takes_no_longer_than_a_kind_one(text: str) -> None:
    began = time.process_time()
    found = find_addresses(text)

    assert time.process_time() - began < 2  # patterns that go back over the text would take minutes
    assert all(len(one.address) <= 320 for one in found)


NAMES = {
    "Dr. Jean-Luc van der Berg <jl@fern.example>": ("Jean-Luc", "van der Berg"),
    "Frau Ute Klein <ute@fern.example>": ("Ute", "Klein"),
    "Prof. Dr. Ida Moe <ida@fern.example>": ("Ida", "Moe"),
    "Mme Dupont <dupont@fern.example>": ("Dupont", ""),
    "Don Lee <don@fern.example>": ("Don", "Lee"),
    '"Núñez, Zoë 🎉" <zoe@fern.example>': ("Zoë", "Núñez"),
    "Bo Dahl ✨ <bo@fern.example>": ("Bo", "Dahl"),
}


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_titles_and_pictures_are_no_part_of_a_name(text: str, name: tuple[str, str]) -> None:
    (found,) = find_addresses(text)

    assert (found.first_name, found.last_name, rest_of(text, [found])) == (*name, "")


def test_what_stands_in_brackets_beside_a_name_is_kept() -> None:
    texts = ("Berg (Sales) <jl@fern.example>", "kim@fern.example (Kim Wu)", "Ida Moe <ida@fern.example>")

    assert [find_addresses(text)[0].comment for text in texts] == ["Sales", "", ""]


def test_what_a_link_says_behind_an_address_belongs_to_the_link() -> None:
    text = "mailto:kim@fern.example?subject=hi&body=ho, ida@fern.example?"
    found = find_addresses(text)

    assert [one.address for one in found] == ["kim@fern.example", "ida@fern.example"]
    assert rest_of(text, found) == ""
